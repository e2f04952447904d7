"""Let every artifact of a trial answer every image, side by side.

Images are prepared once, into a file: thousands of them would fill the memory. An artifact is opened when its turn
comes, and closed when it has answered: no more are open than run at once.
"""

import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TypeVar

import numpy as np
from numpy.typing import NDArray

from gemelo import runtimes
from gemelo.classifier import open_session, run_session
from gemelo.errors import RuntimeFailure
from gemelo.parallel import Beside, cores
from gemelo.parity.report import Failure
from gemelo.parity.subjects import Subject, batches
from gemelo.parity.trial import Answers, Trial
from gemelo.preprocessing.heic import is_heic
from gemelo.progress import Progress, Step, say_nothing
from gemelo.store.bundle import Artifact
from gemelo.store.files import TEMPORARY, storage_errors
from gemelo.store.reference import tensor_sha256

R = TypeVar("R")

# Each holds a model and its feature maps; those of TF.js are the largest, 180 MB of EfficientNet-Lite0 at 224 pixels.
_MOST_AT_ONCE = 3
# Four at once are as quick as sixteen, with a third of the memory; the answers are the same to the bit.
_BATCH = 4


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


class Answering:
    """The answers of artifacts to the images of a trial, side by side. Use it in a `with` block.

    Args:
        trial: Its images are read when the first artifact begins to answer.
    """

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._open = ExitStack()
        file = self._open.enter_context(tempfile.TemporaryFile(prefix="gemelo."))  # noqa: SIM115  closed by __exit__
        self._beside = self._open.enter_context(of_each(self._answer))
        self._reading, self._prepared = threading.Lock(), _Prepared(file, trial.preprocessing.shape)
        self._read, self._done = False, _Done()
        self._begun: list[str] = []

    def __enter__(self) -> "Answering":
        return self

    def __exit__(self, *error: object) -> None:
        self._open.close()

    def begin(self, artifact: Artifact) -> None:
        """Let an artifact answer in the background, on one core of several."""
        self._begun.append(artifact.name)
        self._beside.add(artifact)
        self._beside.start(min(1, cores() - 1))

    def answers(self, artifacts: Sequence[Artifact], progress: Progress) -> Answers:
        """Wait for the answers of all artifacts, which have begun.

        Args:
            artifacts: In the order in which they are reported.
            progress: Where to report to.

        Raises:
            LabelMismatchError: The labels inside an artifact differ from the bundle's.
            MissingDependencyError: A runtime is not installed.
            StorageError: There is no room for the prepared images.
        """
        total = len(self._trial.subjects) * (len(artifacts) + 1)
        with progress.step("verifying", total) as done, self._done.told(done):
            rows = dict(zip(self._begun, self._beside.results(at_once()), strict=True))
        found = {artifact.name: rows[artifact.name] for artifact in artifacts}
        failures = [row for row in found.values() if isinstance(row, Failure)]
        answered = {name: row for name, row in found.items() if not isinstance(row, Failure) and len(row)}
        made = self._prepared
        return Answers(
            made.subjects, _expected(made.subjects, answered), answered, made.strangers, made.unreadable, failures
        )

    def _answer(self, artifact: Artifact, stopped: threading.Event) -> NDArray[np.float32] | Failure:
        """The answers of one artifact, or the reason why its runtime stopped."""
        self._read_once(stopped)
        parts: list[NDArray[np.float32]] = []
        try:
            with opened(self._trial, artifact) as session:
                for images in self._prepared.batches():
                    if stopped.is_set():
                        break
                    parts.append(run_session(session, images, artifact))
                    self._done(len(images), artifact.name)
        except RuntimeFailure as exc:
            return Failure(artifact.name, "runtime", [exc.message], exc.hint)
        self._done(len(self._prepared.unreadable), artifact.name)
        return np.concatenate(parts) if parts else np.empty((0, 0), np.float32)

    def _read_once(self, stopped: threading.Event) -> None:
        trial = self._trial
        with self._reading:
            if self._read or stopped.is_set():
                return
            for chunk, images, wrong in batches(trial.subjects, trial.preprocessing, max_pixels=trial.max_pixels):
                self._prepared.add(chunk, images, wrong)
                self._done(len(chunk) + len(wrong), "reading photos")
                if stopped.is_set():
                    return
            self._read = True


class _Done:
    """What is done is counted until somebody wants to be told."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._step: Step = self._wait

    def __call__(self, done: int = 1, note: str = "") -> None:
        with self._lock:
            self._step(done, note)

    def _wait(self, done: int = 1, note: str = "") -> None:
        self._count += done

    @contextmanager
    def told(self, step: Step) -> Iterator[None]:
        """Report progress to a step from now on, beginning with what is done already."""
        with self._lock:
            step(self._count, "")
            self._step = step
        try:
            yield
        finally:
            self._step = say_nothing


def of_each(work: Callable[[Artifact, threading.Event], R]) -> Beside[Artifact, R]:
    """Work on artifacts side by side, the slowest formats first, so that no core is left without work at the end."""
    return Beside(work, lambda artifact: -runtimes.get(artifact.format).ORDER)


def at_once() -> int:
    """How many artifacts answer at the same time."""
    return min(cores(), _MOST_AT_ONCE)


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


def _expected(subjects: list[Subject], answered: dict[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Keras's answers; where it never saw a photo, those of the first fp32 artifact, else of the first artifact."""
    stand_in = next((rows for name, rows in answered.items() if name.endswith("/fp32")), None)
    if stand_in is None:
        stand_in = next(iter(answered.values()), np.empty((0, 0), np.float32))
    rows = [stand_in[i] if s.expected is None else s.expected for i, s in enumerate(subjects)]
    return np.asarray(rows, dtype=np.float32)
