"""Mutated images: `mutated(seed, number)` is the same bytes every time.

The bases are the goldens, the odd photos that decoders differ on, and small drawings. A mutation knows
the parts of its file (segments, chunks, blocks) and mends checksums, so that the damage reaches the decoder.
"""

import functools
import random
import struct
import zlib
from collections.abc import Callable

import numpy as np

from gemelo.synthetic import draw_photo
from tests.browser.odd_photos import ODD_PHOTOS
from tests.goldens import make, png
from tests.goldens.make import saved

Parts = list[bytes]
Mutator = Callable[[bytes, random.Random], bytes]
EXTREMES = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
_PNG_NAMES = (
    b"IDAT",
    b"PLTE",
    b"tRNS",
    b"gAMA",
    b"iCCP",
    b"eXIf",
    b"zTXt",
    b"tEXt",
    b"iTXt",
    b"acTL",
    b"fcTL",
    b"fdAT",
)
_WEBP_NAMES = (b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"EXIF", b"ICCP", b"XMP ")


@functools.cache
def bases() -> list[tuple[str, bytes]]:
    """Whole and odd files of all five kinds, by name."""
    found = [(path.name, path.read_bytes()) for path in sorted(make.IMAGES.iterdir())]
    found += [(name, photo()) for name, photo in ODD_PHOTOS.items()]
    drawing = draw_photo("dogs", np.random.default_rng(7), shape=(120, 90))
    for format in ("JPEG", "PNG", "WEBP", "BMP", "GIF"):
        found += [(f"drawing in {format}", saved(drawing, format))] * 4
    return found


def mutated(seed: int, number: int) -> tuple[str, bytes]:
    """What was done, and the file."""
    rng = random.Random(f"{seed}:{number}")
    name, data = rng.choice(bases())
    told = [name]
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        own = _OWN.get(_kind(data), ())
        mutator = rng.choice(own) if own and rng.random() < 0.6 else rng.choice(_ANY)
        data = mutator(data, rng)
        told.append(mutator.__name__.strip("_"))
    return ", ".join(told), data


def _kind(data: bytes) -> str:
    heads = {b"\xff\xd8": "JPEG", b"\x89PN": "PNG", b"RIFF": "WEBP", b"BM": "BMP", b"GIF": "GIF"}
    return next((kind for head, kind in heads.items() if data.startswith(head)), "")


# Of any file


def _flip_bits(data: bytes, rng: random.Random) -> bytes:
    found = bytearray(data)
    for _ in range(rng.choice((1, 2, 8, 32)) if found else 0):
        found[rng.randrange(len(found))] ^= 1 << rng.randrange(8)
    return bytes(found)


def _damage_header(data: bytes, rng: random.Random) -> bytes:
    found = bytearray(data)
    for _ in range(rng.choice((1, 2, 4)) if found else 0):
        found[rng.randrange(min(len(found), 160))] = rng.randrange(256)
    return bytes(found)


def _extreme_field(data: bytes, rng: random.Random) -> bytes:
    form = rng.choice(("<H", ">H", "<I", ">I", "B"))
    size = struct.calcsize(form)
    if len(data) <= size:
        return data
    at = rng.randrange(min(len(data) - size, rng.choice((64, 1024, len(data)))) + 1)
    return data[:at] + struct.pack(form, rng.choice(EXTREMES) & (256**size - 1)) + data[at + size :]


def _truncate(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _cut_out(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + data[at + rng.choice((1, 2, 4, 100)) :]


def _repeat(data: bytes, rng: random.Random) -> bytes:
    at, size = rng.randrange(len(data) + 1), rng.choice((1, 4, 64, 1000))
    return data[:at] + data[at : at + size] * rng.choice((2, 3, 50)) + data[at + size :]


def _insert(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice((rng.randbytes(rng.randrange(1, 64)), bytes(100), b"\xff" * 100)) + data[at:]


def _splice(data: bytes, rng: random.Random) -> bytes:
    other = rng.choice(bases())[1]
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other)) :]


_ANY: tuple[Mutator, ...] = (
    _flip_bits, _damage_header, _extreme_field, _extreme_field, _truncate, _cut_out, _repeat, _insert, _splice,
)  # fmt: skip


# Of parts


def _of_parts(split: Callable[[bytes], Parts], change: Callable[[bytes, random.Random], bytes]) -> Mutator:
    """Lose, repeat, exchange or change one of a file's parts; the first is its signature."""

    def parts_changed(data: bytes, rng: random.Random) -> bytes:
        head, *parts = split(data)
        if not parts:
            return data
        at, other = rng.randrange(len(parts)), rng.randrange(len(parts))
        how = rng.choice(("lose", "repeat", "exchange", "change", "change", "change", "foreign"))
        if how == "lose":
            del parts[at]
        elif how == "repeat":
            parts[at:at] = [parts[at]] * rng.choice((1, 2, 40))
        elif how == "exchange":
            parts[at], parts[other] = parts[other], parts[at]
        elif how == "foreign":
            stranger = rng.choice([each for _, each in bases() if _kind(each) == _kind(data)] or [data])
            parts.insert(at, rng.choice(split(stranger)[1:] or [b""]))
        else:
            parts[at] = change(parts[at], rng)
        return head + b"".join(parts)

    return parts_changed


def _segments(data: bytes) -> Parts:
    found, at = [data[:2]], 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] not in (0xD9, 0xFF):
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        end = data.find(b"\xff\xd9", at) if data[at + 1] == 0xDA else at + 2 + length
        end = end if end > at else len(data)
        found.append(data[at:end])
        at = end
    return [*found, data[at:]]


def _change_segment(part: bytes, rng: random.Random) -> bytes:
    if rng.random() < 0.3 and len(part) > 2:  # another kind of segment
        return part[:1] + bytes([rng.choice((*range(0xC0, 0xD0), 0xDA, 0xDB, 0xDD, 0xE0, 0xE1, 0xEE))]) + part[2:]
    body = rng.choice((_flip_bits, _extreme_field, _truncate, _repeat))(part[4:], rng)
    length = len(body) + 2 if rng.random() < 0.7 else rng.choice(EXTREMES)
    return part[:2] + struct.pack(">H", length & 0xFFFF) + body


def _png_chunks(data: bytes) -> Parts:
    found, at = [data[:8]], 8
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        found.append(data[at:end])
        at = end
    return found


def _change_png_chunk(part: bytes, rng: random.Random) -> bytes:
    name, body = part[4:8], part[8:-4]
    if name == b"IDAT" and rng.random() < 0.6:
        try:
            raw = zlib.decompressobj().decompress(body, 1 << 20)
            body = zlib.compress(rng.choice((_flip_bits, _truncate, _repeat, _cut_out))(raw, rng))
        except zlib.error:
            body = _flip_bits(body, rng)
    elif rng.random() < 0.2:
        name = rng.choice(_PNG_NAMES)
    else:
        body = rng.choice((_flip_bits, _extreme_field, _truncate, _repeat))(body, rng)
    return png.chunk(name, body)


def _webp_chunks(data: bytes) -> Parts:
    found, at = [data[:12]], 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        found.append(data[at : at + 8 + size + (size & 1)])
        at += 8 + size + (size & 1)
    return found


def _change_webp_chunk(part: bytes, rng: random.Random) -> bytes:
    name = rng.choice(_WEBP_NAMES) if rng.random() < 0.2 else part[:4]
    body = rng.choice((_flip_bits, _damage_header, _extreme_field, _truncate, _repeat))(part[8:], rng)
    size = len(body) if rng.random() < 0.7 else rng.choice(EXTREMES)
    return name + struct.pack("<I", size) + body + bytes(len(body) & 1)


def _gif_blocks(data: bytes) -> Parts:
    """Cut before every introducer of a block; some cuts hit the pixels, which does no harm here."""
    palette = 3 << (data[10] & 7) + 1 if len(data) > 10 and data[10] & 0x80 else 0
    at, found = 13 + palette, [data[: 13 + palette]]
    while at < len(data):
        end = min((i for i in (data.find(b"!", at + 1), data.find(b",", at + 1)) if i > 0), default=len(data))
        found.append(data[at:end])
        at = end
    return found


def _bmp_parts(data: bytes) -> Parts:
    size = int.from_bytes(data[14:18], "little")
    at = 14 + (size if size < 200 else 40)
    pixels = max(at, min(len(data), int.from_bytes(data[10:14], "little")))
    return [data[:14], data[14:at], data[at:pixels], data[pixels:]]


def _change_any(part: bytes, rng: random.Random) -> bytes:
    return rng.choice((_flip_bits, _damage_header, _extreme_field, _truncate, _repeat, _insert))(part, rng)


_OWN: dict[str, tuple[Mutator, ...]] = {
    "JPEG": (_of_parts(_segments, _change_segment),),
    "PNG": (_of_parts(_png_chunks, _change_png_chunk),),
    "WEBP": (_of_parts(_webp_chunks, _change_webp_chunk),),
    "GIF": (_of_parts(_gif_blocks, _change_any),),
    "BMP": (_of_parts(_bmp_parts, _change_any),),
}
