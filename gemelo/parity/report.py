"""What was found when artifacts were held against Keras."""

from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Annotated, ClassVar

from gemelo.parity.gates import Gate
from gemelo.store.bundle import ParityRow
from gemelo.store.files import atomic_write, write_json
from gemelo.store.manifest import SCHEMA
from gemelo.store.schema import OMITTED, UNWRITTEN, one_of


@dataclass(frozen=True)
class LabelChange:
    """An image whose top-1 label is not Keras's.

    Attributes:
        image: Its path.
        expected, answered: The two labels.
        margin: How far Keras's first two probabilities are apart: a small one is a photo on the fence.
        difference: Largest difference of this image's probabilities.
        golden: Whether it is one of the generated images.
    """

    image: str
    expected: str
    answered: str
    margin: float
    difference: float
    golden: bool = False


@dataclass(frozen=True)
class Attribution:
    """Where a difference comes from, measured by swapping one stage at a time on the worst images.

    Attributes:
        preprocessing: Images whose input bytes are not those that Keras was given.
        conversion: Largest difference between Keras and the fp32 artifact, run without optimizations.
        quantization: Between the fp32 artifact and this one, both without optimizations; None without an fp32 artifact.
        runtime: Between this artifact with the runtime's optimizations and without.
    """

    DERIVED: ClassVar = ("culprit",)

    preprocessing: int
    conversion: float | None
    quantization: float | None
    runtime: float | None

    @property
    def culprit(self) -> str:
        """The stage to look at first."""
        if self.preprocessing:
            return "preprocessing"
        parts = {"conversion": self.conversion, "quantization": self.quantization, "runtime": self.runtime}
        known = {name: value for name, value in parts.items() if value is not None}
        return max(known, key=lambda name: known[name]) if known else "unknown"


@dataclass(frozen=True)
class ArtifactParity:
    """One artifact against Keras.

    Attributes:
        format, variant: Which.
        runtime, version: What ran it.
        images: How many, goldens and photos.
        photos: How many of them were photos.
        counted: How many the gate looks at: of a quantized artifact the photos, where there are any.
        max_abs_difference: Of probabilities, over all images and classes.
        top1_agreement: Share of the counted images with Keras's label.
        accuracy: Of this artifact on labeled photos; None without any.
        accuracy_drop: Keras's accuracy less this one's, in points of 100.
        gate: The limits that apply to it.
        decisive: How many of the counted images changed their label where the reference's margin is over the gate's.
        allowed: How many of those are allowed; None where the gate does not look at labels.
        passed: Whether the gate held.
        reasons: Why not; empty when it passed.
        needed: {key of `--gate`: the limit that would have held}; empty when it passed.
        label_changes: Every label change, the goldens' too.
        attribution: Where the difference comes from.
        goldens: What it answered on the goldens: what it is compared with on other machines.
    """

    format: str
    variant: str
    runtime: str
    version: str
    images: int
    photos: int
    counted: int
    max_abs_difference: float
    top1_agreement: float
    accuracy: float | None
    accuracy_drop: float | None
    gate: Gate
    decisive: int
    allowed: int | None
    passed: bool
    reasons: list[str]
    needed: dict[str, float]
    label_changes: list[LabelChange]
    attribution: Attribution | None = None
    goldens: list[list[float]] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Format and variant: `onnx/fp32`."""
        return f"{self.format}/{self.variant}"

    @property
    def changes(self) -> int:
        """How many of the counted images changed their label."""
        return (
            sum(not change.golden for change in self.label_changes)
            if self.counted == self.photos
            else len(self.label_changes)
        )

    @property
    def golden_changes(self) -> int:
        """How many goldens changed their label."""
        return sum(change.golden for change in self.label_changes)

    def summary(self) -> ParityRow:
        """The part of it that stands in the bundle's manifest."""
        return ParityRow(**{each.name: getattr(self, each.name) for each in fields(ParityRow)})

    def with_attribution(self, attribution: Attribution) -> "ArtifactParity":
        """The same with its attribution."""
        return replace(self, attribution=attribution)


@dataclass(frozen=True)
class ChangedImage:
    """An image whose label changed in some artifacts.

    Attributes:
        name: Its path.
        golden: Whether it is one of the generated images.
        expected: Keras's label.
        margin: How far Keras's first two probabilities are apart.
        answered: {label: the artifacts that gave it}.
    """

    name: str
    golden: bool
    expected: str
    margin: float
    answered: dict[str, list[str]]


@dataclass(frozen=True)
class Failure:
    """An artifact that was asked for and is not in the bundle, or that could not be run.

    Attributes:
        name: Format and variant: `onnx/fp32`.
        stage: `conversion`, `runtime` or `gate`.
        reasons: Why.
        help: What helps: a command, or what to do; None where nothing is known.
        measured: How far it was from Keras; None where it never answered.
    """

    name: str
    stage: Annotated[str, one_of("conversion", "runtime", "gate")]
    reasons: list[str]
    help: str | None = None
    measured: ArtifactParity | None = None


@dataclass(frozen=True)
class ParityReport:
    """The parity of all artifacts of a bundle.

    Attributes:
        name: Name of the bundle.
        labels: Its labels in index order.
        keras_accuracy: Keras's accuracy on the same labeled photos; None without any.
        goldens, photos: Number of images of each kind.
        without_reference: Number of photos without reference outputs. They are compared with the fp32 artifact.
        artifacts: An entry for each artifact.
        notes: What could not be checked, and why.
        failures: Artifacts whose runtime stopped.
        left_out: What an export left out, and why.
        warning: Why the preprocessing options of an imported model are probably wrong: the artifacts may match Keras,
            and both may still misclassify photos. None if there is no sign of that.
        pictures: {image: data URL} of those whose label changed; only in parity.html.
    """

    DERIVED: ClassVar = ("passed",)

    schema: int = field(default=SCHEMA, init=False, repr=False)
    name: str
    labels: list[str]
    keras_accuracy: float | None
    goldens: int
    photos: int
    without_reference: int
    artifacts: list[ArtifactParity]
    notes: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    left_out: list[Failure] = field(default_factory=list)
    warning: str | None = field(default=None, metadata=OMITTED)
    pictures: dict[str, str] = field(default_factory=dict, metadata=UNWRITTEN)

    @property
    def measured(self) -> list[ArtifactParity]:
        """Every artifact that was measured, including those left out."""
        return [*self.artifacts, *(failure.measured for failure in self.left_out if failure.measured is not None)]

    @property
    def changed_images(self) -> list[ChangedImage]:
        """Every image whose label changed: photos before goldens, the most confident predictions of Keras first."""
        found: dict[str, ChangedImage] = {}
        for artifact in self.measured:
            for one in artifact.label_changes:
                image = ChangedImage(one.image, one.golden, one.expected, one.margin, {})
                answered = found.setdefault(one.image, image).answered
                answered.setdefault(one.answered, []).append(artifact.name)
        return sorted(found.values(), key=lambda image: (image.golden, -image.margin))

    @property
    def photos_shown(self) -> int:
        """How many photos parity.html shows."""
        return sum(image.name in self.pictures for image in self.changed_images if not image.golden)

    @property
    def passed(self) -> bool:
        """True if every artifact ran and passed."""
        return not self.failures and all(artifact.passed for artifact in self.artifacts)

    def save(self, json_path: Path, html_path: Path) -> None:
        """Write parity.json and parity.html.

        Raises:
            StorageError: The disk is full or may not be written to.
        """
        from gemelo.parity.html import render

        write_json(json_path, self)
        atomic_write(html_path, render(self).encode("utf-8", "backslashreplace"))
