"""Kinds of files: their MIME types, and which of them are worth packing."""

import gzip
from pathlib import PurePosixPath

# Types that packing makes smaller; photos and icons are packed already.
_TYPES = {
    ".html": ("text/html; charset=utf-8", True),
    ".js": ("text/javascript; charset=utf-8", True),
    ".mjs": ("text/javascript; charset=utf-8", True),
    ".css": ("text/css; charset=utf-8", True),
    ".json": ("application/json", True),
    ".webmanifest": ("application/manifest+json", True),
    ".txt": ("text/plain; charset=utf-8", True),
    ".md": ("text/plain; charset=utf-8", True),
    ".ts": ("text/plain; charset=utf-8", True),
    ".svg": ("image/svg+xml", True),
    ".wasm": ("application/wasm", True),
    ".onnx": ("application/octet-stream", True),
    ".ort": ("application/octet-stream", True),
    ".tflite": ("application/octet-stream", True),
    ".bin": ("application/octet-stream", True),
    ".png": ("image/png", False),
    ".jpg": ("image/jpeg", False),
    ".jpeg": ("image/jpeg", False),
    ".webp": ("image/webp", False),
    ".bmp": ("image/bmp", True),
    ".gif": ("image/gif", False),
    ".ico": ("image/x-icon", False),
}
_OTHER = ("application/octet-stream", False)
_LEVEL = 6
# A packet or so: less is not worth the work.
_SMALLEST = 1000


def media_type(path: str) -> str:
    """The media type of a file, for the browser."""
    return _type(path)[0]


def gzipped(path: str, data: bytes) -> bytes | None:
    """The bytes packed by gzip, always the same for the same bytes; None where that gains nothing.

    Args:
        path: The file's name, which tells its kind.
        data: What is in it.
    """
    if not _type(path)[1] or len(data) <= _SMALLEST:
        return None
    packed = gzip.compress(data, _LEVEL, mtime=0)
    return packed if len(packed) < len(data) else None


def _type(path: str) -> tuple[str, bool]:
    return _TYPES.get(PurePosixPath(path).suffix.lower(), _OTHER)
