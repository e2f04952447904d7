"""What was found when twins were held against Keras."""

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from gemelo.files import atomic_write, write_json
from gemelo.parity.gates import Gate


@dataclass(frozen=True)
class Flip:
    """An image whose top-1 label is not Keras's.

    Attributes:
        image: Its path.
        expected, answered: The two labels.
        margin: How far Keras's first two probabilities are apart: a small one is a photo on the fence.
        difference: Largest difference of this image's probabilities.
    """

    image: str
    expected: str
    answered: str
    margin: float
    difference: float


@dataclass(frozen=True)
class Blame:
    """Where a difference comes from, measured by swapping one stage at a time on the worst images.

    Attributes:
        contract: Images whose input bytes are not those that Keras was given.
        conversion: Largest difference between Keras and the fp32 twin, run without optimisations.
        quantisation: Between the fp32 twin and this one, both without optimisations; None without an fp32 twin.
        runtime: Between this twin with the runtime's optimisations and without.
    """

    contract: int
    conversion: float | None
    quantisation: float | None
    runtime: float | None

    @property
    def culprit(self) -> str:
        """The stage to look at first."""
        if self.contract:
            return "contract"
        parts = {"conversion": self.conversion, "quantisation": self.quantisation, "runtime": self.runtime}
        known = {name: value for name, value in parts.items() if value is not None}
        return max(known, key=lambda name: known[name]) if known else "unknown"


@dataclass(frozen=True)
class ArtefactParity:
    """One artefact against Keras.

    Attributes:
        format, variant: Which.
        runtime, version: What ran it.
        images: How many, goldens and photos.
        photos: How many of them were photos.
        max_abs_difference: Of probabilities, over all images and classes.
        top1_agreement: Share of images with Keras's label.
        accuracy: Of this artefact on labelled photos; None without any.
        accuracy_drop: Keras's accuracy less this one's, in points of 100.
        passed: Whether the gate held.
        reasons: Why not; empty when it passed.
        flips: Every flip.
        blame: Where the difference comes from.
        goldens: What it answered on the goldens: what it is held to on other machines.
    """

    format: str
    variant: str
    runtime: str
    version: str
    images: int
    photos: int
    max_abs_difference: float
    top1_agreement: float
    accuracy: float | None
    accuracy_drop: float | None
    gate: Gate
    passed: bool
    reasons: list[str]
    flips: list[Flip]
    blame: Blame | None = None
    goldens: list[list[float]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Format and variant: `onnx/fp32`."""
        return f"{self.format}/{self.variant}"

    def summary(self) -> dict[str, Any]:
        """The part of it that stands in the bundle's manifest."""
        keys = ("runtime", "images", "max_abs_difference", "top1_agreement", "accuracy", "accuracy_drop", "passed")
        return {key: getattr(self, key) for key in keys}

    def with_blame(self, blame: Blame) -> "ArtefactParity":
        """The same with its blame."""
        return replace(self, blame=blame)

    def to_json(self) -> dict[str, Any]:
        """As it stands in parity.json."""
        row = asdict(self)
        if self.blame is not None:
            row["blame"]["culprit"] = self.blame.culprit
        return row


@dataclass(frozen=True)
class ParityReport:
    """All artefacts of a bundle against Keras.

    Attributes:
        name: The bundle's.
        labels: In index order.
        keras_accuracy: On the same labelled photos; None without any.
        goldens, photos: How many images of each kind.
        unrecorded: How many of the photos Keras never saw: there the fp32 twin stands in for it.
        artefacts: One entry each.
        notes: What could not be checked, and why.
    """

    name: str
    labels: list[str]
    keras_accuracy: float | None
    goldens: int
    photos: int
    unrecorded: int
    artefacts: list[ArtefactParity]
    notes: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether every artefact passed."""
        return all(artefact.passed for artefact in self.artefacts)

    def to_json(self) -> dict[str, Any]:
        """As it stands in parity.json."""
        rows = [artefact.to_json() for artefact in self.artefacts]
        return {"schema": 1, **asdict(self), "artefacts": rows, "passed": self.passed}

    def save(self, json_path: Path, html_path: Path) -> None:
        """Write parity.json and parity.html.

        Raises:
            StorageError: The disk is full or may not be written to.
        """
        from gemelo.parity.html import render

        write_json(json_path, self.to_json())
        atomic_write(html_path, render(self).encode("utf-8", "backslashreplace"))
