"""What the file of a photo is made of, as far as that costs memory or time: counted before anything is decoded.

Pillow reads segments, chunks and blocks one by one in Python, keeps most of them, and skips what lies between them
byte by byte. The walks here go the way that Pillow goes, and stop once there are too many parts: damage is left for
others to find. `web_demo/src/photo/parts.ts` has the same walks.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from gemelo import limits
from gemelo.errors import ImageTooLargeError, Message

_SOS, _DQT, _EOI = 0xDA, 0xDB, 0xD9
# A quantization table with its number; Pillow reads it number by number, as it reads frames.
_TABLE_BYTES = 65
# The coefficients of 8x8 pixels, two bytes each.
_BLOCK_BYTES = 128
# Within a scan 0xFF is followed by 0, another 0xFF or a restart marker (ITU-T T.81, B.1.1).
_NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_PARSED_SEGMENTS = ((0xE1, b"Exif\0\0"), (0xED, b"Photoshop 3.0\0"))
_PARSED_CHUNKS = (b"zTXt", b"iTXt", b"iCCP")
_TRAILER, _EXTENSION, _IMAGE, _COMMENT, _APPLICATION = 0x3B, 0x21, 0x2C, 0xFE, 0xFF
_RLE8, _RLE4 = 1, 2


@dataclass
class Parts:
    """What a file is made of.

    Attributes:
        file_bytes: Of the whole file.
        small: Parts with little content, and bytes that belong to none.
        parsed: Parts whose content is parsed or unpacked.
        copied_bytes: What is kept a second time.
        scans: Of a JPEG that is decoded scan after scan; else 0.
        coefficient_bytes: What such a JPEG keeps between its scans.
        is_packed: Whether the pixels are in run-length encoding.
    """

    file_bytes: int
    small: int = 0
    parsed: int = 0
    copied_bytes: int = 0
    scans: int = 0
    coefficient_bytes: int = 0
    is_packed: bool = False

    @property
    def is_full(self) -> bool:
        """Whether there are too many to go on counting."""
        return (
            self.small > limits.MAX_SMALL_PARTS
            or self.parsed > limits.MAX_PARSED_PARTS
            or self.scans > limits.MAX_SCANS
        )

    def add(self, content_bytes: int) -> None:
        """Count a part."""
        self.small += content_bytes < limits.SMALL_PART_BYTES


def count_parts(kind: str, data: bytes) -> Parts:
    """Count the parts of a file.

    Args:
        kind: Of the file, as Pillow calls it: "PNG", "JPEG", ...
        data: All of its bytes.
    """
    parts = Parts(len(data))
    _WALKS[kind](data, parts)
    return parts


def check_parts(name: str, parts: Parts) -> None:
    """Refuse a file that has too many parts.

    Raises:
        ImageTooLargeError: It has.
    """
    if parts.small > limits.MAX_SMALL_PARTS:
        told = Message("photo.parts", name, limit=limits.MAX_SMALL_PARTS)
    elif parts.parsed > limits.MAX_PARSED_PARTS:
        told = Message("photo.metadata", name, limit=limits.MAX_PARSED_PARTS)
    elif parts.scans > limits.MAX_SCANS:
        told = Message("photo.many-scans", name, limit=limits.MAX_SCANS)
    else:
        return
    raise ImageTooLargeError(told, hint=limits.SAVE_AGAIN)


def check_work(name: str, kind: str, size: tuple[int, int], parts: Parts, max_pixels: int) -> None:
    """Refuse a file that takes too much memory or time to decode, though its size is within the limits.

    Raises:
        ImageTooLargeError: It does.
    """
    pixels, most_pixels = size[0] * size[1], max(max_pixels, limits.MAX_PIXELS)
    if parts.is_packed and (pixels > limits.MAX_RUN_PIXELS or parts.file_bytes > limits.MAX_RUN_BYTES):
        most_packed = {"megapixels": limits.MAX_RUN_PIXELS / 1e6, "mebibytes": limits.MAX_RUN_BYTES >> 20}
        raise ImageTooLargeError(Message("photo.runs", name, **most_packed), hint=limits.SAVE_AGAIN)
    if parts.scans * pixels > limits.MAX_SCANNED_PICTURES * most_pixels:
        told = Message("photo.scans", name, scans=parts.scans, width=size[0], height=size[1])
        raise ImageTooLargeError(told, hint=limits.SAVE_AGAIN)
    needed, most = needed_bytes(kind, size, parts), limits.MEMORY_PER_PIXEL * most_pixels
    if needed > most:
        megabytes, limit = math.ceil(needed / 1e6), math.ceil(most / 1e6)
        told = Message("photo.memory-limit", name, megabytes=megabytes, limit=limit)
        raise ImageTooLargeError(told, hint=limits.SCALE_DOWN)


def needed_bytes(kind: str, size: tuple[int, int], parts: Parts) -> int:
    """Memory that decoding a file takes at most, the file included."""
    each = limits.WEBP_PIXEL_BYTES if kind == "WEBP" else limits.PIXEL_BYTES
    return parts.file_bytes + parts.copied_bytes + parts.coefficient_bytes + size[0] * size[1] * each


def _walk_jpeg(data: bytes, parts: Parts) -> None:
    """Walk to the first scan as Pillow's JpegImagePlugin does, then from scan to scan as libjpeg does."""
    at, frame = 2, b""
    while at + 2 <= len(data) and not parts.is_full:
        if data[at] != 0xFF:
            after = data.find(b"\xff", at)
            parts.small += (after if after >= 0 else len(data)) - at
            at = after if after >= 0 else len(data)
            continue
        marker = data[at + 1]
        if 0 < marker < 0xC0:
            break  # Pillow refuses it
        at += 1 if marker == 0xFF else 2
        if not _has_length(marker):
            parts.small += 1
            continue
        end = at + max(2, int.from_bytes(data[at : at + 2], "big"))
        if marker == _SOS:
            if _is_progressive(frame) or data[at + 2 : at + 3] < frame[6:7]:
                _count_scans(data, end, parts)
                parts.coefficient_bytes = _coefficient_bytes(frame)
            break
        parts.add(end - at - 2)
        parts.parsed += any(marker == own and data.startswith(magic, at + 2) for own, magic in _PARSED_SEGMENTS)
        if _is_frame(marker) or marker == _DQT:
            parts.small += (end - at - 2) // _TABLE_BYTES
        if _is_frame(marker):
            frame = bytes([marker]) + data[at + 2 : end]
        at = end
    parts.copied_bytes = min(at, len(data))


def _has_length(marker: int) -> bool:
    """Whether Pillow skips a marker's segment; of the others it skips the marker alone."""
    return not (marker in (0, 0xFF, 0xC8) or 0xD0 <= marker <= 0xD9 or 0xF0 <= marker <= 0xFD)


def _is_frame(marker: int) -> bool:
    return marker == 0xDE or (0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC))


def _is_progressive(frame: bytes) -> bool:
    return frame[:1] in (b"\xc2", b"\xc6", b"\xca", b"\xce")


def _count_scans(data: bytes, at: int, parts: Parts) -> None:
    """Count the scans, of which the first begins at `at`, and the segments between them."""
    parts.scans = 1
    while not parts.is_full and (found := _NEXT_MARKER.search(data, at)) is not None:
        marker, at = data[found.end() - 1], found.end()
        if marker == _EOI:
            return
        parts.scans += marker == _SOS
        if marker > 0x01 and marker != 0xD8:
            length = int.from_bytes(data[at : at + 2], "big")
            parts.add(length)
            at += max(2, length)


def _coefficient_bytes(frame: bytes) -> int:
    """Bytes of all coefficients; the frame is its marker, depth, height, width, count of components, and these."""
    height, width = int.from_bytes(frame[2:4], "big"), int.from_bytes(frame[4:6], "big")
    factors = [(byte >> 4, byte & 15) for byte in frame[8::3]]
    across, down = (8 * max((pair[i] for pair in factors), default=0) for i in (0, 1))
    if across == 0 or down == 0:
        return 0  # libjpeg refuses it
    units = math.ceil(width / across) * math.ceil(height / down)
    return units * sum(x * y for x, y in factors) * _BLOCK_BYTES


def _walk_png(data: bytes, parts: Parts) -> None:
    at = 8
    while at + 12 <= len(data) and not parts.is_full:
        length, name = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        parts.add(length)
        parts.parsed += name in _PARSED_CHUNKS
        if name == b"IEND":
            return
        if name != b"IDAT":
            parts.copied_bytes += min(length, len(data) - at)
        at += 12 + length


def _walk_webp(data: bytes, parts: Parts) -> None:
    """Walk the chunks, those within frames among them."""
    parts.copied_bytes = len(data)
    at, end = 12, min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    while at + 8 <= end and not parts.is_full:
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        parts.add(length)
        at += 8 + (16 if data[at : at + 4] == b"ANMF" else length + (length & 1))


def _walk_gif(data: bytes, parts: Parts) -> None:
    """Walk the blocks to the first image."""
    flags = data[10] if len(data) > 10 else 0
    at = 13 + (3 << ((flags & 7) + 1) if flags & 128 else 0)
    while at < len(data) and not parts.is_full:
        block = data[at]
        at += 1
        parts.small += 1
        if block in (_TRAILER, _IMAGE):
            return
        if block == _EXTENSION:
            at = _skip_extension(data, at, parts)


def _skip_extension(data: bytes, at: int, parts: Parts) -> int:
    """Skip a label and its blocks; as Pillow has it, what follows an empty first one belongs to it, but in comments."""
    label, first = data[at : at + 1], data[at + 1 : at + 2]
    if first in (b"", b"\0"):
        return at + 2 if label == bytes([_COMMENT]) else _skip_blocks(data, at + 2, parts)
    at += 2 + first[0]
    if label == bytes([_APPLICATION]) and data.startswith(b"NETSCAPE2.0", at - first[0]):
        size = data[at] if at < len(data) else 0
        at += 1 + size
    return _skip_blocks(data, at, parts)


def _skip_blocks(data: bytes, at: int, parts: Parts) -> int:
    while at < len(data) and data[at] > 0 and not parts.is_full:
        parts.small += 1
        at += 1 + data[at]
    return at + 1


def _walk_bmp(data: bytes, parts: Parts) -> None:
    header = int.from_bytes(data[14:18], "little")
    parts.is_packed = header >= 40 and int.from_bytes(data[30:34], "little") in (_RLE8, _RLE4)


_WALKS: dict[str, Callable[[bytes, Parts], None]] = {
    "JPEG": _walk_jpeg,
    "PNG": _walk_png,
    "WEBP": _walk_webp,
    "GIF": _walk_gif,
    "BMP": _walk_bmp,
}
