"""Let every artifact of a trial answer every image, side by side.

Images are prepared once, into a file: thousands of them would fill the memory. An artifact is opened when its turn
comes, and closed when it has answered: no more are open than run at once.
"""

import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, TypeVar

import numpy as np
from numpy.typing import NDArray

from gemelo import runtimes
from gemelo.classifier import open_session, run_session
from gemelo.errors import RuntimeFailure
from gemelo.parallel import cores, side_by_side
from gemelo.parity.report import Failure
from gemelo.parity.subjects import Subject, batches
from gemelo.parity.trial import Answers, Trial
from gemelo.preprocessing.heic import is_heic
from gemelo.progress import Progress, Step
from gemelo.store.bundle import Artifact
from gemelo.store.files import TEMPORARY, storage_errors
from gemelo.store.reference import tensor_sha256

R = TypeVar("R")

# Each holds a model and its feature maps; those of TF.js are the largest, some 300 MB of a network for 224 pixels.
_MOST_AT_ONCE = 3
_BATCH = 16


@dataclass
class _Prepared:
    """The images that could be read, in a file, and what is known of the others."""

    file: IO[bytes]
    shape: tuple[int, int, int]
    subjects: list[Subject] = field(default_factory=list)
    strangers: list[Subject] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    def add(self, chunk: list[Subject], images: NDArray[np.uint8], wrong: list[tuple[Subject, str]]) -> None:
        """Take the images of a chunk of subjects, and those that could not be read."""
        self.unreadable += [reason for _, reason in wrong]
        # Keras was given it, and here it cannot even be read: that is no pass.
        self.strangers += [s for s, _ in wrong if s.expected is not None and not is_heic(s.source)]
        pairs = zip(chunk, map(tensor_sha256, images), strict=True)
        differing = [s for s, digest in pairs if s.tensor_sha256 not in (None, digest)]
        # Decoders of HEIC differ: such a photo is one that Keras never saw.
        heic = [s for s in differing if is_heic(s.source)]
        self.strangers += [s for s in differing if s not in heic]
        self.subjects += [s.without_reference() if s in heic else s for s in chunk]
        with storage_errors(Path(tempfile.gettempdir()), TEMPORARY):
            self.file.write(images.tobytes())
            self.file.flush()

    def batches(self) -> Iterator[NDArray[np.uint8]]:
        """All images in batches, for any thread."""
        size = int(np.prod(self.shape))
        for start in range(0, len(self.subjects), _BATCH):
            count = min(_BATCH, len(self.subjects) - start)
            data = os.pread(self.file.fileno(), count * size, start * size)
            yield np.frombuffer(data, np.uint8).reshape(count, *self.shape)


def answers(trial: Trial, progress: Progress) -> Answers:
    """Run every artifact of a trial on every image that can be read.

    Raises:
        LabelMismatchError: The labels inside an artifact differ from the bundle's.
        MissingDependencyError: A runtime is not installed.
        StorageError: There is no room for the prepared images.
    """
    with tempfile.TemporaryFile(prefix="gemelo.") as file:
        prepared = _prepare(trial, file, progress)
        with progress.step("verifying", len(prepared.subjects) * len(trial.artifacts)) as done:
            found = of_each(trial.artifacts, partial(_answer, trial, prepared, done))
    failures = [row for row in found.values() if isinstance(row, Failure)]
    answered = {name: row for name, row in found.items() if not isinstance(row, Failure) and len(row)}
    expected = _expected(prepared.subjects, answered)
    return Answers(prepared.subjects, expected, answered, prepared.strangers, prepared.unreadable, failures)


def of_each(artifacts: Sequence[Artifact], work: Callable[[Artifact, threading.Event], R]) -> dict[str, R]:
    """{artifact name: what came of the work on it}, in the order of the artifacts; the work is done side by side."""
    # The slowest formats first, so that no core is left without work at the end.
    order = sorted(artifacts, key=lambda artifact: -runtimes.get(artifact.format).ORDER)
    found = side_by_side(work, order, min(cores(), _MOST_AT_ONCE))
    by_name = {artifact.name: result for artifact, result in zip(order, found, strict=True)}
    return {artifact.name: by_name[artifact.name] for artifact in artifacts}


@contextmanager
def opened(trial: Trial, artifact: Artifact, *, reference: bool = False) -> Iterator[runtimes.Session]:
    """A session of this thread alone, closed at the end.

    Raises:
        LabelMismatchError: Its labels are not the bundle's.
        RuntimeFailure: It cannot be loaded.
    """
    with runtimes.apart(artifact.format):
        session = open_session(trial.root, artifact, trial.labels, reference=reference)
        try:
            yield session
        finally:
            session.close()


def _prepare(trial: Trial, file: IO[bytes], progress: Progress) -> _Prepared:
    prepared = _Prepared(file, trial.preprocessing.shape)
    with progress.step("reading photos", len(trial.subjects)) as done:
        for chunk, images, wrong in batches(trial.subjects, trial.preprocessing, max_pixels=trial.max_pixels):
            prepared.add(chunk, images, wrong)
            done(len(chunk) + len(wrong))
    return prepared


def _answer(
    trial: Trial, prepared: _Prepared, done: Step, artifact: Artifact, stopped: threading.Event
) -> NDArray[np.float32] | Failure:
    """The answers of one artifact, or the reason why its runtime stopped."""
    parts: list[NDArray[np.float32]] = []
    try:
        with opened(trial, artifact) as session:
            for images in prepared.batches():
                if stopped.is_set():
                    break
                parts.append(run_session(session, images, artifact))
                done(len(images), artifact.name)
    except RuntimeFailure as exc:
        return Failure(artifact.name, "runtime", [exc.message], exc.hint)
    return np.concatenate(parts) if parts else np.empty((0, 0), np.float32)


def _expected(subjects: list[Subject], answered: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Keras's answers; where it never saw a photo, those of the first fp32 artifact, else of the first artifact."""
    stand_in = next((rows for name, rows in answered.items() if name.endswith("/fp32")), None)
    if stand_in is None:
        stand_in = next(iter(answered.values()), np.empty((0, 0), np.float32))
    rows = [stand_in[i] if s.expected is None else s.expected for i, s in enumerate(subjects)]
    return np.asarray(rows, dtype=np.float32)
