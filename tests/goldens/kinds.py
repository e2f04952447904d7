"""Small files of every kind, and what each is: both languages' tables are held to tests/goldens/kinds.json.

`python -m tests.goldens.kinds` writes it anew.
"""

import json
import struct
from pathlib import Path
from typing import Any

from gemelo.preprocessing import file_kinds, photo_files
from gemelo.preprocessing.file_kinds import FILE_KINDS, FILE_SIGNATURES, MEDIA_BRANDS, RIFF_KINDS
from tests.goldens.make import card, saved

EXPECTED = Path(__file__).with_name("kinds.json")


def text(words: str) -> bytes:
    return words.encode()


def tiff(order: str, *entries: tuple[int, int, int]) -> bytes:
    """A TIFF whose first directory has these entries: tag, type (3 short, 4 long), value."""
    rows = b"".join(
        struct.pack(f"{order}HHI" + ("H2x" if kind == 3 else "I"), tag, kind, 1, value) for tag, kind, value in entries
    )
    mark = b"II" if order == "<" else b"MM"
    return mark + struct.pack(f"{order}HIH", 42, 8, len(entries)) + rows + bytes(4)


def media(main: str, *compatible: str) -> bytes:
    """An ISO media file with these brands."""
    brands = b"".join(map(str.encode, compatible))
    return struct.pack(">I", 16 + len(brands)) + b"ftyp" + main.encode() + bytes(4) + brands + bytes(40)


def bmp(size: int, bits: int, compression: int, masks: bytes = b"") -> bytes:
    head = struct.pack("<IiiHHIIiiII", size, 2, 2, 1, bits, compression, 0, 0, 0, 0, 0)
    body = (head + bytes(84))[: max(size, 40)] + masks
    return b"BM" + struct.pack("<IHHI", 14 + len(body) + 64, 0, 0, 14 + len(body)) + body + bytes(64)


def frame(marker: int, bits: int = 8, channels: int = 3) -> bytes:
    """A JPEG whose frame is of another process, depth, or number of channels."""
    data = saved(card(24, 16), "JPEG", quality=40)
    at = data.index(b"\xff\xc0")
    end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    rows = b"".join(bytes([i + 1, 0x11, 0]) for i in range(channels))
    body = struct.pack(">HBHHB", 8 + 3 * channels, bits, 16, 24, channels) + rows
    return data[:at] + bytes([0xFF, marker]) + body + data[end:]


def samples() -> dict[str, tuple[str, bytes]]:
    """{name: (kind, file)}: one file for each signature, and those that are told by more than a signature."""
    rows = {
        f"{kind} {i}{j}": (kind, bytes(at) + magic + b"\1" * 60)
        for i, (kind, at, magics) in enumerate(FILE_SIGNATURES)
        for j, magic in enumerate(magics)
        if kind in FILE_KINDS
    }
    rows |= {
        f"RIFF {name.decode()}": (kind, b"RIFF1234" + name + bytes(40))
        for name, kind in RIFF_KINDS.items()
        if kind in FILE_KINDS
    }
    rows |= {f"brand {name.decode()}": (kind, media(name.decode())) for name, kind in MEDIA_BRANDS.items()}
    rows |= {f"formats {kind}": (kind, saved(card(9, 7), kind)) for kind in file_kinds.PHOTO_FORMATS}
    return rows | _media() | _tiffs() | _texts() | _variants()


def _media() -> dict[str, tuple[str, bytes]]:
    return {
        "HEIF by its main brand alone": ("heic", media("mif1")),
        "AVIF as a HEIF": ("avif", media("mif1", "miaf", "avif")),
        "a sequence of HEIC": ("heic", media("msf1", "hevc")),
        "MP4": ("video", media("isom", "avc1")),
        "QuickTime": ("video", media("qt  ")),
        "QuickTime without brands": ("video", b"\0\0\0\x08wide" + bytes(40)),
        "a text of four letters like an atom": ("text", text("The wide road to town")),
    }


def _tiffs() -> dict[str, tuple[str, bytes]]:
    return {
        "TIFF": ("tiff", tiff("<", (256, 4, 9), (259, 3, 1))),
        "TIFF of a scanner": ("tiff", tiff(">", (254, 4, 0), (259, 3, 5))),
        "TIFF that ends early": ("tiff", b"II*\0\x08\0\0\0\xff\xff"),
        "TIFF without an end": ("tiff", b"MM\0*\xff\xff\xff\xff"),
        "DNG": ("raw", tiff("<", (254, 4, 0), (50706, 4, 0x104))),
        "NEF": ("raw", tiff(">", (254, 4, 1), (259, 3, 1))),
        "PEF": ("raw", tiff(">", (256, 4, 9), (259, 3, 65535))),
    }


def _texts() -> dict[str, tuple[str, bytes]]:
    return {
        "text": ("text", text("a cat sat on the mat\n")),
        "text in Spanish": ("text", text("No es una foto: página no encontrada")),
        "text with a mark": ("text", b"\xef\xbb\xbf" + text("a cat")),
        "text in UTF-16": ("text", "a cat".encode("utf-16")),
        "text in UTF-16, the other way": ("text", b"\xfe\xff" + "a cat".encode("utf-16-be")),
        "text cut within a letter": ("text", text("page ñ")[:-1]),
        "text that begins with BM": ("text", text("BMW is a maker of cars")),
        "one letter": ("text", b"B"),
        "text in Latin-1": ("not-an-image", "página".encode("latin-1")),
        "text with a bell": ("not-an-image", b"a cat\x07"),
        "web page": ("web-page", text("<!DOCTYPE html><title>Página no encontrada</title>")),
        "web page with a mark": ("web-page", b"\xef\xbb\xbf" + text("\n <HTML lang=es>")),
        "XHTML": ("web-page", text('<?xml version="1.0"?><html xmlns="x">')),
        "SVG": ("svg", text("<svg></svg>")),
        "SVG with a head": ("svg", text('<?xml version="1.0"?>\n<!DOCTYPE svg><svg></svg>')),
        "XML": ("xml", text('<?xml version="1.0"?><error>not found</error>')),
        "zeros": ("not-an-image", bytes(99)),
        "one zero": ("not-an-image", b"\0"),
        "a sound that is no RIFF of ours": ("not-an-image", b"RIFF1234ABCD" + bytes(9)),
    }


def _variants() -> dict[str, tuple[str, bytes]]:
    rows = {
        f"JPEG frame {marker:02x}": (kind, frame(marker)) for marker, kind in file_kinds._JPEG_FRAMES.items() if kind
    }
    masks = struct.pack("<III", 0xFF, 0xFF00, 0xFF000000)
    return rows | {
        "JPEG of 12 bits": ("jpeg-12-bit", frame(0xC1, bits=12)),
        "progressive JPEG of 12 bits": ("jpeg-12-bit", frame(0xC2, bits=12)),
        "JPEG of 2 channels": ("jpeg-channels", frame(0xC0, channels=2)),
        "JPEG of 5 channels": ("jpeg-channels", frame(0xC0, channels=5)),
        "BMP of early OS/2": ("bmp-header", bmp(16, 24, 0)),
        "BMP of 2 bits": ("bmp-pixels", bmp(40, 2, 0)),
        "BMP with other masks": ("bmp-pixels", bmp(40, 32, 3, masks)),
        **{f"BMP, compression {i}": ("bmp-compression", bmp(40, 24, i)) for i in file_kinds._BMP_COMPRESSIONS},
    }


def expected() -> dict[str, Any]:
    """What both languages are held to."""
    return {
        "signatures": [[kind, at, [m.hex() for m in magics]] for kind, at, magics in FILE_SIGNATURES],
        "riff": {name.decode(): kind for name, kind in RIFF_KINDS.items()},
        "brands": {name.decode(): kind for name, kind in MEDIA_BRANDS.items()},
        "suffixes": sorted(name[1:] for name in photo_files.SUFFIXES),
        "left": sorted(photo_files.LEFT_BY_SYSTEMS),
        "kinds": {word: list(kind) for word, kind in FILE_KINDS.items()},
        "files": {name: [kind, data.hex()] for name, (kind, data) in samples().items()},
    }


def as_text() -> str:
    value = expected()
    files = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in value.pop("files").items())
    return json.dumps(value, indent=1, ensure_ascii=False)[:-2] + ',\n "files": {\n' + files + "\n }\n}\n"


if __name__ == "__main__":
    EXPECTED.write_text(as_text(), encoding="utf-8")
