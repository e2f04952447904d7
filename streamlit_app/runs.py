"""The run that a bundle came from, where it is on this disk, and what it knows of its own mistakes."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st

from gemelo.decisions import top1
from gemelo.errors import GemeloError
from gemelo.store.bundle import Bundle
from gemelo.store.files import safe_join, sha256_bytes, sha256_file
from gemelo.store.reference import ReferenceImage, name_in
from gemelo.store.run import MANIFEST, Run

from .models import ROOT
from .options import Options

BINS = 15
# Larger files are not read only to be shown small.
MOST_BYTES = 32 << 20


@dataclass(frozen=True)
class Mistake:
    """A test photo with another label than it should have.

    Attributes:
        image: What Keras answered to it.
        true, said: Indices of the labels.
        sure: How probable the wrong one was.
        photo: Its bytes; None where the photo is not here, or was changed.
    """

    image: ReferenceImage
    true: int
    said: int
    sure: float
    photo: bytes | None


def find_run(bundle: Bundle, options: Options) -> Run | None:
    """The run whose record is the bundle's, byte for byte; None where it was not found, or is broken."""
    name = name_in(bundle.files)
    wanted = sha256_file(bundle.file(name))
    for folder in _folders(options):
        record = folder / name
        with contextlib.suppress(OSError, GemeloError):
            if sha256_file(record) == wanted:
                return _open(str(folder), str((folder / MANIFEST).stat().st_mtime_ns))
    return None


@st.cache_resource(max_entries=8, show_spinner=False)
def _open(path: str, stamp: str) -> Run:
    del stamp  # a part of the key
    return Run.open(path)


def reliability(images: list[ReferenceImage]) -> list[dict[str, float]]:
    """How often Keras was right when it was so sure, in 15 bins of equal width; empty ones are left out.

    Guo et al. 2017, "On calibration of modern neural networks". A bin holds (low, high], as there.
    """
    known = [image for image in images if image.label is not None]
    if not known:
        return []
    probabilities = np.stack([image.probabilities for image in known])
    sure = probabilities.max(axis=1).astype(np.float64)
    right = top1(probabilities) == np.array([image.label for image in known])
    place = np.clip(np.ceil(sure * BINS).astype(int) - 1, 0, BINS - 1)
    return [
        {
            "count": int((place == i).sum()),
            "confidence": float(sure[place == i].mean()),
            "accuracy": float(right[place == i].mean()),
        }
        for i in range(BINS)
        if (place == i).any()
    ]


def mistakes(images: list[ReferenceImage], run: Run | None, most: int = 12) -> list[Mistake]:
    """Test photos with a wrong label, the surest first."""
    wrong = [image for image in images if image.label not in (None, int(top1(image.probabilities)))]
    wrong.sort(key=lambda image: -float(image.probabilities.max()))
    root = None if run is None else Path(run.manifest.dataset.root)
    return [
        Mistake(
            image,
            int(image.label or 0),
            int(top1(image.probabilities)),
            float(image.probabilities.max()),
            _photo(root, image),
        )
        for image in wrong[:most]
    ]


def _photo(root: Path | None, image: ReferenceImage) -> bytes | None:
    """The very photo that Keras was given, or nothing."""
    if root is None:
        return None
    with contextlib.suppress(OSError, GemeloError, ValueError):
        path = safe_join(root, image.path)
        if path.is_file() and path.stat().st_size <= MOST_BYTES:
            data = path.read_bytes()
            return data if sha256_bytes(data) == image.sha256 else None
    return None


def _folders(options: Options) -> Iterator[Path]:
    if options.runs:
        yield from options.runs
        return
    for place in dict.fromkeys((Path.cwd().resolve(), ROOT)):
        with contextlib.suppress(OSError):
            yield from sorted(path for path in (place / "runs").iterdir() if path.is_dir())
