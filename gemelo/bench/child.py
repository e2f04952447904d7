"""One artifact measured in a process of its own: `python -m gemelo.bench.child BUNDLE FORMAT VARIANT SECONDS BATCHES`.

Prints two lines of JSON: one as soon as the first photo is answered, one at the end. Who started it measures the time
to the first: that is the cold start, the interpreter's own included.
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemelo.classifier import Classifier
from gemelo.preprocessing import prepare
from gemelo.store.bundle import Bundle

_WARM_UP = 5


def main(arguments: list[str]) -> None:
    """Answer a golden, say so, then measure."""
    path, format_name, variant, seconds, batches = arguments
    bundle = Bundle.open(path)
    photo = golden(bundle)
    with Classifier(bundle, bundle.artifact(format_name, variant)) as classifier:
        classifier.predict(photo)
        print(json.dumps({"answered": True}), flush=True)
        image = prepare(photo, classifier.preprocessing)
        sizes = [int(size) for size in batches.split(",")]
        print(json.dumps(measured(classifier.probabilities, image, photo, classifier, float(seconds), sizes)))


def golden(bundle: Bundle) -> bytes:
    """The bytes of a photo to answer: the bundle's first golden."""
    return bundle.file(bundle.reference.goldens[0].path).read_bytes()


def measured(
    answer: Callable[[NDArray[np.uint8]], Any],
    image: NDArray[np.uint8],
    photo: bytes,
    classifier: Classifier | None,
    seconds: float,
    batches: list[int],
) -> dict[str, Any]:
    """Time the answers to one image, to one photo from its bytes, and to batches.

    Args:
        answer: Takes uint8 (n, h, w, c).
        image: uint8 (h, w, c).
        photo: The bytes that the image was made of.
        classifier: Answers from bytes; None where nothing does.
        seconds: How long to measure each.
        batches: Sizes of batches.

    Returns:
        `milliseconds` of single images, `photo_milliseconds`, `images_per_second` by size of batch, and `peak_bytes`
        of memory before the batches.
    """
    single = image[None]
    times = repeat(lambda: answer(single), seconds)
    from_bytes = repeat(lambda: classifier.predict(photo), seconds / 2) if classifier is not None else []
    peak = peak_bytes()
    rates = {}
    for size in batches:
        images = np.repeat(single, size, axis=0)
        chunk = repeat(partial(answer, images), seconds / 2)
        rates[str(size)] = 1000 * size / float(np.median(chunk))
    return {
        "milliseconds": times,
        "photo_milliseconds": from_bytes,
        "images_per_second": rates,
        "peak_bytes": peak,
    }


def repeat(work: Callable[[], Any], seconds: float) -> list[float]:
    """Milliseconds of each call, for so many seconds; the first calls are not counted."""
    for _ in range(_WARM_UP):
        work()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while not times or time.perf_counter() < end:
        started = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - started))
    return times


def peak_bytes() -> int:
    """Peak resident memory of this process, and of those that it started and that still run (Node)."""
    # Kilobytes on Linux, bytes on macOS.
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return own + sum(_peak_of(pid) for pid in _children())


def _children() -> list[str]:
    found: list[str] = []
    for listing in Path("/proc/self/task").glob("*/children"):
        found += listing.read_text(encoding="ascii").split()
    return found


def _peak_of(pid: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


if __name__ == "__main__":
    main(sys.argv[1:])
