"""Whether answers say anything: models that give the same answer to every photo agree on nothing."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gemelo.compare.matching import SATURATED
from gemelo.decisions import top1
from gemelo.reports.statistics import SIGNIFICANT, wilson

Rows = NDArray[np.float32]
# Of so few labeled photos, chance explains any accuracy.
_FEW = 8
_LISTED = 20
_CHECK = "the preprocessing is probably wrong: check --scale and --channel-order"


def all_the_same(rows: Rows) -> int | None:
    """The class that all photos are said to be, where all answers are sure of it."""
    chosen = top1(rows)
    return int(chosen[0]) if (chosen == chosen[0]).all() and rows.max(axis=1).min() > SATURATED else None


def notes(rows: dict[str, Rows], labels: Sequence[str], truth: NDArray[np.int64]) -> list[str]:
    """What makes answers worth little, for each model: they are all the same, or no better than chance.

    Args:
        rows: {letter: probabilities}.
        labels: Of the columns.
        truth: The index of the true label of each photo; -1 where it is not known.
    """
    found: dict[str, list[str]] = {}
    for letter, answers in rows.items():
        if told := _told(answers, labels, truth):
            found.setdefault(told, []).append(letter)
    return [_sentence(told, letters, len(rows)) for told, letters in found.items()]


def unlabeled(folders: Sequence[str], classes: int) -> list[str]:
    """What to say where photos lie in a folder for each class and no file has labels.

    Args:
        folders: The name of the folder of each photo.
        classes: That the models tell apart.
    """
    names = sorted(set(folders))
    if len(names) < 2 or "" in names:
        return []
    few = len(names) == classes <= _LISTED and not any("," in name or " " in name for name in names)
    how = f"--labels {','.join(names)}, in the order of the columns," if few else "--labels FILE"
    return [f"the photos lie in {len(names)} folders, but no file has labels: say {how} for accuracy"]


def _sentence(told: str, letters: Sequence[str], models: int) -> str:
    whose = "" if len(letters) == models else f" of {' and '.join(letters)}"
    return f"{told.format(whose=whose)}: {_CHECK}"


def _told(rows: Rows, labels: Sequence[str], truth: NDArray[np.int64]) -> str:
    same, known = all_the_same(rows), truth >= 0
    right = int((top1(rows) == truth)[known].sum())
    if same is not None and len(rows) > 1 and not (known.all() and right == len(rows)):
        name = labels[same].replace("{", "{{").replace("}", "}}")
        return f"all {len(rows)} answers{{whose}} are {name}, with over {SATURATED:g}"
    of, classes = int(known.sum()), len(labels)
    if of >= _FEW and len(set(truth[known].tolist())) > 1 and _is_guessing(right, of, 1 / classes):
        return f"the answers{{whose}} are right for {right} of {of} photos, which is no better than chance"
    return ""


def _is_guessing(right: int, of: int, share: float) -> bool:
    """Whether guesses are right so often, and a classifier that is worth its name is not, few photos or many."""
    return _chance(right, of, share) > SIGNIFICANT and wilson(right / of, of)[1] < (1 + share) / 2


def _chance(right: int, of: int, share: float) -> float:
    """How likely guesses are to be right at least so often."""
    log = math.lgamma
    return math.fsum(
        math.exp(log(of + 1) - log(k + 1) - log(of - k + 1) + k * math.log(share) + (of - k) * math.log1p(-share))
        for k in range(right, of + 1)
    )
