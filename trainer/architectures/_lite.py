"""EfficientNet-Lite's stem and blocks (Tan and Le 2019; the Lite variants: Google 2020).

EfficientNet without squeeze-and-excite and with ReLU6 in place of swish: nothing in it that 8 bits answer badly.
Strided convolutions are padded as TensorFlow pads ("same": the odd pixel on the right and below), as the weights
were learned.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

import keras
from keras import layers

from gemelo.preprocessing import Preprocessing

from ..defaults import Defaults
from ..heads import head, photo

# What a network with all its blocks is trained with.
WHOLE = Defaults(
    size=(224, 224),
    fit="crop",  # as its weights were learned; docs/accuracy.md has what else gives
    epochs=6,
    recipe="gentle",
    optimizer="adamw",
    learning_rate=3e-4,
    schedule="cosine",
    warmup_epochs=0.5,
    weight_decay=0.02,
    label_smoothing=0.05,
    ema=0.995,
    early_epochs=0.5,
    early_size=0.714,  # 160 of 224
    keep="last",
    pretrained="efficientnet-lite0",
    frozen_norm=True,
    validation_fraction=0.1,
    balance=True,  # docs/accuracy.md has what it is worth
)
MINIMUM = 32  # pixels: halved five times
# What the first blocks are trained with when they are a student.
STUDENT = Defaults(
    size=(96, 96),
    fit="crop",
    epochs=40,
    batch=64,
    recipe="gentle",
    optimizer="adamw",
    learning_rate=1e-3,
    schedule="cosine",
    warmup_epochs=1,
    weight_decay=0.05,
    label_smoothing=0.05,
    ema=0.998,
    keep="last",
    pretrained="efficientnet-lite0",
    frozen_norm=True,
    validation_fraction=0.1,
)
STUDENT_MINIMUM = 16  # pixels: halved four times
FEATURES = 1280
_STEM = 32
_EPSILON = 1e-3


@dataclass(frozen=True)
class Block:
    """One inverted residual block (Sandler et al. 2018, "MobileNetV2").

    Attributes:
        kernel: Of its depthwise convolution.
        filters: Of its output.
        stride: Of its depthwise convolution.
        expand: How many times wider it is inside.
    """

    kernel: int
    filters: int
    stride: int
    expand: int = 6


def blocks(width: float = 1.0, depth: float = 1.0) -> Iterator[Block]:
    """All of them, in their order.

    Args:
        width: How many times as many filters as Lite0 has; rounded to multiples of 8.
        depth: How many times as many blocks in every stage but the first and the last.
    """
    stages = (
        (3, 16, 1, 1),
        (3, 24, 2, 2),
        (5, 40, 2, 2),
        (3, 80, 2, 3),
        (5, 112, 1, 3),
        (5, 192, 2, 4),
        (3, 320, 1, 1),
    )
    for i, (kernel, filters, stride, repeats) in enumerate(stages):
        inner = 0 < i < len(stages) - 1
        for repeat in range(math.ceil(depth * repeats) if inner else repeats):
            yield Block(kernel, _rounded(width * filters), stride if repeat == 0 else 1, 6 if i else 1)


def _rounded(filters: float) -> int:
    """To a multiple of 8 that is at least nine tenths of it."""
    nearest = max(8, int(filters + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * filters else nearest


def network(
    preprocessing: Preprocessing,
    classes: int,
    *,
    minimum: int,
    blocks: Iterable[Block],
    last: tuple[str, int],
    dropout: float,
) -> keras.Model:
    """The stem, the blocks, one more convolution, and the head.

    Args:
        preprocessing: Of the input.
        classes: Of the output.
        minimum: The smallest side that it takes.
        blocks: After the stem.
        last: Name and filters of the 1x1 convolution after them: `top` is the original's own.
        dropout: Before the head.

    Raises:
        InputSizeError: The preprocessing's input is too small.
    """
    name, filters = last
    image = photo(preprocessing, minimum)
    x = layers.Rescaling(1 / 128, offset=-127 / 128, name="rescaling")(image)  # the original's own
    x = _activated(layers.Conv2D(_STEM, 3, strides=2, **_plain("stem"))(x), "stem")
    for i, block in enumerate(blocks):
        x = _block(x, block, f"block{i}")
    x = _activated(layers.Conv2D(filters, 1, **_plain(name))(x), name)
    x = layers.GlobalAveragePooling2D(name="features")(x)
    return keras.Model(image, head(layers.Dropout(dropout)(x), classes))


def whole(preprocessing: Preprocessing, classes: int, *, width: float, depth: float, dropout: float) -> keras.Model:
    """A network with all its blocks; stem and last convolution are the same in every size.

    Args:
        preprocessing: Of the input.
        classes: Of the output.
        width, depth: See `blocks`.
        dropout: Before the head.

    Raises:
        InputSizeError: The preprocessing's input is too small.
    """
    chosen = blocks(width, depth)
    return network(preprocessing, classes, minimum=MINIMUM, blocks=chosen, last=("top", FEATURES), dropout=dropout)


def student(
    preprocessing: Preprocessing, classes: int, *, depth: int, neck: int, fine: int | None = None
) -> keras.Model:
    """Lite0's first blocks, and a new convolution before the head: the original's own reads what later blocks make.

    Args:
        preprocessing: Of the input.
        classes: Of the output.
        depth: How many blocks.
        neck: Filters of that convolution.
        fine: A block whose stride is left out, so that all after it see twice as much: on small photos, what the later
            blocks learned on large ones is found again.

    Raises:
        InputSizeError: The preprocessing's input is too small.
    """
    chosen = (replace(block, stride=1) if i == fine else block for i, block in enumerate(islice(blocks(), depth)))
    return network(preprocessing, classes, minimum=STUDENT_MINIMUM, blocks=chosen, last=("neck", neck), dropout=0.1)


def _block(x: keras.KerasTensor, block: Block, name: str) -> keras.KerasTensor:
    inner, filters = x, x.shape[-1]
    if block.expand > 1:
        inner = _activated(layers.Conv2D(filters * block.expand, 1, **_plain(f"{name}_expand"))(x), f"{name}_expand")
    depthwise = layers.DepthwiseConv2D(block.kernel, strides=block.stride, **_plain(f"{name}_depthwise"))
    inner = _activated(depthwise(inner), f"{name}_depthwise")
    inner = _normalized(layers.Conv2D(block.filters, 1, **_plain(f"{name}_project"))(inner), f"{name}_project")
    return layers.Add(name=f"{name}_add")([inner, x]) if block.stride == 1 and filters == block.filters else inner


def _plain(name: str) -> dict[str, object]:
    """What all convolutions have in common: their bias is batch norm's."""
    return {"padding": "same", "use_bias": False, "name": name}


def _normalized(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return layers.BatchNormalization(epsilon=_EPSILON, name=f"{name}_norm")(x)


def _activated(x: keras.KerasTensor, name: str) -> keras.KerasTensor:
    return layers.ReLU(max_value=6, name=f"{name}_relu")(_normalized(x, name))
