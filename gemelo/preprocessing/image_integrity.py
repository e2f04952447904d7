"""What the containers of image files say of their own wholeness, and what Pillow leaves out."""

import zlib
from collections.abc import Iterator
from typing import NamedTuple

from gemelo.errors import Message

# Color types (PNG specification, 11.2.1): samples of a pixel.
_GREY, _RGB = 0, 2
_SAMPLES = {_GREY: 1, _RGB: 3, 3: 1, 4: 2, 6: 4}
# Adam7 (8.2): where each pass begins, and its steps.
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_ANIMATION = (b"acTL", b"fcTL", b"fdAT")
_INFLATED_AT_ONCE = 1 << 20
# What is left of a piece is copied each time.
_DEFLATED_AT_ONCE = 1 << 16


def damage(kind: str, data: bytes) -> Message | None:
    """Why a file is not whole, by its container alone; None where nothing speaks against it.

    Args:
        kind: Of the file, as Pillow calls it: "PNG", "JPEG", ...
        data: All of its bytes.
    """
    if kind == "PNG":
        return _png_damage(data)
    return _jpeg_damage(data) if kind == "JPEG" else None


def png_still(data: bytes) -> bytes:
    """The first picture of a PNG whose chunks are whole, without its animation: damage to that does not count."""
    chunks = list(_png_chunks(data))
    if not any(name in _ANIMATION for name, _, _ in chunks):
        return data
    return data[:8] + b"".join(raw for name, _, raw in chunks if name not in _ANIMATION)


def png_pixel_damage(data: bytes, size: tuple[int, int]) -> Message | None:
    """Why a PNG has not all of its pixels; None where it has. Pillow shows those that are missing as black.

    Args:
        data: All bytes of the file, whose chunks are whole.
        size: Width and height, which were found small enough: no more is unpacked than they allow.
    """
    header = _png_header(data)
    if header is None:
        return None
    wanted, count, unpack = _png_bytes(size, header), 0, zlib.decompressobj()
    try:
        for piece in _png_stream(data):
            rest = piece
            while rest and count < wanted and not unpack.eof:
                count += len(unpack.decompress(rest, _INFLATED_AT_ONCE))
                rest = unpack.unconsumed_tail
    except zlib.error:
        return None  # Pillow refuses it, and says why
    return None if count >= wanted else Message("damage.pixels")


def png_clear_color(data: bytes) -> int | tuple[int, ...] | None:
    """The transparent color of a grey or RGB PNG as its pixels have it, 0-255; None where there is none.

    Bits beyond the depth do not count (PNG specification, 11.3.1.1), and a grey of fewer bits is scaled as its pixels
    are: Pillow does neither.
    """
    header = _png_header(data)
    content = next((body for name, body, _ in reversed(list(_png_chunks(data))) if name == b"tRNS"), None)
    if header is None or content is None or header.color not in (_GREY, _RGB):
        return None
    most = (1 << header.depth) - 1
    samples = [int.from_bytes(content[at : at + 2], "big") & most for at in range(0, 2 * header.samples, 2)]
    scaled = tuple(sample * 255 // most for sample in samples)
    return scaled[0] if header.color == _GREY else scaled


def webp_size(data: bytes) -> tuple[int, int]:
    """Width and height by the header of a WebP: of the canvas, or of a lossless or lossy picture; zeros for others."""
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind != b"VP8 ":
        return 0, 0
    return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF


class _PngHeader(NamedTuple):
    depth: int
    color: int
    interlaced: bool

    @property
    def samples(self) -> int:
        return _SAMPLES[self.color]


def _png_damage(data: bytes) -> Message | None:
    """Walk the chunks: length, type, content, CRC-32 (PNG specification, 5.3)."""
    at = 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        end = at + 12 + length
        if end > len(data):
            return Message("damage.within-chunk")
        if zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            return Message("damage.checksum", chunk=repr(data[at + 4 : at + 8]))
        if data[at + 4 : at + 8] == b"IEND":
            return None
        at = end
    return Message("damage.end-chunk")


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, memoryview, memoryview]]:
    """Name, content and all bytes of every chunk of a PNG whose chunks are whole, up to the last."""
    at, view = 8, memoryview(data)
    while at + 12 <= len(data):
        length = int.from_bytes(view[at : at + 4], "big")
        name = data[at + 4 : at + 8]
        yield name, view[at + 8 : at + 8 + length], view[at : at + 12 + length]
        if name == b"IEND":
            return
        at += 12 + length


def _png_header(data: bytes) -> _PngHeader | None:
    """What the last header before the pixels says; None where there is no valid one."""
    found = None
    for name, body, _ in _png_chunks(data):
        if name == b"IDAT":
            break
        if name == b"IHDR" and len(body) >= 13 and body[9] in _SAMPLES and body[8] in (1, 2, 4, 8):
            found = _PngHeader(body[8], body[9], body[12] != 0)
    return found


def _png_stream(data: bytes) -> Iterator[bytes]:
    """The compressed pixels in small pieces: the first chunks of their kind that follow each other."""
    begun = False
    for name, body, _ in _png_chunks(data):
        if name == b"IDAT":
            begun = True
            yield from (bytes(body[at : at + _DEFLATED_AT_ONCE]) for at in range(0, len(body), _DEFLATED_AT_ONCE))
        elif begun:
            return


def _png_bytes(size: tuple[int, int], header: _PngHeader) -> int:
    """How many bytes the pixels are when they are unpacked, the filter of each row among them."""
    (width, height), bits = size, header.samples * header.depth
    passes = _PASSES if header.interlaced else ((0, 0, 1, 1),)
    grids = ((-(-(width - x) // dx), -(-(height - y) // dy)) for x, y, dx, dy in passes)
    return sum((1 + (across * bits + 7) // 8) * down for across, down in grids if across > 0 and down > 0)


def _jpeg_damage(data: bytes) -> Message | None:
    """Walk the segments to the first scan; an end marker must follow it (ITU-T T.81, B.1.1).

    Within a scan 0xFF is followed by 0x00 or a restart marker, so that 0xFFD9 is the end and nothing else; before
    it, an EXIF block may hold a thumbnail with an end marker of its own.
    """
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xDA:
            return None if data.find(b"\xff\xd9", at) >= 0 else Message("damage.end-marker")
        alone = marker == 0xFF or marker == 0x01 or 0xD0 <= marker <= 0xD8
        at += (1 if marker == 0xFF else 2) if alone else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    # Bytes between segments that belong to none: decoders skip them, so they are left to decide.
    return None if data.find(b"\xff\xd9", 2) >= 0 else Message("damage.end-marker")
