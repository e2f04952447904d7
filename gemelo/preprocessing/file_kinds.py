"""The kind of a file by its first bytes, never by its name. `web_demo/src/photo/kinds.ts` has the same tables."""

import codecs
from collections.abc import Iterator
from typing import NamedTuple

from gemelo.messages.en import ENGLISH

READ_FORMATS = ENGLISH["hint.formats"]
PHOTO_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF")
# More than the tables look at.
HEAD_BYTES = 1024


class FileKind(NamedTuple):
    """A kind of file that is not read.

    Attributes:
        said: Ends the sentence "this is ...".
        advice: What to do about it, as a key of the table of hints.
        is_photo: Whether such files are photos, which a walk through folders reports and does not pass over.
    """

    said: str
    advice: str = "convert"
    is_photo: bool = False


# Kinds of files that are not read, by what to do about them: `hint.ADVICE` of the catalogue.
_KINDS = {
    "convert": (
        "avif tiff big-tiff jpeg-2000 jpeg-xl jpeg-xr jpeg-ls jpeg-lossless jpeg-arithmetic "
        "jpeg-hierarchical jpeg-12-bit jpeg-channels bmp-header bmp-compression bmp-pixels ios-png icon "
        "cursor photoshop gimp targa pcx netpbm dds openexr radiance qoi fits dicom bpg flif mng svg "
        "metafile pdf postscript djvu not-an-image"
    ),
    "heic": "heic",
    "develop": "raw",
    "unpack": "zip gzip bzip2 xz zstandard rar 7z tar cab",
    "still": "video",
    "choose": "sound office program database hdf5 tflite numpy apple-double xml text",
    "lfs": "git-lfs",
    "download": "web-page",
}
_PHOTOS = frozenset(["avif", "heic", "tiff", "big-tiff", "raw", "jpeg-2000", "jpeg-xl", "jpeg-xr"])

FILE_KINDS = {
    kind: FileKind(ENGLISH[f"kind.{kind}"], advice, kind in _PHOTOS)
    for advice, kinds in _KINDS.items()
    for kind in kinds.split()
}
KIND_HINTS = {advice: ENGLISH[f"hint.{advice}"] for advice in _KINDS}

# Where a kind has its signature, and what that may be; the first row that fits counts.
FILE_SIGNATURES: tuple[tuple[str, int, tuple[bytes, ...]], ...] = (
    ("ios-png", 12, (b"CgBI",)),
    ("JPEG", 0, (b"\xff\xd8\xff",)),
    ("PNG", 0, (b"\x89PNG\r\n\x1a\n",)),
    ("GIF", 0, (b"GIF87a", b"GIF89a")),
    ("raw", 0, (b"II*\0\x10\0\0\0CR\x02", b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0", b"FOVb")),
    ("raw", 6, (b"HEAPCCDR",)),
    ("tiff", 0, (b"II*\0", b"MM\0*")),
    ("big-tiff", 0, (b"II+\0", b"MM\0+")),
    ("jpeg-2000", 0, (b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51")),
    ("jpeg-xl", 0, (b"\0\0\0\x0cJXL \r\n\x87\n", b"\xff\x0a")),
    ("jpeg-xr", 0, (b"II\xbc",)),
    ("targa", 0, (b"\0\0\2\0\0\0\0\0", b"\0\0\3\0\0\0\0\0", b"\0\0\x0a\0\0\0\0\0", b"\0\0\x0b\0\0\0\0\0")),
    ("targa", 0, (b"\0\1\1\0\0", b"\0\1\x09\0\0")),
    ("icon", 0, (b"\0\0\1\0", b"icns")),
    ("cursor", 0, (b"\0\0\2\0",)),
    ("photoshop", 0, (b"8BPS",)),
    ("gimp", 0, (b"gimp xcf",)),
    ("pcx", 0, (b"\x0a\0\1", b"\x0a\2\1", b"\x0a\3\1", b"\x0a\4\1", b"\x0a\5\1")),
    ("netpbm", 0, (b"P1\n", b"P2\n", b"P3\n", b"P4\n", b"P5\n", b"P6\n", b"P7\n", b"P4 ", b"P5 ", b"P6 ")),
    ("dds", 0, (b"DDS ",)),
    ("openexr", 0, (b"v/1\x01",)),
    ("radiance", 0, (b"#?RADIANCE", b"#?RGBE")),
    ("qoi", 0, (b"qoif",)),
    ("fits", 0, (b"SIMPLE  =",)),
    ("dicom", 128, (b"DICM",)),
    ("bpg", 0, (b"BPG\xfb",)),
    ("flif", 0, (b"FLIF",)),
    ("mng", 0, (b"\x8aMNG", b"\x8bJNG")),
    ("metafile", 40, (b" EMF",)),
    ("metafile", 0, (b"\xd7\xcd\xc6\x9a",)),
    ("pdf", 0, (b"%PDF",)),
    ("postscript", 0, (b"%!PS", b"\xc5\xd0\xd3\xc6")),
    ("djvu", 0, (b"AT&TFORM",)),
    ("zip", 0, (b"PK\3\4", b"PK\5\6", b"PK\7\x08")),
    ("gzip", 0, (b"\x1f\x8b",)),
    ("bzip2", 0, (b"BZh",)),
    ("xz", 0, (b"\xfd7zXZ\0",)),
    ("zstandard", 0, (b"\x28\xb5\x2f\xfd",)),
    ("rar", 0, (b"Rar!\x1a\x07",)),
    ("7z", 0, (b"7z\xbc\xaf\x27\x1c",)),
    ("tar", 257, (b"ustar",)),
    ("cab", 0, (b"MSCF",)),
    ("video", 0, (b"\x1a\x45\xdf\xa3", b"FLV\x01", b"\0\0\1\xba", b"\0\0\1\xb3", b"OggS")),
    ("video", 0, (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",)),
    ("sound", 0, (b"ID3", b"fLaC", b"MThd")),
    ("office", 0, (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",)),
    ("program", 0, (b"\x7fELF", b"MZ\x90\0")),
    ("database", 0, (b"SQLite format 3\0",)),
    ("hdf5", 0, (b"\x89HDF\r\n\x1a\n",)),
    ("tflite", 4, (b"TFL3",)),
    ("numpy", 0, (b"\x93NUMPY",)),
    ("apple-double", 0, (b"\0\5\x16\7",)),
    ("git-lfs", 0, (b"version https://git-lfs",)),
)
# The kinds of RIFF at byte 8, and of ISO media files ("ftyp" at byte 4) by the first brand that is known.
RIFF_KINDS = {b"WEBP": "WEBP", b"AVI ": "video", b"WAVE": "sound"}
MEDIA_BRANDS = {
    **dict.fromkeys((b"avif", b"avis"), "avif"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"), "heic"),
    b"crx ": "raw",
    **dict.fromkeys((b"M4A ", b"M4B "), "sound"),
}
_GENERIC_BRANDS = (b"mif1", b"msf1")
_MOVIE_ATOMS = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")

_MOST_BRANDS = 16
_MOST_ENTRIES = 200
# TIFF tags: the kind of picture (1: a small one, the photo is elsewhere), compression, and the version of DNG.
_SUBFILE, _COMPRESSION, _DNG = 254, 259, 50706
_RAW_COMPRESSIONS = (32767, 34713, 65535)  # of Sony, Nikon and Pentax
# JPEG's frames by their marker (ITU-T T.81, table B.1): those that are read are baseline, extended and progressive.
_JPEG_FRAMES = {
    **dict.fromkeys((0xC0, 0xC1, 0xC2), ""),
    **dict.fromkeys((0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF, 0xDE), "jpeg-hierarchical"),
    **dict.fromkeys((0xC9, 0xCA), "jpeg-arithmetic"),
    **dict.fromkeys((0xC3, 0xCB), "jpeg-lossless"),
    0xF7: "jpeg-ls",
}
_MOST_SEGMENTS = 10_000
# BMP: JPEG, PNG, alpha masks and CMYK by Windows; Huffman and 24-bit runs by OS/2.
_BMP_COMPRESSIONS = (4, 5, 6, 11, 12, 13)


def kind_of(data: bytes) -> str:
    """One of `PHOTO_FORMATS`, or a key of `FILE_KINDS`.

    Args:
        data: The file, or its first `HEAD_BYTES`.
    """
    for kind, at, magics in FILE_SIGNATURES:
        if data.startswith(magics, at):
            return "raw" if kind == "tiff" and _is_raw(data) else kind
    if data[:4] == b"RIFF":
        return RIFF_KINDS.get(data[8:12], "not-an-image")
    if data[4:8] == b"ftyp":
        return _media_kind(data)
    if data[:1] == b"\0" and data[4:8] in _MOVIE_ATOMS:
        return "video"
    text = _text(data[:HEAD_BYTES])
    if text is None:
        return "BMP" if data[:2] == b"BM" else "not-an-image"
    return _text_kind(text)


def jpeg_variant(data: bytes) -> str | None:
    """The kind of a JPEG that decoders of photos do not read, or that they do not read alike; None for others."""
    for marker, size, at in _jpeg_segments(data):
        bits, channels = data[at + 4], data[at + 9]
        if marker not in _JPEG_FRAMES or size != 8 + 3 * channels or at + 2 + size > len(data):
            continue
        if kind := _JPEG_FRAMES[marker] or ("jpeg-12-bit" if bits == 12 else ""):
            return kind
        if bits == 8 and channels not in (1, 3, 4):
            return "jpeg-channels"
    return None


def bmp_variant(data: bytes) -> str | None:
    """The kind of a BMP whose header is whole and that is not read; None for others."""
    size, bits = int.from_bytes(data[14:18], "little"), int.from_bytes(data[28:30], "little")
    if size == 16:
        return "bmp-header"
    if size < 40 or len(data) < 14 + size:
        return None
    if int.from_bytes(data[30:34], "little") in _BMP_COMPRESSIONS:
        return "bmp-compression"
    return "bmp-pixels" if bits in (2, 64) else None


def has_bmp_masks(data: bytes) -> bool:
    """Whether a BMP says itself, and whole, which bits of a pixel are which color."""
    size, bits = int.from_bytes(data[14:18], "little"), int.from_bytes(data[28:30], "little")
    masks = 12 if size == 40 else 0
    return bits in (16, 24, 32) and data[30:34] == b"\3\0\0\0" and len(data) >= 14 + size + masks


def _media_kind(data: bytes) -> str:
    """The kind of an ISO media file by its main brand, then by those that it is compatible with."""
    size = min(int.from_bytes(data[:4], "big"), 16 + 4 * _MOST_BRANDS, len(data))
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, size - 3, 4))]
    if brands[0] in MEDIA_BRANDS:
        return MEDIA_BRANDS[brands[0]]
    if brands[0] not in _GENERIC_BRANDS:
        return "video"
    return next((MEDIA_BRANDS[brand] for brand in brands if brand in MEDIA_BRANDS), "heic")


def _is_raw(data: bytes) -> bool:
    """Whether a TIFF's first directory says that it is a camera's raw file: DNG, NEF, ARW, PEF, ..."""
    start = _tiff_number(data, 4, 4)
    entries = min(_tiff_number(data, start, 2), _MOST_ENTRIES)
    for at in range(start + 2, start + 2 + 12 * entries, 12):
        tag, value, short = _tiff_number(data, at, 2), _tiff_number(data, at + 8, 4), _tiff_number(data, at + 8, 2)
        if tag == _DNG or (tag == _SUBFILE and value == 1) or (tag == _COMPRESSION and short in _RAW_COMPRESSIONS):
            return True
    return False


def _tiff_number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little" if data[:1] == b"I" else "big")


def _text(head: bytes) -> str | None:
    """The beginning of a text in UTF-8 or, with a mark, UTF-16; None for anything else."""
    name = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = codecs.getincrementaldecoder(name)().decode(head)
    except UnicodeDecodeError:
        return None
    return None if any(letter < "\t" for letter in text) else text


def _text_kind(text: str) -> str:
    start = text.lstrip(" \t\n\v\f\r").lower()
    if start.startswith(("<!doctype html", "<html", "<head", "<body")):
        return "web-page"
    if not start.startswith(("<?xml", "<!doctype", "<svg")):
        return "text"
    return "svg" if "<svg" in start else "web-page" if "<html" in start else "xml"


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, declared size and place of the segments before a JPEG's first scan, found as Pillow finds them."""
    at = 2
    for _ in range(_MOST_SEGMENTS):
        at = data.find(b"\xff", at)
        if at < 0 or at + 10 > len(data) or data[at + 1] == 0xDA:
            return
        marker = data[at + 1]
        if 0 < marker < 0xC0:
            return
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        yield marker, size, at
        alone = marker in (0, 0xC8, 0xFF) or 0xD0 <= marker <= 0xD9 or 0xF0 <= marker <= 0xFD
        at += (1 if marker == 0xFF else 2) if alone else 2 + size
