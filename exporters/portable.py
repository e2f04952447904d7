"""Layers that a converter or a runtime lacks, made of those that all have. What they answer stays the same."""

import math
from typing import Any

from .frameworks import keras


def gelu(x: Any) -> Any:
    """Exact GELU (Hendrycks and Gimpel 2016) by erf. TensorFlow's is by erfc, which TF.js lacks."""
    return 0.5 * x * (1.0 + keras.ops.erf(x * (1 / math.sqrt(2))))


def rebuilt(op: Any, config: dict[str, Any]) -> Any:
    """A fresh layer or operation from its configuration, or one that computes the same.

    Args:
        op: The original.
        config: Its configuration, changed where wanted.
    """
    if isinstance(op, keras.Layer) and getattr(op, "activation", None) is keras.activations.gelu:
        config = {**config, "activation": gelu}
    if _is_depthwise(op):
        same = ("name", "kernel_size", "strides", "padding", "dilation_rate", "use_bias", "activation", "dtype")
        multiplier = config["filters"] // config["groups"]
        return keras.layers.DepthwiseConv2D(depth_multiplier=multiplier, **{key: config[key] for key in same})
    return type(op).from_config(config)


def called(op: Any, *args: Any, **kwargs: Any) -> Any:
    """The output of a layer or operation: `keras.ops.gelu(x)` is one too."""
    if type(op).__name__ == "Gelu" and not isinstance(op, keras.Layer) and not op.approximate:
        return gelu(args[0])
    return op(*args, **kwargs)


def _is_depthwise(op: Any) -> bool:
    """Whether a convolution has a group for each channel (ConvNeXt): Keras hands those to XLA, as a call."""
    plain = type(op) is keras.layers.Conv2D and op.data_format == "channels_last"
    return plain and op.groups > 1 and op.kernel.shape[-2] == 1
