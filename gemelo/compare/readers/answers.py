"""Answers that some other program wrote down: {"labels": [...], "answers": {"cats/1.jpg": [0.9, 0.1], ...}}."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gemelo.compare.beside import nothing
from gemelo.compare.model import Answers, Facts, Images, Input, Tensor
from gemelo.compare.readers import OpenOptions
from gemelo.errors import GemeloError, ModelError, UsageError
from gemelo.store.files import read_json
from gemelo.store.schema import read

SUMMARY = "answers of another program (JSON)"
_MOST = 64 << 20  # bytes
_EXAMPLE = '{"labels": [...], "answers": {"cats/1.jpg": [0.9, 0.1], ...}}'


@dataclass(frozen=True)
class AnswersFile:
    """The file.

    Attributes:
        answers: {path of a photo, relative to --images: its probabilities or logits}.
        labels: In the order of the columns.
    """

    answers: dict[str, list[float]]
    labels: list[str] | None = None


def recognizes(path: Path) -> bool:
    """Whether it is a JSON file with answers in it."""
    try:
        if path.suffix.lower() != ".json" or not path.is_file() or path.stat().st_size > _MOST:
            return False
        data = path.read_bytes()
        return b'"answers"' in data and b'"modelTopology"' not in data
    except OSError:
        return False


def open(path: Path, options: OpenOptions) -> "RecordedAnswers":  # noqa: ARG001
    """Read a file."""
    try:
        found = read(AnswersFile, read_json(path), path)
    except GemeloError as exc:
        raise ModelError(exc.message, hint=f"a file of answers is {_EXAMPLE}") from exc
    if len({len(row) for row in found.answers.values()}) != 1 or not next(iter(found.answers.values())):
        raise ModelError(f"{path}: its answers have different lengths, or there are none")
    return RecordedAnswers(path, found)


class RecordedAnswers:
    """Answers on disk: a `gemelo.compare.model.Model` that cannot be asked anything else."""

    def __init__(self, path: Path, found: AnswersFile) -> None:
        self._path = path
        self.input = Input("photo", None, None, 3, "NHWC", "float32")
        self.facts = Facts(
            format="answers",
            runtime="written down",
            precision="fp32",
            declared=nothing(),
            labels=None if found.labels is None else tuple(found.labels),
            recorded={name: np.asarray(row, np.float32) for name, row in found.answers.items()},
        )

    def answer(self, images: Images) -> Answers:
        """Refuse: nothing computes here."""
        raise self._refusal()

    def plain(self) -> None:
        """Nothing computes here."""
        return

    def tensors(self, images: Images) -> list[Tensor]:
        """Refuse: nothing computes here."""
        raise self._refusal()

    def close(self) -> None:
        """Nothing is held."""

    def _refusal(self) -> UsageError:
        return UsageError(f"{self._path}: answers that were written down have no layers")
