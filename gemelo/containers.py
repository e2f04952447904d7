"""What the containers of image files say of their own wholeness, and what Pillow leaves out."""

import zlib

from PIL import Image

_GREY = 0


def damage(kind: str, data: bytes) -> str:
    """Why a file is not whole, by its container alone; empty where nothing speaks against it.

    Args:
        kind: Of the file, as Pillow calls it: "PNG", "JPEG", ...
        data: All of its bytes.
    """
    if kind == "PNG":
        return _png_damage(data)
    return _jpeg_damage(data) if kind == "JPEG" else ""


def scale_transparency(image: Image.Image, data: bytes) -> None:
    """Bring the transparent grey of a PNG with 1, 2 or 4 bits to the scale of its pixels, which Pillow made 0-255."""
    depth, colour = data[24], data[25]
    value = image.info.get("transparency")
    if colour == _GREY and depth < 8 and isinstance(value, int):
        image.info["transparency"] = value * 255 // ((1 << depth) - 1)


def webp_size(data: bytes) -> tuple[int, int]:
    """Width and height by the header of a WebP, in pixels: of the canvas, a lossless or a lossy picture."""
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF


def _png_damage(data: bytes) -> str:
    """Walk the chunks: length, type, content, CRC-32 (PNG specification, 5.3)."""
    at = 8
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        end = at + 12 + length
        if end > len(data):
            return "the file ends within a chunk"
        if zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            return f"chunk {data[at + 4 : at + 8]!r} does not match its checksum"
        if data[at + 4 : at + 8] == b"IEND":
            return ""
        at = end
    return "the file ends before its end chunk"


def _jpeg_damage(data: bytes) -> str:
    """Walk the segments to the first scan; an end marker must follow it (ITU-T T.81, B.1.1).

    Within a scan 0xFF is followed by 0x00 or a restart marker, so that 0xFFD9 is the end and nothing else; before
    it, an EXIF block may hold a thumbnail with an end marker of its own.
    """
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xDA:
            return "" if data.find(b"\xff\xd9", at) >= 0 else "the file ends before its end marker"
        alone = marker == 0xFF or marker == 0x01 or 0xD0 <= marker <= 0xD8
        at += (1 if marker == 0xFF else 2) if alone else 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    # Bytes between segments that belong to none: decoders skip them, so they are left to decide.
    return "" if data.find(b"\xff\xd9", 2) >= 0 else "the file ends before its end marker"
