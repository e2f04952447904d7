"""Small files that would cost much memory or time, and files with many parts that must be read."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

from PIL import Image

from tests.goldens import png
from tests.goldens.make import card, saved

EXIF, PHOTOSHOP, ICC = b"Exif\0\0A", b"Photoshop 3.0\0", b"ICC_PROFILE\0"
START, COMMENT, TABLES, APP1, APP2, APP13 = 0xDA, 0xFE, 0xDB, 0xE1, 0xE2, 0xED
MANY, MANY_PARSED, MANY_SCANS = 10_001, 101, 101


def segment(marker: int, body: bytes = b"") -> bytes:
    """A JPEG segment."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def jpeg(before: bytes = b"", **options: Any) -> bytes:
    """A JPEG with bytes before its first segment."""
    data = saved(card(48, 32), "JPEG", **options)
    return data[:2] + before + data[2:]


def said_to_be(data: bytes, width: int, height: int, marker: bytes = b"\xff\xc2") -> bytes:
    """A JPEG with another size in its frame."""
    at = data.index(marker)
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


def with_scans(scans: int, width: int = 64, height: int = 64) -> bytes:
    """A gray progressive JPEG with scans that change nothing."""
    data = saved(Image.new("L", (64, 64), 128), "JPEG", progressive=True, quality=50)
    end = data.index(b"\xff\xda") + 10
    while data[end] != 0xFF or data[end + 1] == 0:
        end += 1
    # A table of one symbol, which ends up to 32,767 blocks at once; the bits below end 32,766 of them.
    table = segment(0xC4, b"\x10\1" + bytes(15) + b"\xe0")
    scan = segment(START, b"\1\1\0\1\x3f\0") + b"\x7f\xfe"
    return said_to_be(data[:end] + table + scan * (scans - 1) + b"\xff\xd9", width, height)


def between_scans(part: bytes) -> bytes:
    """A progressive JPEG with something before its last scan."""
    data = saved(card(48, 32), "JPEG", progressive=True)
    at = data.rindex(b"\xff\xda")
    return data[:at] + part + data[at:]


def with_chunks(chunks: bytes, width: int = 16, height: int = 16) -> bytes:
    """A gray PNG of one bit with chunks before its pixels."""
    raw = zlib.compress(bytes((width + 7) // 8 + 1) * height, 9)
    body = chunks + png.chunk(b"IDAT", raw) + png.chunk(b"IEND", b"")
    return png.SIGNATURE + png.header(width, height, 1, png.GREY) + body


def gif(blocks: bytes) -> bytes:
    """A GIF with blocks before its picture."""
    data = saved(card(16, 12).convert("P"), "GIF")
    at = data.index(b"\x2c", 13)
    return data[:at] + blocks + data[at:]


def rle_bmp(width: int, height: int, runs: bytes) -> bytes:
    """A BMP of 8 bits in run-length encoding."""
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(runs), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", 1078 + len(runs), 0, 0, 1078) + info + bytes(range(4)) * 256 + runs


def flat_bmp(width: int, height: int) -> bytes:
    """A BMP of one bit."""
    rows = bytes(((width + 31) // 32) * 4 * height)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 1, 0, len(rows), 0, 0, 2, 0)
    return b"BM" + struct.pack("<IHHI", 62 + len(rows), 0, 0, 62) + info + b"\0\0\0\0\xff\xff\xff\0" + rows


def animated_webp(width: int, height: int) -> bytes:
    """A WebP of two small frames on a canvas of any size."""
    frames = [Image.new("RGBA", (16, 16), (value, 2, 3, 4)) for value in (1, 9)]
    stream = io.BytesIO()
    frames[0].save(stream, "WEBP", lossless=True, save_all=True, append_images=frames[1:])
    data = bytearray(stream.getvalue())
    at = data.index(b"VP8X") + 12
    data[at : at + 6] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(data)


def still_webp(width: int, height: int) -> bytes:
    """A lossless WebP that says it has this size."""
    data = bytearray(saved(card(16, 12), "WEBP", lossless=True))
    at = data.index(b"\x2f", 20) + 1
    (bits,) = struct.unpack_from("<I", data, at)
    struct.pack_into("<I", data, at, bits & ~0xFFFFFFF | (width - 1) | (height - 1) << 14)
    return bytes(data)


def webp(chunks: bytes) -> bytes:
    """A WebP with chunks behind its picture."""
    data = saved(card(16, 12), "WEBP", lossless=True, exif=b"Exif\0\0")
    return b"RIFF" + struct.pack("<I", len(data) - 8 + len(chunks)) + data[8:] + chunks


def _long(segments: int) -> bytes:
    return segment(APP2, ICC + b"\1\1" + bytes(2000)) * segments


_SMALL, _PARSED = "more than 10,000 segments", "more than 100 blocks of metadata"
_SIDE, _MEMORY, _RUNS = "a side of more than 65,535 pixels", "MB of memory, the limit is 480 MB", "run-length"
_EXTENSION = b"\x21\x01"

# Name, file name, bytes, and a part of the message.
COSTLY: tuple[tuple[str, str, Callable[[], bytes], str], ...] = (
    ("1x65536", "tall.png", lambda: with_chunks(b"", 1, 65_536), _SIDE),
    ("a BMP of 65536x1", "wide.bmp", lambda: flat_bmp(65_536, 1), _SIDE),
    ("RLE BMP of one line", "line.bmp", lambda: rle_bmp(64_000_000, 1, b"\1\0\0\0\0\1"), _SIDE),
    ("RLE BMP of 12 megapixels", "lines.bmp", lambda: rle_bmp(4_000, 3_000, b"\1\0\0\0" * 3_000 + b"\0\1"), _RUNS),
    ("RLE BMP of 5 MB that draws nothing", "runs.bmp", lambda: rle_bmp(16, 16, bytes(5 << 20)), _RUNS),
    ("animated WebP of 64 megapixels", "canvas.webp", lambda: animated_webp(8_000, 8_000), _MEMORY),
    ("lossless WebP of 64 megapixels", "still.webp", lambda: still_webp(8_000, 8_000), _MEMORY),
    (
        "progressive JPEG of 64 megapixels in full color",
        "coefficients.jpg",
        lambda: said_to_be(jpeg(progressive=True, subsampling=0), 8_000, 8_000),
        _MEMORY,
    ),
    ("JPEG of 101 scans", "scans.jpg", lambda: with_scans(MANY_SCANS), "more than 100 scans"),
    ("JPEG of 17 large scans", "large.jpg", lambda: with_scans(17, 8_000, 8_000), "17 scans of 8000x8000"),
    ("JPEG of many segments", "segments.jpg", lambda: jpeg(segment(APP1) * MANY), _SMALL),
    ("JPEG of many comments", "comments.jpg", lambda: jpeg(segment(COMMENT, b"a") * MANY), _SMALL),
    ("JPEG of many fill bytes", "fill.jpg", lambda: jpeg(b"\xff" * MANY), _SMALL),
    ("JPEG of many stray bytes", "stray.jpg", lambda: jpeg(segment(COMMENT) + b"a" * MANY), _SMALL),
    ("JPEG of many markers", "markers.jpg", lambda: jpeg(b"\xff\xd0" * MANY), _SMALL),
    ("JPEG of many tables", "tables.jpg", lambda: jpeg(segment(TABLES, bytes([0, *[1] * 64]) * 1_000) * 11), _SMALL),
    ("JPEG of large frames", "frames.jpg", lambda: jpeg(segment(0xC0, bytes(65_000)) * 11), _SMALL),
    ("JPEG of many segments between scans", "later.jpg", lambda: between_scans(segment(COMMENT) * MANY), _SMALL),
    ("JPEG of many EXIF blocks", "exifs.jpg", lambda: jpeg(segment(APP1, EXIF) * MANY_PARSED), _PARSED),
    ("JPEG of many image resources", "8bim.jpg", lambda: jpeg(segment(APP13, PHOTOSHOP) * MANY_PARSED), _PARSED),
    ("JPEG of many long segments", "long.jpg", lambda: jpeg(segment(APP13, PHOTOSHOP + bytes(2000)) * 101), _PARSED),
    ("PNG of many chunks", "chunks.png", lambda: with_chunks(png.chunk(b"teSt", b"") * MANY), _SMALL),
    ("PNG of many texts", "texts.png", lambda: with_chunks(png.chunk(b"tEXt", b"a\0b") * MANY), _SMALL),
    ("PNG of many empty pieces", "pieces.png", lambda: with_chunks(png.chunk(b"IDAT", b"") * MANY), _SMALL),
    (
        "PNG of many profiles",
        "profiles.png",
        lambda: with_chunks(png.chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(1 << 20), 9)) * MANY_PARSED),
        _PARSED,
    ),
    ("GIF of many comments", "comments.gif", lambda: gif(b"\x21\xfe\1a\0" * MANY), _SMALL),
    ("GIF of a comment in many blocks", "blocks.gif", lambda: gif(b"\x21\xfe" + b"\1a" * MANY + b"\0"), _SMALL),
    ("GIF of many stray bytes", "stray.gif", lambda: gif(b"a" * MANY), _SMALL),
    ("GIF of blocks behind an empty one", "empty.gif", lambda: gif(_EXTENSION + b"\0" + b"\1," * MANY), _SMALL),
    (
        "GIF of blocks behind its loop",
        "loop.gif",
        lambda: gif(b"\x21\xff\x0bNETSCAPE2.0\0" + b"\1," * MANY + b"\0"),
        _SMALL,
    ),
    ("WebP of many chunks", "chunks.webp", lambda: webp(b"teSt\0\0\0\0" * MANY), _SMALL),
)

# Name, file name and bytes of what is within the limits, though there is much of it.
WITHIN_LIMITS: tuple[tuple[str, str, Callable[[], bytes]], ...] = (
    ("1x65535", "side.png", lambda: with_chunks(b"", 1, 65_535)),
    ("JPEG of 99 scans", "scans99.jpg", lambda: with_scans(99)),
    ("ordinary progressive JPEG", "progressive.jpg", lambda: jpeg(progressive=True)),
    ("JPEG of 300 long segments", "profile.jpg", lambda: jpeg(_long(300))),
    ("JPEG of 9,000 short segments", "short.jpg", lambda: jpeg(segment(APP1, b"a") * 9_000)),
    ("JPEG of 90 EXIF blocks", "exif90.jpg", lambda: jpeg(segment(APP1, EXIF) * 90)),
    ("PNG of 9,000 chunks", "chunks9000.png", lambda: with_chunks(png.chunk(b"teSt", b"") * 9_000)),
    ("PNG in 12,000 pieces of 1 KiB", "pieces12000.png", lambda: _in_pieces(12_000)),
    ("GIF of 4,000 comments", "comments4000.gif", lambda: gif(b"\x21\xfe\1a\0" * 4_000)),
    ("GIF with an empty loop", "loop0.gif", lambda: gif(b"\x21\xff\x0bNETSCAPE2.0\0" + b"\1,\0")),
    ("WebP of 9,000 chunks", "chunks9000.webp", lambda: webp(b"teSt\0\0\0\0" * 9_000)),
    ("RLE BMP within its limits", "runs.bmp", lambda: rle_bmp(4, 2, b"\4\1\0\0\4\2\0\1")),
)


def _in_pieces(pieces: int) -> bytes:
    """A PNG whose pixels lie stored, in many chunks."""
    raw = zlib.compress(bytes(1 + 4_096) * (pieces // 4), 0)
    size = -(-len(raw) // pieces)
    chunks = b"".join(png.chunk(b"IDAT", raw[at : at + size]) for at in range(0, len(raw), size))
    body = chunks + png.chunk(b"IEND", b"")
    return png.SIGNATURE + png.header(4_096, pieces // 4, 8, png.GREY) + body
