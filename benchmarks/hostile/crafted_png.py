"""PNGs made by hand: chunks by the million, bombs, sizes at the limit, animations and palettes that lie."""

import struct
import zlib
from collections.abc import Callable

import numpy as np

from tests.goldens import png
from tests.goldens.make import HEIGHT, WIDTH, card

_MUCH = 20_000_000
_END = png.chunk(b"IEND", b"")
Chunks = tuple[tuple[bytes, bytes], ...]


def blank(
    width: int, height: int, depth: int, color: int, *chunks: tuple[bytes, bytes], interlaced: bool = False
) -> bytes:
    """A whole PNG of zeros, or one that has too few of them where it is interlaced."""
    samples = {png.RGB: 3, png.GREY_ALPHA: 2, png.RGBA: 4}.get(color, 1)
    packer = zlib.compressobj(9)
    size, parts = (1 + (width * depth * samples + 7) // 8) * height, list[bytes]()
    while size > 0:
        parts.append(packer.compress(bytes(min(size, 1 << 22))))
        size -= 1 << 22
    body = b"".join(png.chunk(*each) for each in (*chunks, (b"IDAT", b"".join(parts) + packer.flush())))
    return png.SIGNATURE + png.header(width, height, depth, color, interlaced=interlaced) + body + _END


def _card(*before: tuple[bytes, bytes], stream: bytes | None = None, after: bytes = b"", head: bytes = b"") -> bytes:
    """The test card with more chunks, another stream of pixels, or another header."""
    rows = b"".join(b"\0" + row.tobytes() for row in np.asarray(card()))
    pixels = png.chunk(b"IDAT", zlib.compress(rows) if stream is None else stream)
    start = head or png.header(WIDTH, HEIGHT, 8, png.RGB)
    return png.SIGNATURE + start + b"".join(png.chunk(*each) for each in before) + pixels + after + _END


def _much(name: bytes, body: bytes = b"", size: int = _MUCH) -> bytes:
    part = png.chunk(name, body)
    whole = _card()
    return whole[:33] + part * (size // len(part)) + whole[33:]


def _slices(size: int) -> bytes:
    """The pixels in chunks of so many bytes."""
    stream = zlib.compress(bytes((1 + 3 * 1000) * 1000), 0)
    parts = b"".join(png.chunk(b"IDAT", stream[at : at + size]) for at in range(0, len(stream), size))
    return png.SIGNATURE + png.header(1000, 1000, 8, png.RGB) + parts + _END


def _bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(megabytes)) + packer.flush()


def _header(*values: int) -> bytes:
    return png.chunk(b"IHDR", struct.pack(">IIBBBBB", *values))


def _frames(count: int, said: int, side: int = 8) -> bytes:
    """Frames of an animation after the still picture."""
    control = struct.pack(">IIIIIHHBB", 0, side, side, 0, 0, 1, 1, 0, 0)
    part = png.chunk(b"fcTL", control) + png.chunk(b"fdAT", bytes(4) + zlib.compress(bytes(200)))
    return _card((b"acTL", struct.pack(">II", said, 0)), after=part * count)


def _palette(entries: int, clear: int, indices: int) -> bytes:
    samples = np.full((9, 9, 1), indices, np.uint8)
    chunks = [(b"PLTE", bytes(range(3)) * entries), (b"tRNS", b"\x80" * clear)]
    return png.encode_png(samples, png.PALETTE, chunks=[each for each in chunks if each[1]])


def _filtered(kind: int, side: int = 4_000) -> bytes:
    row = bytes([kind]) + b"\1" * 3 * side
    body = png.chunk(b"IDAT", zlib.compress(row * side)) + _END
    return png.SIGNATURE + png.header(side, side, 8, png.RGB) + body


IMAGES: dict[str, Callable[[], bytes]] = {
    "PNG of 1x24000000": lambda: blank(1, 24_000_000, 1, png.GREY),
    "PNG of 64000000x1": lambda: blank(64_000_000, 1, 1, png.GREY),
    "PNG of 2x32000000, interlaced": lambda: blank(2, 32_000_000, 1, png.GREY, interlaced=True),
    "PNG of 8000x8000 in 1 bit": lambda: blank(8_000, 8_000, 1, png.GREY),
    "PNG of 8000x8000 in 1 bit, interlaced": lambda: blank(8_000, 8_000, 1, png.GREY, interlaced=True),
    "PNG of 8000x8000 with alpha": lambda: blank(8_000, 8_000, 8, png.RGBA),
    "PNG of 8000x8000, grey with alpha": lambda: blank(8_000, 8_000, 8, png.GREY_ALPHA),
    "PNG of 8000x8000, clear palette": lambda: blank(
        8_000, 8_000, 8, png.PALETTE, (b"PLTE", b"\1\2\3" * 256), (b"tRNS", b"\x80" * 256)
    ),
    "PNG of 8000x8000, one clear color": lambda: blank(8_000, 8_000, 8, png.RGB, (b"tRNS", bytes(6))),
    "PNG of 16 bits": lambda: blank(100, 100, 16, png.RGB),
    "empty chunks, 20 MB": lambda: _much(b"teSt"),
    "text chunks, 20 MB": lambda: _much(b"tEXt", b"a\0"),
    "empty pixel chunks, 20 MB": lambda: _much(b"IDAT"),
    "EXIF chunks, 20 MB": lambda: _much(b"eXIf", b"II*\0\x08\0\0\0\0\0"),
    "palettes, 20 MB": lambda: _much(b"PLTE", b"abc"),
    "pixels in chunks of a byte": lambda: _slices(1),
    "pixels that unpack to 2 GB": lambda: _card(stream=_bomb(2_000)),
    "text that unpacks to 1 GB": lambda: _card((b"zTXt", b"a\0\0" + _bomb(1_000))),
    "international text that unpacks to 1 GB": lambda: _card((b"iTXt", b"a\0\1\0\0\0" + _bomb(1_000))),
    "profile that unpacks to 1 GB": lambda: _card((b"iCCP", b"a\0\0" + _bomb(1_000))),
    "30 texts of 1 MB packed": lambda: _card(*[(b"zTXt", b"a\0\0" + _bomb(1))] * 30),
    "200 texts of 1 MB packed": lambda: _card(*[(b"zTXt", b"a\0\0" + _bomb(1))] * 200),
    "40,000 frames after the picture": lambda: _frames(40_000, 40_000),
    "four billion frames, and none there": lambda: _frames(0, 2**32 - 1),
    "a frame larger than the picture": lambda: _frames(3, 3, 60_000),
    "palette of no colors": lambda: _palette(0, 0, 0),
    "palette of 300 colors": lambda: _palette(300, 0, 255),
    "indices beyond the palette": lambda: _palette(2, 0, 200),
    "more alphas than colors": lambda: _palette(2, 256, 1),
    "filter Paeth on 16 megapixels": lambda: _filtered(4),
    "filter 255": lambda: _filtered(255, 100),
    "no height": lambda: _card(head=_header(9, 0, 8, 2, 0, 0, 0)),
    "interlace 2": lambda: _card(head=_header(WIDTH, HEIGHT, 8, 2, 0, 0, 2)),
    "compression 9": lambda: _card(head=_header(WIDTH, HEIGHT, 8, 2, 9, 0, 0)),
    "depth 3": lambda: _card(head=_header(WIDTH, HEIGHT, 3, 0, 0, 0, 0)),
    "header of no length": lambda: _card(head=png.chunk(b"IHDR", b"")),
    "second header of 8000x8000": lambda: _card((b"IHDR", struct.pack(">IIBBBBB", 8_000, 8_000, 8, 6, 0, 0, 0))),
    "EXIF in a circle": lambda: _card((b"eXIf", b"II*\0\x08\0\0\0\1\0\x69\x87\4\0\1\0\0\0\x08\0\0\0\x08\0\0\0")),
    "gamma of 0": lambda: _card((b"gAMA", bytes(4)), (b"cHRM", bytes(32)), (b"pHYs", b"\xff" * 9)),
    "a stream that goes on": lambda: _card(stream=zlib.compress(bytes(304 * HEIGHT)) + b"more" * 1_000_000),
}
