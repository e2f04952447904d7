"""Photos that decoders are known to differ on, each of which both implementations must read or refuse alike.

Pillow's view is the one that holds: what lies around a small first frame, what a palette holds beyond its end, which
of two transparencies counts, how 16 bits a pixel become 8.
"""

import struct
import zlib
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image

from tests.goldens import png
from tests.goldens.make import HEIGHT, WIDTH, card, clear_card, saved

Chunks = list[tuple[bytes, bytes]]
_RNG = np.random.default_rng(3)
_PALETTE = _RNG.integers(0, 256, 768, np.uint8).tobytes()
_BGRX = b"".join(_PALETTE[i : i + 3] + b"\0" for i in range(0, 768, 3))
_BMP = (37, 21)


def _jpegs() -> Iterator[tuple[str, bytes]]:
    noise = Image.fromarray(_RNG.integers(0, 256, (61, 83, 4), np.uint8), "CMYK")
    ink = saved(noise, "JPEG", quality=90)
    adobe = ink.index(b"Adobe")
    yield "CMYK with black ink", ink
    yield "YCCK", ink[: adobe + 11] + b"\2" + ink[adobe + 12 :]
    yield "CMYK without Adobe's mark", ink[: adobe - 4] + ink[adobe + 12 :]
    plain = saved(card(), "JPEG", quality=88)
    jfif = plain[2:20]
    body = plain[20:]
    assert jfif[4:8] == b"JFIF"
    yield "JPEG without JFIF", plain[:2] + body
    for transform in (0, 1):
        mark = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0" + bytes([transform])
        yield f"JPEG with Adobe's transform {transform}", plain[:2] + mark + body
    yield "JPEG with a short JFIF segment", plain[:2] + b"\xff\xe0\0\x08JFIF\0\1" + body
    yield "JPEG with fill bytes", plain[:2] + b"\xff\xff\xff" + plain[2:]
    frame = plain.index(b"\xff\xc0")
    for name, at, value in (("of no height", 5, b"\0\0"), ("of 12 bits", 4, b"\x0c"), ("of less height", 5, b"\0\x20")):
        yield f"JPEG {name}", plain[: frame + at] + value + plain[frame + at + len(value) :]
    yield "JPEG that ends early, with its end", plain[: len(plain) // 2] + b"\xff\xd9"
    scan = len(plain) * 2 // 3
    yield "JPEG with a changed bit in its scan", plain[:scan] + bytes([plain[scan] ^ 16]) + plain[scan + 1 :]
    yield from _stray_bytes(body)


def _stray_bytes(body: bytes) -> Iterator[tuple[str, bytes]]:
    """JPEGs whose segments are a byte or two longer or shorter than they say: decoders skip what belongs to none."""
    exif = _segment(0xE1, b"Exif\0\0" + _tiff(6))
    adobe = _segment(0xEE, b"Adobe\0\x64\0\0\0\0\x01")
    resources = b"Photoshop 3.0\0" + b"8BIM" + bytes(20)
    yield "JPEG with a byte after EXIF", b"\xff\xd8" + exif + b"\0" + adobe + body
    yield "JPEG with a byte after a comment", b"\xff\xd8" + _segment(0xFE, b"abcd") + b"\0" + adobe + body
    yield "JPEG with bytes after a comment", b"\xff\xd8" + _segment(0xFE, b"abcd") + b"\0\xff\0\xff\xffxyz" + body
    for error in (2, 1, -1, -2):
        yield f"JPEG, APP13 {error:+} bytes", b"\xff\xd8" + _segment(0xED, resources, error) + adobe + body
        yield f"JPEG, EXIF {error:+} bytes", b"\xff\xd8" + _segment(0xE1, exif[4:] + b"abc", error) + adobe + body
    tables = body.index(b"\xff\xc4")
    yield "JPEG with bytes before its tables", b"\xff\xd8" + adobe + body[:tables] + b"stray" + body[tables:]
    yield (
        "JPEG with a profile before its tables",
        (b"\xff\xd8" + body[:tables] + _segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(99)) + body[tables:]),
    )
    yield "JPEG with a length of 0", b"\xff\xd8\xff\xec\0\0" + adobe + body
    yield "JPEG with a restart marker in front", b"\xff\xd8\xff\xd3" + adobe + body
    yield "JPEG with two starts", b"\xff\xd8\xff\xd8" + adobe + body


def _segment(marker: int, content: bytes, error: int = 0) -> bytes:
    """A segment whose length is off by `error`."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2 + error) + content


def _exif(entries: bytes, count: int, head: bytes = b"II*\0\x08\0\0\0", tail: bytes = bytes(4)) -> bytes:
    block = b"Exif\0\0" + head + struct.pack("<H" if head[:1] == b"I" else ">H", count) + entries + tail
    data = saved(card(), "JPEG", quality=85)
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + data[2:]


def _exifs() -> Iterator[tuple[str, bytes]]:
    short = struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0)
    yield "EXIF short", _exif(short, 1)
    yield "EXIF big endian", _exif(struct.pack(">HHIHH", 0x0112, 3, 1, 5, 0), 1, b"MM\0*\0\0\0\x08")
    yield "EXIF wrong big endian", _exif(struct.pack(">HHIHH", 0x0112, 3, 1, 5, 0), 1, b"MM*\0\0\0\0\x08")
    yield "EXIF BigTIFF", _exif(short, 1, b"II\x2b\0\x08\0\0\0")
    yield "EXIF long", _exif(struct.pack("<HHII", 0x0112, 4, 1, 3), 1)
    yield "EXIF long out of range", _exif(struct.pack("<HHII", 0x0112, 4, 1, 6 << 16), 1)
    yield "EXIF bytes", _exif(struct.pack("<HHII", 0x0112, 1, 1, 6), 1)
    yield "EXIF text", _exif(struct.pack("<HHI4s", 0x0112, 2, 2, b"6\0"), 1)
    yield "EXIF signed byte", _exif(struct.pack("<HHIi", 0x0112, 6, 1, 6), 1)
    yield "EXIF signed short", _exif(struct.pack("<HHIhh", 0x0112, 8, 1, -6, 0), 1)
    yield "EXIF float", _exif(struct.pack("<HHIf", 0x0112, 11, 1, 8.0), 1)
    yield "EXIF float between", _exif(struct.pack("<HHIf", 0x0112, 11, 1, 6.5), 1)
    yield "EXIF fraction", _exif(struct.pack("<HHII", 0x0112, 5, 1, 26), 1, tail=bytes(4) + struct.pack("<II", 14, 2))
    yield (
        "EXIF fraction by zero",
        _exif(struct.pack("<HHII", 0x0112, 5, 1, 26), 1, tail=bytes(4) + struct.pack("<II", 6, 0)),
    )
    yield "EXIF fraction cut off", _exif(struct.pack("<HHII", 0x0112, 5, 1, 26), 1, tail=bytes(4) + b"\6\0\0\0")
    yield "EXIF of an unknown type", _exif(struct.pack("<HHII", 0x0112, 99, 1, 6), 1)
    yield "EXIF of no values", _exif(struct.pack("<HHII", 0x0112, 3, 0, 6), 1)
    yield "EXIF twice", _exif(short + struct.pack("<HHIHH", 0x0112, 3, 1, 8, 0), 2)
    yield (
        "EXIF nothing, then 8",
        _exif(struct.pack("<HHIHH", 0x0112, 3, 0, 6, 0) + struct.pack("<HHIHH", 0x0112, 3, 1, 8, 0), 2),
    )
    yield "EXIF that says more entries than it has", _exif(short, 400)
    yield "EXIF after an entry that is cut off", _exif(struct.pack("<HHII", 0x010E, 2, 90, 20) + short, 2)
    yield "EXIF after an entry larger than it", _exif(struct.pack("<HHII", 0x010E, 2, 9999, 20) + short, 2)
    yield "EXIF without its last pointer", _exif(short, 1, tail=b"")
    yield "EXIF beyond its end", _exif(short, 1, b"II*\0\xff\0\0\0")
    one = _exif(short, 1)
    yield "EXIF in two segments", _split(one, 20)
    yield (
        "EXIF named twice",
        one.replace(b"Exif\0\0", b"Exif\0\0Exif\0\0", 1).replace(struct.pack(">H", 34), struct.pack(">H", 40), 1),
    )


def _split(data: bytes, at: int) -> bytes:
    """The EXIF segment in two."""
    length = int.from_bytes(data[4:6], "big")
    content, rest = data[6 : 4 + length], data[4 + length :]
    parts = (content[:at], b"Exif\0\0" + content[at:])
    return data[:2] + b"".join(b"\xff\xe1" + struct.pack(">H", len(part) + 2) + part for part in parts) + rest


def _raw_png(depth: int, color: int, rows: bytes, *before: tuple[bytes, bytes], after: Chunks | None = None) -> bytes:
    body = png.header(WIDTH, HEIGHT, depth, color) + b"".join(png.chunk(*each) for each in before)
    body += png.chunk(b"IDAT", zlib.compress(rows)) + b"".join(png.chunk(*each) for each in after or [])
    return png.SIGNATURE + body + png.chunk(b"IEND", b"")


def _pngs() -> Iterator[tuple[str, bytes]]:
    rgb = np.asarray(card())
    rows = png._rows(rgb, 8)
    clear = struct.pack(">HHH", *(int(value) for value in rgb[5, 5]))
    indices = png._rows((np.arange(WIDTH * HEIGHT).reshape(HEIGHT, WIDTH, 1) % 16).astype(np.uint8), 4)
    palette = (b"PLTE", _PALETTE[:48])
    veil = (b"tRNS", bytes(range(0, 160, 10)))
    yield "PNG with its transparency behind its pixels", _raw_png(8, png.RGB, rows, after=[(b"tRNS", clear)])
    yield "PNG with two transparencies", _raw_png(8, png.RGB, rows, (b"tRNS", bytes(6)), (b"tRNS", clear))
    yield "PNG with a short transparency", _raw_png(8, png.RGB, rows, (b"tRNS", clear[:5]))
    yield "palette PNG, transparency first", _raw_png(4, png.PALETTE, indices, veil, palette)
    yield "palette PNG, two palettes", _raw_png(4, png.PALETTE, indices, palette, (b"PLTE", _PALETTE[48:96]))
    yield "palette PNG, too few colors", _raw_png(4, png.PALETTE, indices, (b"PLTE", _PALETTE[:30]))
    yield "palette PNG, too many colors", _raw_png(4, png.PALETTE, indices, (b"PLTE", _PALETTE[:90]))
    yield "palette PNG, one color clear", _raw_png(4, png.PALETTE, indices, palette, (b"tRNS", b"\xff\xff\0\xff"))
    yield "palette PNG, all opaque", _raw_png(4, png.PALETTE, indices, palette, veil, (b"tRNS", b"\xff" * 5))
    yield (
        "palette PNG, its last alpha a newline",
        _raw_png(4, png.PALETTE, indices, palette, (b"tRNS", b"\xff\0\xff\n")),
    )
    for depth, value in ((1, 0), (1, 1), (1, 2), (2, 2), (4, 21), (8, 346)):
        grey = png.encode_png(
            rgb[:, :, :1] >> (8 - depth), png.GREY, depth=depth, chunks=[(b"tRNS", struct.pack(">H", value))]
        )
        yield f"grey PNG of {depth} bits, {value} clear", grey
    yield "PNG with a row missing", _raw_png(8, png.RGB, rows[: -3 * WIDTH])
    yield "PNG that ends after a whole row", _raw_png(8, png.RGB, rows[: -(1 + 3 * WIDTH)])
    yield "PNG without a pixel", _raw_png(8, png.RGB, b"")
    yield "PNG with rows too many", _raw_png(8, png.RGB, rows + rows)
    yield (
        "PNG with a clear color beyond its depth",
        _raw_png(8, png.RGB, rows, (b"tRNS", struct.pack(">HHH", *(256 + int(value) for value in rgb[5, 5])))),
    )
    yield from _streams(rows)
    yield "PNG with a wrong filter", _raw_png(8, png.RGB, b"\7" + rows[1:])
    yield "PNG with a gamma", _raw_png(8, png.RGB, rows, (b"gAMA", struct.pack(">I", 100_000)))
    yield "PNG in another color space", _raw_png(8, png.RGB, rows, (b"cICP", bytes([9, 16, 0, 1])))
    yield "PNG with a short gamma", _raw_png(8, png.RGB, rows, (b"gAMA", b"\0"))
    yield "PNG with EXIF behind its pixels", _raw_png(8, png.RGB, rows, after=[(b"eXIf", _tiff(7))])
    yield "PNG with a text of 2 MB", _raw_png(8, png.RGB, rows, (b"zTXt", b"a\0\0" + zlib.compress(bytes(2 << 20))))
    yield (
        "PNG with a long text behind its pixels",
        _raw_png(8, png.RGB, rows, after=[(b"iTXt", b"a\0\1\0en\0b\0" + zlib.compress(bytes(2 << 20)))]),
    )
    yield "PNG with a text of 1 MB", _raw_png(8, png.RGB, rows, (b"zTXt", b"a\0\0" + zlib.compress(bytes(1 << 20))))
    yield "PNG with a broken text", _raw_png(8, png.RGB, rows, (b"zTXt", b"a\0\0nonsense"))
    yield "PNG with a broken profile", _raw_png(8, png.RGB, rows, (b"iCCP", b"a\0\0nonsense"))
    yield "PNG with a huge profile", _raw_png(8, png.RGB, rows, (b"iCCP", b"a\0\0" + zlib.compress(bytes(2 << 20))))
    later = [card(), Image.new("RGB", (WIDTH, HEIGHT), "navy")]
    red = Image.new("RGB", (WIDTH, HEIGHT), "red")
    yield (
        "animated PNG, another picture first",
        saved(red, "PNG", save_all=True, append_images=later, default_image=True),
    )
    yield "animated PNG with alpha", saved(clear_card(), "PNG", save_all=True, append_images=[red.convert("RGBA")])


def _streams(rows: bytes) -> Iterator[tuple[str, bytes]]:
    """PNGs whose compressed pixels are odd, in chunks that are whole."""
    packed = zlib.compress(rows)
    odd = {
        "with bytes after its stream": packed + b"more",
        "without its checksum": packed[:-4],
        "with a wrong checksum of its pixels": packed[:-1] + bytes([packed[-1] ^ 1]),
        "with a broken stream": packed[:200] + b"\xff\xff\xff\xff" + packed[204:],
        "that is stored": zlib.compress(rows, 0),
        "with a preset dictionary": b"\x78\xbb" + packed[2:],
        "that is no zlib stream": b"\x79\x9c" + packed[2:],
    }
    for name, stream in odd.items():
        yield f"PNG {name}", png.SIGNATURE + _png_of(stream)
    pieces = [b"", packed[:1], packed[1:300], b"", packed[300:]]
    body = b"".join(png.chunk(b"IDAT", piece) for piece in pieces)
    head = png.header(WIDTH, HEIGHT, 8, png.RGB)
    yield "PNG in pieces, two of them empty", png.SIGNATURE + head + body + png.chunk(b"IEND", b"")
    frame = struct.pack(">IIIIIHHBB", 0, WIDTH, HEIGHT, 0, 0, 1, 10, 0, 0)
    control = (b"acTL", struct.pack(">II", 2, 0))
    for name, before, after in (
        ("with a frame that is missing", [control, (b"fcTL", frame)], []),
        ("with a frame out of order", [control, (b"fcTL", frame)], [(b"fcTL", b"\0\0\0\7" + frame[4:])]),
        ("with a first frame elsewhere", [control, (b"fcTL", frame[:12] + b"\0\0\0\1" + frame[16:])], []),
        ("with a cut frame control", [control, (b"fcTL", frame[:9])], []),
        ("without a frame control", [control], [(b"fdAT", b"\0\0\0\1" + packed)]),
    ):
        yield f"animated PNG {name}", _raw_png(8, png.RGB, rows, *before, after=after)


def _png_of(stream: bytes) -> bytes:
    return png.header(WIDTH, HEIGHT, 8, png.RGB) + png.chunk(b"IDAT", stream) + png.chunk(b"IEND", b"")


def _tiff(orientation: int) -> bytes:
    return b"II*\0\x08\0\0\0" + struct.pack("<HHHIHH", 1, 0x0112, 3, 1, orientation, 0) + bytes(4)


def _riff(chunks: Chunks) -> bytes:
    return b"RIFF" + struct.pack("<I", 4 + len(_packed(chunks))) + b"WEBP" + _packed(chunks)


def _packed(chunks: Chunks) -> bytes:
    return b"".join(name + struct.pack("<I", len(data)) + data + bytes(len(data) & 1) for name, data in chunks)


def _chunks_of(webp: bytes) -> Chunks:
    found, at = [], 12
    while at < len(webp):
        size = int.from_bytes(webp[at + 4 : at + 8], "little")
        found.append((webp[at : at + 4], webp[at + 8 : at + 8 + size]))
        at += 8 + size + (size & 1)
    return found


def _u24(*values: int) -> bytes:
    return b"".join(value.to_bytes(3, "little") for value in values)


def _extended(flags: int) -> tuple[bytes, bytes]:
    return b"VP8X", bytes([flags, 0, 0, 0]) + _u24(WIDTH - 1, HEIGHT - 1)


def _animation(flags: int, *frames: tuple[Image.Image, int, int, int], end: int = 0) -> bytes:
    """Of frames with their place and their flags."""
    chunks = [_extended(flags | 2), (b"ANIM", b"\xff\0\0\xff\0\0")]
    for image, x, y, how in frames:
        still = [each for each in _chunks_of(saved(image, "WEBP", lossless=True, exact=True)) if each[0] == b"VP8L"]
        place = _u24(x // 2, y // 2, image.width - 1, image.height - 1, 50) + bytes([how])
        chunks.append((b"ANMF", place + _packed(still)))
    return _riff(chunks)[: -end or None]


def _webps() -> Iterator[tuple[str, bytes]]:
    small, veiled = card().crop((10, 10, 50, 40)), clear_card().crop((10, 10, 50, 40))
    later = (card(), 0, 0, 0)
    for how in (0, 2):
        yield f"WebP with a small first frame, {how}", _animation(0, (small, 10, 20, how), later)
        yield f"WebP with a small veiled first frame, {how}", _animation(16, (veiled, 10, 20, how), later)
        yield f"WebP that hides a small veil, {how}", _animation(0, (veiled, 10, 20, how), later)
    yield "WebP with a small first frame on a clear canvas", _animation(16, (small, 10, 20, 0), later)
    yield "WebP with a frame outside", _animation(16, (small, 80, 20, 0), later)
    yield "WebP with its second frame cut off", _animation(16, (small, 10, 20, 0), later, end=40)
    lossy = [each for each in _chunks_of(saved(clear_card(), "WEBP", quality=70)) if each[0] != b"VP8X"]
    yield "WebP that hides its alpha", _riff([_extended(0), *lossy])
    yield "WebP that says it has alpha, and has none", _riff([_extended(16), lossy[-1]])
    yield "WebP with alpha and no header for it", _riff(lossy)
    yield "WebP with EXIF that its header denies", _riff([_extended(0), lossy[-1], (b"EXIF", _tiff(6))])
    yield "WebP with EXIF and alpha", _riff([_extended(24), *lossy, (b"EXIF", _tiff(5))])
    lossless = _chunks_of(saved(clear_card(), "WEBP", lossless=True, exact=True))[-1:]
    yield "lossless WebP that hides its alpha", _riff([_extended(0), *lossless])
    yield "lossless WebP with alpha and no header for it", _riff(lossless)
    for end in (1, 2, 3, 50):
        yield f"lossless WebP cut by {end}", _riff([(b"VP8L", lossless[0][1][:-end])])
    plain = saved(card(), "WEBP", quality=70)
    for name, size in (("no", 0), ("half its", len(plain) // 2), ("a huge", 2**31 - 1)):
        yield f"WebP of {name} size", plain[:4] + struct.pack("<I", size) + plain[8:]
    yield "WebP with bytes after its end", plain + b"more" * 20


def _frame(x: int, y: int, *, clear: int | None = None, palette: bytes = b"", interlaced: bool = False) -> bytes:
    """A GIF's frame of 40x30 indices, with what stands before it."""
    indices = np.arange(1200).reshape(30, 40).astype(np.uint8)
    whole = saved(Image.fromarray(indices), "GIF", interlace=interlaced)
    at = whole.index(b",", 13 + 768)
    head = b"" if clear is None else b"!\xf9\4" + bytes([1, 5, 0, clear, 0])
    flags = (0x87 if palette else 0) | (64 if interlaced else 0)
    return head + b"," + struct.pack("<HHHHB", x, y, 40, 30, flags) + palette + whole[at + 10 : -1]


def _gif(width: int, height: int, *blocks: bytes, palette: bytes = _PALETTE, end: int = 0) -> bytes:
    head = struct.pack("<HHBBB", width, height, 0x87 if palette else 0, 3, 0)
    return (b"GIF89a" + head + palette + b"".join(blocks) + b";")[: -end or None]


def _gifs() -> Iterator[tuple[str, bytes]]:
    yield "GIF with a small first frame", _gif(80, 60, _frame(10, 20), _frame(0, 0))
    yield "GIF with a small clear first frame", _gif(80, 60, _frame(10, 20, clear=7))
    yield "GIF with a small interlaced frame", _gif(80, 60, _frame(10, 20, interlaced=True))
    yield "GIF with a palette of its frame", _gif(80, 60, _frame(10, 20, palette=_PALETTE[::-1]))
    yield "GIF without a palette", _gif(40, 30, _frame(0, 0), palette=b"")
    yield "GIF without a palette, one grey clear", _gif(44, 30, _frame(0, 0, clear=9), palette=b"")
    yield "GIF with a frame beyond its canvas", _gif(20, 20, _frame(10, 5))
    yield "GIF of no canvas", _gif(0, 0, _frame(0, 0))
    yield "GIF with two clear colors", _gif(40, 30, b"!\xf9\4\1\0\0\5\0", _frame(0, 0, clear=9))
    yield "GIF that takes a clear color back", _gif(40, 30, b"!\xf9\4\1\0\0\5\0", b"!\xf9\4\0\0\0\5\0", _frame(0, 0))
    yield "GIF with zeros between its blocks", _gif(40, 30, bytes(3), _frame(0, 0))
    yield "GIF with a comment", _gif(40, 30, b"!\xfe\2hi\0", _frame(0, 0))
    for end in (1, 2, 3, 40, 300, 900):
        yield f"GIF cut by {end}", _gif(40, 30, _frame(0, 0), end=end)
    whole = _gif(40, 30, _frame(0, 0))
    for at in (300, 500, 700):
        yield f"GIF with a changed byte {at} before its end", whole[:-at] + bytes([whole[-at] ^ 85]) + whole[1 - at :]


def _bmp(bits: int, data: bytes, *, compression: int = 0, palette: bytes = b"", size: int = 40, **more: int) -> bytes:
    """A BMP of 37x21; `more` may say height, colors and offset, and the four masks."""
    masks = struct.pack("<IIII", *(more.get(name, 0) for name in ("red", "green", "blue", "alpha")))
    width, height = _BMP[0], more.get("height", _BMP[1])
    if size == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        info = struct.pack("<IiiHHIIiiII", size, width, height, 1, bits, compression, len(data), 0, 0, 0, 0)
        info = info[:32] + struct.pack("<II", more.get("colors", 0), 0) + (masks if size > 40 else b"")
        info = info.ljust(size, b"\0")[:size] + (masks[:12] if size == 40 and compression == 3 else b"")
    offset = more.get("offset", 14 + len(info) + len(palette))
    return struct.pack("<2sIHHI", b"BM", 14 + len(info) + len(data), 0, 0, offset) + info + palette + data


def _lines(per_row: int, below: int = 256) -> bytes:
    rows = _RNG.integers(0, below, (_BMP[1], per_row), np.uint8)
    return np.pad(rows, ((0, 0), (0, -per_row % 4))).tobytes()


def _bmps() -> Iterator[tuple[str, bytes]]:
    yield "BMP 1", _bmp(1, _lines(5), palette=_BGRX[:8])
    yield "BMP 1, white first", _bmp(1, _lines(5), palette=b"\xff\xff\xff\0\0\0\0\0")
    yield "BMP 4", _bmp(4, _lines(19), palette=_BGRX[:64])
    yield "BMP 8, too few colors", _bmp(8, _lines(37, 40), palette=_BGRX[:80], colors=20)
    yield "BMP 8 of OS/2", _bmp(8, _lines(37), palette=_PALETTE, size=12)
    yield "BMP 24 of OS/2", _bmp(24, _lines(111), size=12)
    yield "BMP 2", _bmp(2, _lines(10), palette=_BGRX[:16])
    yield "BMP 16", _bmp(16, _lines(74))
    yield "BMP 16, 565", _bmp(16, _lines(74), compression=3, red=0xF800, green=0x7E0, blue=0x1F)
    yield "BMP 16, 444", _bmp(16, _lines(74), compression=3, red=0xF00, green=0xF0, blue=0xF)
    yield "BMP 24, top down", _bmp(24, _lines(111), height=-21)
    yield "BMP 24 cut by a byte", _bmp(24, _lines(111))[:-1]
    yield "BMP 24 cut by two", _bmp(24, _lines(111))[:-2]
    yield "BMP 24, pixels later", _bmp(24, bytes(10) + _lines(111), offset=64)
    yield "BMP 24, pixels nowhere", _bmp(24, _lines(111), offset=0)
    yield "BMP 8, pixels in its palette", _bmp(8, _lines(37), palette=_BGRX, offset=54)
    yield "BMP 32 with values in the unused byte", _bmp(32, _lines(148))
    yield "BMP 32 of version 5", _bmp(32, _lines(148), size=124)
    layouts = (
        (0xFF0000, 0xFF00, 0xFF, 0xFF000000),
        (0xFF, 0xFF00, 0xFF0000, 0xFF000000),
        (0xFF000000, 0xFF00, 0xFF, 0),
    )
    for red, green, blue, alpha in (*layouts, (0xFF000000, 0xFF0000, 0xFF00, 0xFF), (0, 0, 0, 0), (255, 255, 255, 0)):
        masks = {"red": red, "green": green, "blue": blue, "alpha": alpha}
        for size in (40, 56, 124):
            data = _bmp(32, _lines(148), compression=3, palette=b"", size=size, **masks)
            yield f"BMP 32, {red:x} {green:x} {blue:x} {alpha:x}, header of {size}", data
    line = bytes([10, 7, 0, 7, 1, 2, 3, 4, 5, 6, 7, 0, 20, 9])
    runs = {
        "": (line + b"\0\0") * 21 + b"\0\1",
        " with short lines": bytes([10, 5, 0, 0]) * 21 + b"\0\1",
        " with jumps": bytes([10, 5, 0, 2, 3, 1, 5, 6, 0, 0]) * 21 + b"\0\1",
        " with lines too long": bytes([50, 5, 0, 0]) * 21 + b"\0\1",
        " that ends early": line * 3 + b"\0\1",
        " cut off": line * 3,
    }
    for name, data in runs.items():
        yield f"BMP in runs{name}", _bmp(8, data, compression=1, palette=_BGRX)
        yield f"BMP in runs of halves{name}", _bmp(4, data, compression=2, palette=_BGRX[:64])


def _all() -> Iterator[tuple[str, bytes]]:
    for maker in (_jpegs, _exifs, _pngs, _webps, _gifs, _bmps):
        yield from maker()


def _constant(data: bytes) -> Callable[[], bytes]:
    return lambda: data


ODD_PHOTOS: dict[str, Callable[[], bytes]] = {name: _constant(data) for name, data in _all()}
