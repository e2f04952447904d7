"""What keeps many visitors from filling the memory: each photo's bytes, all photos' number, decoding at once."""

import contextlib
import ctypes
import os
import threading

import streamlit as st

from gemelo.errors import ImageTooLargeError

# The sides, in pixels, of the picture on a card; two a device pixel.
THUMBNAIL = 320
# Inputs of a photo are kept for other models only where they are as small as this.
KEPT_TENSOR_BYTES = 1 << 20
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # malloc.h

# A photo of 64 megapixels takes some 400 MB while it is decoded: so many at a time, whoever sent them.
decoding = threading.BoundedSemaphore(max(1, min(4, os.cpu_count() or 1)))


def upload_bytes() -> int:
    """How large a photo's file may be: what `--server.maxUploadSize` says."""
    return int(st.get_option("server.maxUploadSize")) << 20


def check_size(name: str, size: int) -> None:
    """Refuse a file that is too large, wherever it came from.

    Raises:
        ImageTooLargeError: It is.
    """
    if size > upload_bytes():
        raise ImageTooLargeError(
            f"{name}: {size / 1e6:.1f} MB, the limit is {upload_bytes() >> 20} MB",
            hint="scale it down, or raise the limit with --server.maxUploadSize",
        )


def few_heaps() -> None:
    """Keep glibc from giving every session's thread a heap of its own, and photos a place in it that stays."""
    with contextlib.suppress(OSError, AttributeError):  # another C library has neither
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_ARENA_MAX, 2)
        libc.mallopt(_M_MMAP_THRESHOLD, 1 << 16)


def give_back() -> None:
    """Return to the system what decoding took."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


few_heaps()
