"""A PNG writer for the kinds that Pillow does not write: any bit depth, interlaced, and chunks that lie."""

import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SAMPLES = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
# Adam7: first column, first row, column step, row step of each pass.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def header(width: int, height: int, depth: int, color: int, *, interlaced: bool = False) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, int(interlaced)))


def encode_png(
    samples: NDArray[np.integer],
    color: int,
    *,
    depth: int = 8,
    interlaced: bool = False,
    chunks: Sequence[tuple[bytes, bytes]] = (),
) -> bytes:
    """A PNG file.

    Args:
        samples: (h, w, channels) in the range of `depth` bits.
        color: the color type.
        depth: 1, 2, 4, 8 or 16 bits a sample.
        interlaced: by Adam7.
        chunks: what goes between header and pixels, such as a palette.
    """
    height, width, channels = samples.shape
    if channels != _SAMPLES[color]:
        raise ValueError(f"color type {color} has {_SAMPLES[color]} samples a pixel, not {channels}")
    passes = [samples[y::dy, x::dx] for x, y, dx, dy in _PASSES] if interlaced else [samples]
    raw = b"".join(_rows(part, depth) for part in passes if part.size)
    extra = b"".join(chunk(kind, data) for kind, data in chunks)
    body = chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")
    return SIGNATURE + header(width, height, depth, color, interlaced=interlaced) + extra + body


def _rows(samples: NDArray[np.integer], depth: int) -> bytes:
    """Unfiltered rows, each padded to whole bytes."""
    rows = samples.reshape(len(samples), -1)
    if depth == 16:
        packed = rows.astype(">u2").view(np.uint8).reshape(len(rows), -1)
    else:
        bits = np.unpackbits(rows.astype(np.uint8)[:, :, None], axis=2)[:, :, 8 - depth :]
        packed = np.packbits(bits.reshape(len(rows), -1), axis=1)
    return b"".join(b"\0" + row.tobytes() for row in packed)
