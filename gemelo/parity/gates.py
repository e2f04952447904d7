"""The parity gates: how far an artifact may be from the reference before it is left out of a bundle."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gemelo.errors import UsageError
from gemelo.parity.compare import Comparison, Probabilities, margins
from gemelo.store.bundle import LIMITS, BundleManifest, ParityRow

# Rounding of float32 adds up along a network: every runtime, Keras's own included, is some 5e-5 to 9e-5 off
# on MobileNetV2 (52 convolutions), and 3e-8 on four layers.
DEEP = 20
# A label change is decisive where the reference's margin is over this.
DECISIVE = 0.2
# What an artifact may differ from its own expected outputs on another machine: one step of an 8-bit output.
EXPECTED_TOLERANCE = 1e-2

# TensorFlow's operators for it.
_CONVOLUTIONS = ("Conv2D", "DepthwiseConv2dNative", "Conv2DBackpropInput", "Conv3D")

ByHand = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Gate:
    """The limits of a variant.

    Attributes:
        max_abs_difference: Of a probability, on any image; None where there is no such limit.
        max_accuracy_drop: In points of 100, on labeled photos; None where there is no such limit.
        max_changes: Percent of the images whose label may change decisively; None where there is no such limit.
        margin: A label change counts where the reference's margin is over this.
        reason: Why the limits are as wide as they are.
        quantized: Photos count, goldens are reported apart. One photo is always allowed, unless the limit is 0.
        by_hand: Which limits were set with `--gate`.
    """

    max_abs_difference: float | None
    max_accuracy_drop: float | None
    max_changes: float | None
    margin: float
    reason: str
    quantized: bool = False
    by_hand: tuple[str, ...] = ()

    def allowed_changes(self, images: int) -> int | None:
        """How many images may change their label decisively; None where label changes are not limited."""
        if not self.max_changes:
            return None if self.max_changes is None else 0
        return max(1, math.floor(self.max_changes * images / 100 + 1e-9))

    def allowed_on(self, expected: Probabilities) -> int:
        """How many labels may change on images with these reference outputs, whatever their margin: ties are free."""
        ties = int((margins(expected) <= self.margin).sum()) if len(expected) else 0
        return ties + (self.allowed_changes(len(expected)) or 0)

    def allowed_drop(self, photos: int) -> float | None:
        """By how many points the accuracy may drop: at least by one photo, unless the limit is 0."""
        return (
            max(self.max_accuracy_drop, 100 / photos) if self.max_accuracy_drop and photos else self.max_accuracy_drop
        )

    def with_limits(self, limits: Mapping[str, float]) -> "Gate":
        """The same gate with limits set by hand."""
        if not limits:
            return self
        margin = 2 * limits["difference"] if "difference" in limits and not self.quantized else self.margin
        return replace(
            self,
            max_abs_difference=limits.get("difference", self.max_abs_difference),
            max_accuracy_drop=limits.get("drop", self.max_accuracy_drop),
            max_changes=limits.get("changes", self.max_changes),
            margin=margin,
            reason=f"{_listed(limits)} set by hand with --gate",
            by_hand=tuple(sorted(limits)),
        )


@dataclass(frozen=True)
class Excess:
    """A limit that did not hold.

    Attributes:
        key: `difference`, `drop` or `changes`.
        reason: What was found, in words.
        needed: The limit that would have held, rounded up.
    """

    key: str
    reason: str
    needed: float


@dataclass(frozen=True)
class Gates:
    """The gates of one network.

    Attributes:
        convolutions: Its depth.
        by_hand: {`int8` or `onnx/int8`: {`drop`: 1.5}}, the limits that were set with `--gate`.
    """

    convolutions: int = 0
    by_hand: ByHand = field(default_factory=dict)

    def of(self, format: str, variant: str) -> Gate:
        """The gate of an artifact; limits for its format and variant come before those for its variant alone."""
        limits = {**self.by_hand.get(variant, {}), **self.by_hand.get(f"{format}/{variant}", {})}
        return gate_for(variant, self.convolutions).with_limits(limits)

    @classmethod
    def from_manifest(cls, manifest: BundleManifest) -> "Gates":
        """The gates of a bundle."""
        return cls(manifest.convolutions, manifest.gates)


def convolutions(model: Any) -> int:
    """How many convolution layers a Keras model has, those of models inside it too: its depth, for the gates."""
    own = sum("Conv" in type(layer).__name__ for layer in model.layers)
    return own + sum(convolutions(layer) for layer in model.layers if hasattr(layer, "layers"))


def graph_convolutions(graph: Any) -> int:
    """How many convolutions a TensorFlow GraphDef has, those of its functions too: what `convolutions` is for Keras."""
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    return sum(node.op in _CONVOLUTIONS for node in nodes)


def gate_for(variant: str, convolutions: int) -> Gate:
    """The gate of a variant, by its name.

    Args:
        variant: `fp32`, `fp16`; all other names are quantized ones.
        convolutions: The network's depth.
    """
    deep = convolutions > DEEP
    if variant == "fp32":
        difference = 1e-4 if deep else 1e-5
        reason = "float32 rounding adds up in a deep network" if deep else "only the order of additions differs"
        # Within the difference a label changes only where the two probabilities were a tie.
        return Gate(difference, None, 0.0, 2 * difference, reason)
    if variant == "fp16":
        # EfficientNet-Lite0 (50 convolutions), fine-tuned on eight kinds of groceries: 0.023 at most on 1,302 photos by
        # both onnxruntime and TF.js, 0.027 by LiteRT.
        difference = 5e-2 if deep else 1e-2
        reason = "weights have 11 significant bits; a label changes only where two probabilities were nearly equal"
        return Gate(difference, None, None, 2 * difference, reason)
    return Gate(None, 0.5, 0.5, DECISIVE, "8-bit weights keep labels and accuracy, not digits", quantized=True)


def excesses(
    gate: Gate,
    found: Comparison,
    names: Sequence[str] = (),
    drop: float | None = None,
    labeled: int = 0,
    lost: Sequence[int] = (),
) -> list[Excess]:
    """The limits of a gate that do not hold.

    Args:
        gate: The limits.
        found: The answers that count.
        names: Of the images, for people.
        drop: In accuracy, in points; None where nothing is labeled.
        labeled: On how many photos the accuracy was measured.
        lost: The images whose label the reference had right and this artifact has wrong.
    """
    which = _listed_images(found, _widest(found, lost), names)
    found_out = (_difference(gate, found, names), _changes(gate, found, names), _drop(gate, drop, labeled, which))
    return [excess for excess in found_out if excess is not None]


def _difference(gate: Gate, found: Comparison, names: Sequence[str]) -> Excess | None:
    limit, difference = gate.max_abs_difference, found.max_difference
    if limit is None or difference <= limit:  # a NaN is no pass
        return None
    worst = _listed_images(found, [int(found.differences.argmax())], names)
    where = f" on {worst}" if worst else ""
    reason = f"a probability differs by {difference:.2g}{where}, at most {limit:g} allowed"
    return Excess(
        "difference", reason, _up(difference, 1 - math.floor(math.log10(difference))) if difference < 1 else 1.0
    )


def _changes(gate: Gate, found: Comparison, names: Sequence[str]) -> Excess | None:
    allowed, decisive = gate.allowed_changes(len(found)), found.label_changes(gate.margin)
    if allowed is None or len(decisive) <= allowed:
        return None
    images = _listed_images(found, decisive, names)
    reason = (
        f"{len(decisive)} of {len(found)} labels changed where the reference's margin is over {gate.margin:g}, "
        f"at most {allowed} allowed{': ' if images else ''}{images}"
    )
    return Excess("changes", reason, _up(100 * len(decisive) / len(found), 1))


def _drop(gate: Gate, drop: float | None, labeled: int, images: str) -> Excess | None:
    allowed = gate.allowed_drop(labeled)
    if allowed is None or drop is None or drop <= allowed + 1e-9:
        return None
    photos = round(drop * labeled / 100)
    reason = f"accuracy drops by {drop:.2f} points ({photos} of {labeled} photos), at most {allowed:.2g} allowed"
    return Excess("drop", f"{reason}; no longer right: {images}" if images else reason, _up(drop, 1))


def _widest(found: Comparison, images: Sequence[int]) -> list[int]:
    return sorted(images, key=lambda i: (-found.margins[i], i))


def _listed_images(found: Comparison, images: Sequence[int], names: Sequence[str], shown: int = 3) -> str:
    """`cat.1.jpg (margin 0.31), cat.7.jpg (margin 0.22), 5 more`; nothing where images have no names."""
    listed = [f"{names[i]} (margin {found.margins[i]:.2f})" for i in images[:shown]] if names else []
    return ", ".join([*listed, f"{len(images) - shown} more"] if listed and len(images) > shown else listed)


def is_exact(variant: str, parity: ParityRow, convolutions: int) -> bool:
    """Whether an artifact gives the reference's digits: fp32 must, and so do kernels that ended on a grid of 8 bits.

    Args:
        variant: `fp32`, `uint8`, ...
        parity: As the manifest has it; empty where the artifact was not measured.
        convolutions: The network's depth.
    """
    limit = gate_for("fp32", convolutions).max_abs_difference
    difference = parity.max_abs_difference
    near = difference is not None and limit is not None and difference <= limit
    return variant == "fp32" or (near and parity.top1_agreement == 1)


def parse_gates(texts: Sequence[str], known: Sequence[str]) -> dict[str, dict[str, float]]:
    """`int8:drop=1.5` and the like, as {name: {key: limit}}.

    Args:
        texts: As typed; several limits of one gate are joined by commas, or given one by one.
        known: The variants and artifacts that there are; empty where that cannot be told.

    Raises:
        UsageError: One of them cannot be read; says all that is wrong.
    """
    gates: dict[str, dict[str, float]] = {}
    wrong: list[str] = []
    for text in texts:
        name, _, limits = text.partition(":")
        if known and name not in known:
            wrong.append(f"--gate {text}: there is no variant {name!r}")
            continue
        for limit in limits.split(","):
            key, _, value = limit.partition("=")
            number = _number(value)
            if not name or key not in LIMITS or number is None or not 0 <= number <= LIMITS[key]:
                wrong.append(f"--gate {text}: {limit!r} sets no limit")
            else:
                gates.setdefault(name, {})[key] = number
    if wrong:
        ranges = ", ".join(f"{key} (0 to {most:g})" for key, most in LIMITS.items())
        names = f"\nvariants: {', '.join(known)}" if known else ""
        raise UsageError("; ".join(wrong), hint=f"write --gate int8:drop=1.5; keys: {ranges}{names}")
    return gates


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _up(value: float, digits: int) -> float:
    """Rounded up to so many digits after the point."""
    step = 10.0**digits
    return math.ceil(value * step - 1e-9) / step


def _listed(limits: Mapping[str, float]) -> str:
    return ", ".join(f"{key} {value:g}" for key, value in sorted(limits.items()))
