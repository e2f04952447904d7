"""Silence for converters that talk: what they print is kept, and shown only when they fail."""

import contextlib
import errno
import logging
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator

from gemelo.errors import ExportError, GemeloError, StorageError

from .memory import given_back

_NO_ROOM = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EROFS)
# How C++ writers (protobuf, TensorFlow) word the same, where no errno comes through.
_NO_ROOM_WORDS = ("No space left on device", "File too large", "Disk quota exceeded", "system error number 28")
_TAIL = 2000


@contextlib.contextmanager
def quiet() -> Iterator[tempfile.SpooledTemporaryFile[bytes]]:
    """Send file descriptors 1 and 2 (C++ writes there, past `sys.stdout`) into a file that is yielded.

    Python's warnings, logged ones too, are dropped: the converters' are about each other's versions.
    """
    level = logging.root.manager.disable
    with tempfile.SpooledTemporaryFile() as log, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(max(level, logging.WARNING))
        _flush()
        kept = [os.dup(1), os.dup(2)]
        try:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
            yield log
        finally:
            logging.disable(level)
            _flush()
            os.dup2(kept[0], 1)
            os.dup2(kept[1], 2)
            os.close(kept[0])
            os.close(kept[1])


@contextlib.contextmanager
def converting(what: str) -> Iterator[None]:
    """Run a converter in silence, its memory given back; whatever it raises becomes an error of gemelo's.

    Args:
        what: What is being made, for the message: "onnx int8".

    Raises:
        StorageError: The disk is full.
        ExportError: Anything else; its hint ends with the last words of the converter.
    """
    with given_back(), quiet() as log:
        try:
            yield
        except GemeloError:
            raise
        except Exception as exc:  # converters raise anything: protobuf, TensorFlow, onnx, numpy errors
            _flush()
            log.seek(0)
            words = _plain(log.read().decode("utf-8", "replace"))[-_TAIL:]
            raise _translated(what, exc, words) from exc


def _plain(text: str) -> str:
    """Without the progress bars that another thread may have drawn meanwhile."""
    return "\n".join(line for line in re.split(r"[\r\n]+", text) if "\x1b" not in line).strip()


def _translated(what: str, exc: BaseException, words: str) -> GemeloError:
    if _no_room(exc) or any(word in words for word in _NO_ROOM_WORDS):
        return StorageError(
            f"cannot write {what}: {exc}",
            hint="free some space (the temporary folder counts too), or choose another place with --out",
        )
    reason = str(exc).strip().splitlines() or [""]
    return ExportError(f"cannot make {what}: {type(exc).__name__}: {reason[0]}", hint=words or None)


def _no_room(exc: BaseException | None) -> bool:
    """Whether a full disk stands anywhere in the chain of causes."""
    while exc is not None:
        if isinstance(exc, OSError) and exc.errno in _NO_ROOM:
            return True
        if any(word in str(exc) for word in _NO_ROOM_WORDS):
            return True
        exc = exc.__cause__ or exc.__context__
    return False


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
