"""Memory: whether a converter will find enough, and what it leaves behind, given back to the system."""

import contextlib
import ctypes
import gc
from collections.abc import Iterator
from pathlib import Path

from gemelo.errors import ExportError

# Of the garbage collector: a full collection after every ten of the youngest generation, where everything that was
# there before is left out of account.
_OFTEN = (700, 5, 1)


def need(copies: float, weights: int, what: str) -> None:
    """Refuse a conversion that the system would end, and the whole export with it.

    Args:
        copies: How often the converter holds the weights at once, as measured.
        weights: Bytes of all weights.
        what: Is made, for the message: "tfjs/fp32".

    Raises:
        ExportError: It takes more memory than there is.
    """
    wanted, free = copies * weights, available()
    if free is not None and wanted > free:
        raise ExportError(
            f"{what}: converting {weights / 1e6:,.0f} MB of weights takes about {wanted / 1e9:.1f} GB of memory, "
            f"of which {free / 1e9:.1f} GB are left",
            hint="close other programs, or export it on a computer with more memory",
        )


def available() -> int | None:
    """Bytes that programs can still have; None where the system does not say."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/meminfo").read_text("ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return None


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
