"""WebPs, BMPs and GIFs made by hand: canvases, runs, blocks and frames out of all proportion."""

import struct
from collections.abc import Callable

from PIL import Image

from tests.goldens.make import card, saved

_MUCH = 20_000_000
_LARGEST = 2**31 - 1


def _u24(*values: int) -> bytes:
    return b"".join(value.to_bytes(3, "little") for value in values)


# WebP


def _part(name: bytes, body: bytes = b"") -> bytes:
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) & 1)


def _riff(*parts: bytes) -> bytes:
    body = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _still() -> bytes:
    """The chunk of a lossless picture."""
    return saved(card(), "WEBP", lossless=True)[12:]


def _canvas(width: int, height: int, flags: int = 2) -> bytes:
    return _part(b"VP8X", bytes([flags, 0, 0, 0]) + _u24(width - 1, height - 1))


def _animated(width: int, height: int, frames: int = 2, at: int = 0) -> bytes:
    still = saved(Image.new("RGB", (16, 16), "navy"), "WEBP", lossless=True)[12:]
    frame = _part(b"ANMF", _u24(at, at, 15, 15, 50) + b"\0" + still)
    return _riff(_canvas(width, height), _part(b"ANIM", bytes(6)), frame * frames)


def _extended(flags: int, *parts: bytes) -> bytes:
    return _riff(_canvas(*card().size, flags), *parts)


# BMP


def bmp(
    width: int,
    height: int,
    bits: int,
    data: bytes,
    *,
    runs: int = 0,
    palette: bytes | None = None,
    size: int = 40,
    **more: int,
) -> bytes:
    """A BMP; `size` is that of its header, and `more` may say offset and colors."""
    palette = (bytes(1024) if bits <= 8 else b"") if palette is None else palette
    head = struct.pack("<IiiHHIIiiII", size, width, height, 1, bits, runs, len(data), 0, 0, 0, 0)
    head = head[:32] + struct.pack("<II", more.get("colors", 0), 0)
    offset = more.get("offset", 54 + len(palette))
    return b"BM" + struct.pack("<IHHI", 54 + len(palette) + len(data), 0, 0, offset) + head + palette + data


# GIF


def gif(width: int, height: int, *blocks: bytes, palette: bytes = bytes(768)) -> bytes:
    """A GIF of blocks."""
    flags = 0x87 if palette else 0
    return b"GIF89a" + struct.pack("<HHBBB", width, height, flags, 0, 0) + palette + b"".join(blocks) + b";"


def _frame(width: int, height: int, pixels: bytes, code: int = 8, x: int = 0) -> bytes:
    rows = b"".join(bytes([len(pixels[at : at + 255])]) + pixels[at : at + 255] for at in range(0, len(pixels), 255))
    return b"," + struct.pack("<HHHHB", x, x, width, height, 0) + bytes([code]) + rows + b"\0"


def _black(width: int, height: int) -> bytes:
    """A real frame of one color, by Pillow."""
    whole = saved(Image.new("P", (width, height)), "GIF")
    return whole[whole.index(b",") : -1]


_ONE = _frame(1, 1, b"\0\3\4\4", 8)

IMAGES: dict[str, Callable[[], bytes]] = {
    "animated canvas of 8000x8000": lambda: _animated(8_000, 8_000),
    "animated canvas of 16383x3900": lambda: _animated(16_383, 3_900),
    "animated canvas of 1x16384": lambda: _animated(1, 16_384),
    "50,000 frames of a WebP": lambda: _animated(16, 16, 50_000),
    "frame outside its canvas": lambda: _animated(100, 100, 2, 5_000),
    "lossless WebP of 8000x8000": lambda: saved(Image.new("RGB", (8_000, 8_000), "navy"), "WEBP", lossless=True),
    "lossless WebP of 8000x8000 with alpha": lambda: saved(
        Image.new("RGBA", (8_000, 8_000), (1, 2, 3, 4)), "WEBP", lossless=True
    ),
    "lossy WebP of 8000x8000": lambda: saved(Image.new("RGB", (8_000, 8_000), "navy"), "WEBP", method=0),
    "WebP of 1x16383": lambda: saved(Image.new("RGB", (1, 16_383)), "WEBP", lossless=True),
    "WebP with empty chunks, 20 MB": lambda: _riff(_still(), _part(b"teSt") * (_MUCH // 8)),
    "WebP with a profile of 20 MB": lambda: _extended(32, _part(b"ICCP", bytes(_MUCH)), _still()),
    "WebP with XMP of 20 MB": lambda: _extended(4, _still(), _part(b"XMP ", b"<x>" * (_MUCH // 3))),
    "WebP with EXIF of 20 MB": lambda: _extended(
        8, _still(), _part(b"EXIF", b"II*\0\x08\0\0\0\xff\xff" * (_MUCH // 10))
    ),
    "WebP with a canvas that is not its picture's": lambda: _riff(_canvas(9, 9, 0), _still()),
    "WebP of no chunks": _riff,
    "RLE line of 64000000": lambda: bmp(64_000_000, 1, 8, b"\1\0\0\0\0\1", runs=1),
    "RLE column of 64000000": lambda: bmp(1, 64_000_000, 8, b"\1\0\0\0\0\1", runs=1),
    "RLE of 8000 short lines": lambda: bmp(8_000, 8_000, 8, b"\1\0\0\0" * 8_000 + b"\0\1", runs=1),
    "RLE of jumps": lambda: bmp(8_000, 8_000, 8, b"\0\2\xff\0" * 1_000 + b"\0\2\0\xff" * 31 + b"\0\1", runs=1),
    "RLE of a pixel a run, 20 MB": lambda: bmp(8_000, 8_000, 8, b"\1\0" * (_MUCH // 2), runs=1),
    "RLE of no pixels, 20 MB": lambda: bmp(100, 100, 8, b"\0\0" * (_MUCH // 2), runs=1),
    "RLE in halves of 8000x8000": lambda: bmp(8_000, 8_000, 4, b"\xff\0" * 260_000, runs=2, palette=bytes(64)),
    "BMP of 1x64000000": lambda: bmp(1, 64_000_000, 1, bytes(4_000)),
    "BMP of 8000x8000 in 32 bits": lambda: bmp(8_000, 8_000, 32, bytes(4 * 64_000_000)),
    "BMP of the most negative height": lambda: bmp(9, -(2**31), 24, bytes(99)),
    "BMP of no width": lambda: bmp(0, 9, 24, bytes(99)),
    "BMP of 64 bits": lambda: bmp(9, 9, 64, bytes(900)),
    "BMP of no bits": lambda: bmp(9, 9, 0, bytes(900)),
    "BMP of 2 billion colors": lambda: bmp(9, 9, 8, bytes(108), colors=_LARGEST),
    "BMP with a header of 2 GB": lambda: bmp(9, 9, 8, bytes(108), size=_LARGEST),
    "BMP with pixels beyond its end": lambda: bmp(9, 9, 24, bytes(252), offset=2**32 - 1),
    "BMP with a JPEG in it": lambda: bmp(101, 67, 0, saved(card(), "JPEG"), runs=4),
    "GIF canvas of 65535x65535": lambda: gif(65_535, 65_535, _ONE),
    "GIF canvas of 8000x8000": lambda: gif(8_000, 8_000, _ONE),
    "GIF of 8000x8000": lambda: gif(8_000, 8_000, _black(8_000, 8_000)),
    "GIF frame far outside": lambda: gif(10, 10, _frame(8, 8, b"\0\1\2", 8, 60_000)),
    "GIF frame of 65535x900 on a small canvas": lambda: gif(10, 10, _frame(65_535, 900, b"\0\1\2")),
    "GIF of codes of 0 bits": lambda: gif(10, 10, _frame(10, 10, bytes(99), 0)),
    "GIF of codes of 12 bits": lambda: gif(10, 10, _frame(10, 10, bytes(99), 12)),
    "GIF of codes of 255 bits": lambda: gif(10, 10, _frame(10, 10, bytes(99), 255)),
    "GIF with comments, 20 MB": lambda: gif(10, 10, b"!\xfe\1A\0" * (_MUCH // 5), _ONE),
    "GIF with one long comment": lambda: gif(10, 10, b"!\xfe" + (b"\xff" + b"A" * 255) * (_MUCH // 256) + b"\0", _ONE),
    "GIF with zeros between blocks, 20 MB": lambda: gif(10, 10, bytes(_MUCH), _ONE),
    "GIF of 200,000 frames": lambda: gif(10, 10, _ONE * 200_000),
    "GIF with pixels of 20 MB": lambda: gif(10, 10, _frame(10, 10, b"\0\1" * (_MUCH // 2))),
    "GIF of a frame of no size": lambda: gif(10, 10, _frame(0, 0, b"\0\1\2")),
}
