"""What keeps many visitors from filling the memory: each photo's bytes, all photos' number, decoding at once."""

import contextlib
import ctypes
import math
import os
import threading
import time

import streamlit as st

from gemelo.errors import ImageTooLargeError, Message

from .options import Options

# The sides, in pixels, of the picture on a card; two a device pixel.
THUMBNAIL = 320
# Inputs of a photo are kept for other models only where they are as small as this.
KEPT_TENSOR_BYTES = 1 << 20
# Memory is given back once more when something was done so long ago.
QUIET_SECONDS = 2.0
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # malloc.h

# A photo takes up to 520 MB while it is decoded (gemelo/limits.py): so many at a time, whoever sent them.
decoding = threading.BoundedSemaphore(max(1, min(4, os.cpu_count() or 1)))

_used = threading.Event()


def upload_bytes(options: Options) -> int:
    """How large a photo's file may be. Streamlit takes larger ones (`server.maxUploadSize`), so that we can say why."""
    return min(options.max_bytes, int(st.get_option("server.maxUploadSize")) << 20)


def message_bytes(options: Options) -> int:
    """How large a photo's file may be that the browser sends in a message: in base64, it is a third larger there."""
    return min(upload_bytes(options), (int(st.get_option("server.maxMessageSize")) << 20) * 2 // 3)


def check_size(name: str, size: int, most: int) -> None:
    """Refuse a file that is too large, wherever it came from.

    Raises:
        ImageTooLargeError: It is.
    """
    if size > most:
        raise ImageTooLargeError(
            Message("photo.upload", name, megabytes=math.ceil(10 * size / (1 << 20)) / 10, limit=most / (1 << 20)),
            hint=Message("hint.upload-limit"),
        )


def few_heaps() -> None:
    """Keep glibc from giving every session's thread a heap of its own, and photos a place in it that stays."""
    with contextlib.suppress(OSError, AttributeError):  # another C library has neither
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_ARENA_MAX, 2)
        libc.mallopt(_M_MMAP_THRESHOLD, 1 << 16)


def give_back() -> None:
    """Return to the system what decoding took, and once more when the page is drawn."""
    _trim()
    tidy_soon()


def tidy_soon() -> None:
    """Have memory given back when all is quiet."""
    _used.set()


def _trim() -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _tidy() -> None:
    """Heaps of threads that drew pages keep their peak: glibc frees their ends by itself, not what lies between."""
    while _used.wait():
        time.sleep(QUIET_SECONDS)
        _used.clear()
        _trim()


few_heaps()
threading.Thread(target=_tidy, name="gemelo-tidy", daemon=True).start()
