"""What was found when models were compared: what compare.json holds."""

from dataclasses import dataclass, field
from typing import ClassVar

from gemelo.store.schema import OMITTED, UNWRITTEN

SCHEMA = 1
# So few photos are not enough for a cause that is fitted to the answers, such as another order of the labels.
ENOUGH = 8


def counted(photos: int) -> str:
    """`1 photo`, `12 photos`."""
    return f"{photos} photo{'' if photos == 1 else 's'}"


@dataclass(frozen=True)
class SideRow:
    """One model.

    Attributes:
        letter: `A`, `B`, ...
        path: As it was given.
        format, runtime, precision: What it is, and what ran it.
        preprocessing: How it was fed, in words.
        output: What it answers with: `probabilities`, `sigmoid`, `logits` or `scores`.
        accuracy: Share of the photos in folders named like labels that it gets right; None where there are none.
        notes: What was assumed.
    """

    letter: str
    path: str
    format: str
    runtime: str
    precision: str
    preprocessing: str
    output: str
    accuracy: float | None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Change:
    """A photo whose label changed.

    Attributes:
        image: Its path in the folder.
        expected, answered: The labels of A and of the other.
        margin: How far A's first two probabilities are apart.
        difference: The largest difference of this photo's probabilities.
        label: The true one, where the folder says so.
    """

    image: str
    expected: str
    answered: str
    margin: float
    difference: float
    label: str | None = None


@dataclass(frozen=True)
class Cause:
    """Where a difference comes from.

    Attributes:
        stage: `scale`, `channel order`, `filter`, `fit`, `EXIF`, `layout`, `labels`, `softmax`, `runtime`, ...
        sentence: What was found, with the evidence.
        before, after: The largest difference of a probability without and with the remedy; None where nothing was
            tried, for the file itself says it.
        option: What would take it away, as an option of `gemelo compare`; empty where none would.
    """

    stage: str
    sentence: str
    before: float | None = None
    after: float | None = None
    option: str = ""


@dataclass(frozen=True)
class Place:
    """A tensor of one of the models.

    Attributes:
        name, kind: The model's own.
        low, high: Its smallest and its largest value.
    """

    name: str
    kind: str
    low: float
    high: float


@dataclass(frozen=True)
class Departure:
    """Where two models depart.

    Attributes:
        sentence: In words.
        here: The first tensor of the other model that has no counterpart in A; None where all of them have one.
        there: What stands in A in its place, as far as that can be told.
        last: The last tensor on which both agree.
        matched, tensors: How many tensors of the other model have a counterpart, of how many.
        difference: Between both at that place, as a share of A's range.
        saturated: Share of the values at the end of an 8-bit range.
        notes: Whether looking inside changed the answers.
    """

    sentence: str
    here: Place | None
    there: Place | None
    last: Place | None
    matched: int
    tensors: int
    difference: float | None = None
    saturated: float | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Pair:
    """One model compared with A.

    Attributes:
        letter: Of the model.
        photos: How many both answered.
        max_difference, mean_difference: Of a probability.
        changes: Every photo whose label changed, those that A was surest of first.
        accuracy_drop: A's accuracy less this one's, in points of 100; None where nothing is labeled.
        tolerance: The limits, in words.
        passed: Whether they held.
        reasons: Why not.
        cause: The stage that the difference comes from; None where it was not looked for, or not found.
        departure: The layer; None where it was not asked for.
        looked: Whether the cause was looked for; not written.
    """

    letter: str
    photos: int
    max_difference: float
    mean_difference: float
    changes: list[Change]
    accuracy_drop: float | None
    tolerance: str
    passed: bool
    reasons: list[str]
    cause: Cause | None = field(default=None, metadata=OMITTED)
    departure: Departure | None = field(default=None, metadata=OMITTED)
    looked: bool = field(default=False, metadata=UNWRITTEN)

    @property
    def unexplained(self) -> str:
        """What is said where no suspect is the cause; empty where one is, or none was looked for."""
        if self.cause is not None or self.passed or not self.looked:
            return ""
        if self.photos < ENOUGH:
            return f"only {counted(self.photos)}: not enough to name a cause of {self.letter}"
        told = f"none of the usual suspects explains {self.letter}"
        return told if self.departure else f"{told}: --layers finds the layer at which it departs"

    @property
    def told(self) -> list[str]:
        """Why they differ, most important first: the cause with what would take it away, and the layer."""
        found = [f"{self.cause.stage}: {self.cause.sentence}"] if self.cause else [self.unexplained]
        found += [f"try {self.cause.option}"] if self.cause and self.cause.option else []
        found += [self.departure.sentence] if self.departure else []
        return [text for text in found if text]


@dataclass(frozen=True)
class CompareReport:
    """compare.json.

    Attributes:
        photos: How many were compared.
        labels: In the order of A's columns; made up where no file has any.
        sides: The models; the first is the reference.
        pairs: Each of the others, compared with it.
        failures: {letter: why it gave no answer}.
        notes: What was passed over or left out.
        pictures: {photo: data URL}; in compare.html alone.
    """

    DERIVED: ClassVar = ("passed",)

    schema: int = field(default=SCHEMA, init=False, repr=False)
    photos: int
    labels: list[str]
    sides: list[SideRow]
    pairs: list[Pair]
    failures: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    pictures: dict[str, str] = field(default_factory=dict, metadata=UNWRITTEN)

    @property
    def passed(self) -> bool:
        """Whether every model answered, and none is outside its tolerance."""
        return not self.failures and all(pair.passed for pair in self.pairs)

    @property
    def changed(self) -> dict[str, list[tuple[str, Change]]]:
        """{photo: (letter, change) of each model that gives it another label}, those that A was surest of first."""
        found: dict[str, list[tuple[str, Change]]] = {}
        for pair in self.pairs:
            for change in pair.changes:
                found.setdefault(change.image, []).append((pair.letter, change))
        return dict(sorted(found.items(), key=lambda row: -row[1][0][1].margin))
