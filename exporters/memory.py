"""Memory that converters leave behind, given back to the system."""

import contextlib
import ctypes
import gc
from collections.abc import Iterator

# Of the garbage collector: a full collection after every ten of the youngest generation, where everything that was
# there before is left out of account.
_OFTEN = (700, 5, 1)


@contextlib.contextmanager
def given_back() -> Iterator[None]:
    """Collect garbage often within it, and return free memory to the system at its end.

    tf2onnx copies a graph with its weights some fifty times, and the copies hold each other. Python looks for such
    garbage seldom where TensorFlow's million objects would have to be looked through: a conversion took 0.9 GB.
    """
    usual = gc.get_threshold()
    gc.freeze()
    gc.collect()
    gc.set_threshold(*_OFTEN)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
        gc.collect()
        gc.unfreeze()
        _trim()


def _trim() -> None:
    """Have the C library return what was freed; only glibc keeps it and can be asked to."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
