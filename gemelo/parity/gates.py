"""The parity gates: how far a twin may be from Keras before it is refused."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Rounding of float32 adds up along a network: every runtime, Keras's own included, is some 5e-5 to 9e-5 off
# on MobileNetV2 (52 convolutions), and 3e-8 on four layers.
DEEP = 20


@dataclass(frozen=True)
class Gate:
    """What a variant is held to.

    Attributes:
        max_abs_difference: Of probabilities, on any image; None where only answers count.
        min_agreement: Share of images whose top-1 label must be Keras's.
        max_accuracy_drop: In points of 100, on labelled photos; None where the first two say enough.
        required: A failure fails the export; otherwise the variant is left out, unless asked for by name.
        reason: Why the gate is as wide as it is.
    """

    max_abs_difference: float | None
    min_agreement: float
    max_accuracy_drop: float | None
    required: bool
    reason: str

    def allowed_flips(self, images: int) -> int:
        """How many images may change their label.

        One is allowed wherever the share is below 1: of 24 goldens one alone is 4 %, which says nothing of 99 %.
        """
        return 0 if self.min_agreement == 1 else max(1, math.floor((1 - self.min_agreement) * images + 1e-9))


_FP32 = Gate(1e-5, 1.0, None, True, "float32 end to end: only the order of additions differs")
_FP32_DEEP = Gate(1e-4, 1.0, None, True, f"deeper than {DEEP} convolutions: float32 rounding adds up")
_FP16 = Gate(1e-2, 0.999, None, True, "weights have 11 significant bits")
# EfficientNet-Lite0 (50 convolutions), fine-tuned on eight kinds of groceries: 0.023 at most on 1,302 photos by both
# onnxruntime and TF.js, 0.027 by LiteRT; 99.92 % of the labels kept.
_FP16_DEEP = Gate(5e-2, 0.999, None, True, f"deeper than {DEEP} convolutions: the rounding of 11-bit weights adds up")
_QUANTISED = Gate(None, 0.99, 0.5, False, "8-bit weights: answers count, not digits")


def gate_for(variant: str, convolutions: int) -> Gate:
    """The gate of a variant, by its name.

    Args:
        variant: `fp32`, `fp16`; all other names are quantised ones.
        convolutions: The network's depth.
    """
    if variant == "fp32":
        return _FP32_DEEP if convolutions > DEEP else _FP32
    if variant == "fp16":
        return _FP16_DEEP if convolutions > DEEP else _FP16
    return _QUANTISED


def is_exact(variant: str, parity: Mapping[str, Any], convolutions: int) -> bool:
    """Whether a twin gives Keras's digits: fp32 must, and so do kernels that ended on a grid of 8 bits.

    Args:
        variant: `fp32`, `uint8`, ...
        parity: As the manifest has it; empty where the twin was not measured.
        convolutions: The network's depth.
    """
    gate = gate_for("fp32", convolutions)
    difference, agreement = parity.get("max_abs_difference"), parity.get("top1_agreement")
    near = difference is not None and gate.max_abs_difference is not None and difference <= gate.max_abs_difference
    return variant == "fp32" or (near and agreement == 1)
