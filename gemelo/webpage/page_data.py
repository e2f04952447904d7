"""page.json: what a page knows of its bundle. The page's code reads it by types that are generated from these."""

from dataclasses import dataclass, field

from gemelo.preprocessing import Preprocessing
from gemelo.store.files import FileRow
from gemelo.store.manifest import DeclaredFact, Told
from gemelo.store.schema import OMITTED, Count, Sha256, Share, Threshold

SCHEMA = 2


@dataclass(frozen=True)
class PageFile(FileRow):
    """A file of the page, its path relative to the page's folder."""

    path: str


@dataclass(frozen=True)
class PageGolden:
    """A golden.

    Attributes:
        name: Of its file.
        offset: Of its first byte in the goldens' file.
        bytes: Of its file.
        tensor_sha256: Of the uint8 tensor that the preprocessing makes of it.
        probabilities: Keras's answer.
    """

    name: str
    offset: Count
    bytes: Count
    tensor_sha256: Sha256
    probabilities: list[float]


@dataclass(frozen=True)
class PageGoldens(PageFile):
    """The goldens in one piece, so that a page fetches them at once."""

    images: list[PageGolden]


@dataclass(frozen=True)
class PageArtifact:
    """An artifact that the page can run.

    Attributes:
        format: `tfjs`, `onnx` or `tflite`.
        path: The file to open.
        files: {path: size and hash} of all its files.
        exact: Whether it gives the same probabilities as Keras, as fp32 does.
        accuracy: On the test photos.
        tolerance: Largest difference of a probability on the goldens, from `expected_outputs` where those are there,
            else from Keras's answers.
        allowed_label_changes: On the goldens.
        expected_outputs: A quantized artifact's own answers on the goldens when it was exported, row by row.
    """

    format: str
    variant: str
    path: str
    files: dict[str, FileRow]
    exact: bool
    accuracy: Share | None
    tolerance: float
    allowed_label_changes: Count
    expected_outputs: list[list[float]] | None


@dataclass(frozen=True)
class PageLayers:
    """The list of layers for looking inside, and the model whose outputs they are."""

    path: str
    files: dict[str, FileRow]


@dataclass(frozen=True)
class PageImported:
    """The file that a model was imported from.

    Attributes:
        file: Its name.
        sha256: Of the file.
        framework: What gave the reference outputs.
        title: The framework and its version.
        declared: The preprocessing, the output and the labels, and who said them.
        warning: What speaks against the declared preprocessing, in English.
        warning_told: The same by its code.
    """

    file: str
    sha256: Sha256
    framework: str
    title: str
    declared: list[DeclaredFact]
    warning: str | None = field(default=None, metadata=OMITTED)
    warning_told: Told | None = field(default=None, metadata=OMITTED)


@dataclass(frozen=True)
class PageData:
    """page.json.

    Attributes:
        gemelo: The version that wrote it.
        threshold: The probability below which the answer is "not sure"; null where every answer counts.
        max_pixels: Larger photos are refused.
        runtimes: Those of the page, the preferred one first.
        layers_reason: Why there are no layers.
        layers_told: The same by its code.
        reference: The bundle's reference.json.
        answers: The probabilities of the test photos, where they are not in `reference` itself.
        imported: The file that the model was imported from; absent where it was trained with gemelo.
    """

    schema: int = field(default=SCHEMA, init=False, repr=False)
    gemelo: str
    name: str
    architecture: str
    parameters: Count
    convolutions: Count
    labels: list[str]
    preprocessing: Preprocessing
    accuracy: Share | None
    threshold: Threshold | None = field(kw_only=True, default=None)
    max_pixels: Count
    runtimes: list[str]
    artifacts: list[PageArtifact]
    goldens: PageGoldens
    layers: PageLayers | None
    layers_reason: str | None = field(kw_only=True, default=None)
    layers_told: Told | None = field(kw_only=True, default=None)
    samples: list[PageFile]
    reference: PageFile | None
    answers: PageFile | None = field(kw_only=True, default=None)
    imported: PageImported | None = field(kw_only=True, default=None, metadata=OMITTED)
