"""JPEGs made by hand: segments, scans, components and EXIF that nobody's camera writes."""

import functools
import struct
from collections.abc import Callable

from PIL import Image

from tests.goldens.make import card, saved

_SOI, _EOI = b"\xff\xd8", b"\xff\xd9"
_MUCH = 20_000_000
_EXIF = b"Exif\0\0"


def segment(marker: int, body: bytes = b"", error: int = 0) -> bytes:
    """A segment whose declared length is off by `error`."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2 + error) + body


@functools.cache
def plain() -> bytes:
    """An ordinary JPEG."""
    return saved(card(), "JPEG", quality=85)


def _after_start(extra: bytes, data: bytes | None = None) -> bytes:
    return _SOI + extra + (data or plain())[2:]


def _much(part: bytes, size: int = _MUCH) -> bytes:
    return _after_start(part * (size // len(part)))


def _frame(at: int, value: bytes) -> bytes:
    """Other bytes in the frame header: 4 is the depth, 5 height, 7 width, 9 components, 11 sampling."""
    start = plain().index(b"\xff\xc0")
    return plain()[: start + at] + value + plain()[start + at + len(value) :]


def _marker(marker: int) -> bytes:
    return plain().replace(b"\xff\xc0", bytes([0xFF, marker]), 1)


def _scan(part: bytes) -> bytes:
    """Something between the headers and the scan."""
    at = plain().index(b"\xff\xda")
    return plain()[:at] + part + plain()[at:]


def _coded(data: bytes) -> bytes:
    """Other bytes in the place of the coded pixels."""
    at = plain().index(b"\xff\xda")
    return plain()[: at + 2 + int.from_bytes(plain()[at + 2 : at + 4], "big")] + data + _EOI


def progressive(side: int, scans: int) -> bytes:
    """A gray progressive JPEG with scans that refine nothing: all their blocks end at once, in runs."""
    data = saved(Image.new("L", (side, side), 128), "JPEG", progressive=True, quality=50)
    end = data.index(b"\xff\xda") + 10
    while data[end] != 0xFF or data[end + 1] == 0:
        end += 1
    runs = -(-((side // 8) ** 2) // 32_767)
    bits = int(("0" + "1" * 14) * runs + "1" * (-15 * runs % 8), 2)
    packed = bits.to_bytes((15 * runs + 7) // 8, "big").replace(b"\xff", b"\xff\0")
    table = segment(0xC4, b"\x10\1" + bytes(15) + b"\xe0")
    return data[:end] + table + (segment(0xDA, b"\1\1\0\1\x3f\0") + packed) * scans + _EOI


def _ifd(*entries: tuple[int, int, int, int], following: int = 0) -> bytes:
    rows = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + rows + struct.pack("<I", following)


def _exif(block: bytes) -> bytes:
    return _after_start(segment(0xE1, _EXIF + block))


def _profile(parts: int, size: int, first: int = 1, of: int | None = None) -> bytes:
    head = b"ICC_PROFILE\0"
    rows = (segment(0xE2, head + bytes([first + i & 255, (of or parts) & 255]) + bytes(size)) for i in range(parts))
    return _after_start(b"".join(rows))


def _extended_xmp() -> bytes:
    head = b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 32
    return _after_start(
        b"".join(segment(0xE1, head + struct.pack(">II", 2**31, i * 60_000) + bytes(60_000)) for i in range(300))
    )


def _ink(mark: bytes | None) -> bytes:
    """CMYK, with Adobe's segment, another one in its place, or none."""
    data = saved(card().convert("CMYK"), "JPEG")
    at = data.index(b"Adobe") - 4
    return data[:at] + (b"" if mark is None else segment(0xEE, mark)) + data[at + 16 :]


def _multi(count: int) -> bytes:
    entry = struct.pack("<IIIHH", 0x020002, 100, 0, 0, 0)
    body = b"MPF\0II*\0\x08\0\0\0" + struct.pack("<H", 3)
    body += struct.pack("<HHI4s", 0xB000, 7, 4, b"0100") + struct.pack("<HHII", 0xB001, 4, 1, count)
    body += struct.pack("<HHII", 0xB002, 7, min(16 * count, 2**32 - 1), 50) + bytes(4) + entry * min(count, 2000)
    return _after_start(segment(0xE2, body))


IMAGES: dict[str, Callable[[], bytes]] = {
    "JPEG of 1x65500": lambda: saved(Image.new("RGB", (1, 65_500)), "JPEG"),
    "JPEG of 65500x1": lambda: saved(Image.new("RGB", (65_500, 1)), "JPEG"),
    "progressive JPEG of 64 megapixels": lambda: saved(Image.new("RGB", (8_000, 8_000)), "JPEG", progressive=True),
    "1,000 empty scans of 8000x8000": lambda: progressive(8_000, 1_000),
    "20,000 empty scans of 256x256": lambda: progressive(256, 20_000),
    "500,000 empty scans of 8x8": lambda: progressive(8, 500_000),
    "EXIF segments, 4 MB": lambda: _much(segment(0xE1, _EXIF + b"A"), 4_000_000),
    "EXIF segments, 20 MB": lambda: _much(segment(0xE1, _EXIF + b"A")),
    "EXIF segments of 64 kB, 20 MB": lambda: _much(segment(0xE1, _EXIF + bytes(65_000))),
    "empty segments, 20 MB": lambda: _much(segment(0xE1)),
    "comments, 20 MB": lambda: _much(segment(0xFE)),
    "empty tables, 20 MB": lambda: _much(segment(0xDB)),
    "Huffman tables, 20 MB": lambda: _much(segment(0xC4, b"\0\1" + bytes(16))),
    "fill bytes, 20 MB": lambda: _much(b"\xff"),
    "restart markers, 20 MB": lambda: _coded(b"\xff\xd0\xff\xd1" * 5_000_000),
    "stuffed pixels, 20 MB": lambda: _coded(b"\xff\0" * 10_000_000),
    "profile of 16 MB": lambda: _profile(255, 65_000),
    "profile that counts 20,000 parts": lambda: _profile(20_000, 100, of=255),
    "profile with a part 0": lambda: _profile(3, 100, first=0),
    "XMP of 60 kB": lambda: _after_start(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + b"<x>" * 20_000)),
    "extended XMP, 18 MB of 2 GB": _extended_xmp,
    "EXIF directory of 65,535 entries": lambda: _exif(
        b"II*\0\x08\0\0\0\xff\xff" + b"\x12\1\3\0\1\0\0\0\6\0\0\0" * 5_000
    ),
    "EXIF that counts four billion": lambda: _exif(_ifd((0x0112, 3, 2**32 - 1, 8))),
    "EXIF with a rational of zero": lambda: _exif(_ifd((0x0112, 5, 1, 26)) + bytes(8)),
    "EXIF with a text for orientation": lambda: _exif(_ifd((0x0112, 2, 4, 0x36363636))),
    "EXIF with directories in a circle": lambda: _exif(
        _ifd((0x8769, 4, 1, 8), (0x8825, 4, 1, 8), (0x0112, 3, 1, 6), following=8)
    ),
    "EXIF of type 255": lambda: _exif(_ifd((0x0112, 255, 1, 6))),
    "EXIF of BigTIFF": lambda: _exif(b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0" + b"\xff" * 40),
    "photo within EXIF": lambda: _exif(plain()),
    "pictures by the million in one JPEG": lambda: _multi(2**31),
    "2,000 pictures in one JPEG": lambda: _multi(2_000),
    "CMYK with Adobe's transform 255": lambda: _ink(b"Adobe\0\x64\0\0\0\0\xff"),
    "CMYK with a short Adobe segment": lambda: _ink(b"Adobe"),
    "CMYK with two Adobe segments": lambda: _after_start(
        segment(0xEE, b"Adobe\0\x64\0\0\0\0\0"), _ink(b"Adobe\0\x64\0\0\0\0\2")
    ),
    "CMYK without Adobe's segment": lambda: _ink(None),
    "no components": lambda: _frame(9, b"\0"),
    "255 components": lambda: _frame(9, b"\xff"),
    "two components": lambda: _frame(9, b"\2"),
    "sampling of 0": lambda: _frame(11, b"\0"),
    "sampling of 15x15": lambda: _frame(11, b"\xff"),
    "no width": lambda: _frame(7, b"\0\0"),
    "8000x8000 in a few bytes": lambda: _frame(5, struct.pack(">HH", 8_000, 8_000)),
    "lossless JPEG": lambda: _marker(0xC3),
    "arithmetic JPEG": lambda: _marker(0xC9),
    "hierarchical JPEG": lambda: _marker(0xC5),
    "two frames": lambda: _scan(plain()[plain().index(b"\xff\xc0") :][:19]),
    "a scan before its frame": lambda: _after_start(segment(0xDA, b"\1\1\0\0\x3f\0") + bytes(40)),
}
