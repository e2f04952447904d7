"""quantization.json of a bundle: the ways into 8 bits that were tried, and which was taken."""

from dataclasses import dataclass, field

from gemelo.store.schema import Count, Share

SCHEMA = 1
DATA = "quantization.json"


@dataclass(frozen=True)
class Candidate:
    """A scheme that was tried.

    Attributes:
        scheme: Its name, for people.
        fp32_layers: The layers that stayed in float32.
        bytes: Of the whole file.
        agreement: Share of the images whose label stays.
        decisive: Share of the images whose label changes though fp32 was sure of it, by a margin over 0.2.
        mean_difference, max_difference: Of probabilities, from fp32.
        passed: Whether it would pass the gate on these images.
        pareto: Whether no other scheme is both as small and as near to fp32.
        chosen: Whether it was taken.
        corrected: Whether biases take back what rounding moves.
        per_channel: Whether kernels have a scale for each output channel: always, in files that are written now.
        calibration: How the ranges of activations were found: `min-max`, in files that are written now.
    """

    scheme: str
    fp32_layers: list[str]
    bytes: Count
    agreement: Share
    mean_difference: float
    max_difference: float
    passed: bool
    pareto: bool
    chosen: bool
    decisive: Share | None = None
    corrected: bool = False
    per_channel: bool = True
    calibration: str = "min-max"


@dataclass(frozen=True)
class LayerCost:
    """What a layer costs when it alone is in 8 bits: the mean difference of probabilities."""

    layer: str
    mean_difference: float


@dataclass(frozen=True)
class QuantizationFile:
    """quantization.json.

    Attributes:
        judged_on: What the candidates were judged on, for people.
        fp32_bytes: Of the file in float32.
        candidates: In the order in which they were tried.
        sensitivity: Of each layer, where that was measured.
    """

    schema: int = field(default=SCHEMA, init=False, repr=False)
    judged_on: str
    fp32_bytes: Count
    candidates: list[Candidate]
    sensitivity: list[LayerCost]
