"""Networks as courses and guides build them; each takes the Keras that its owner has (Keras 3, or tf-keras)."""

from collections.abc import Callable
from typing import Any, TypeAlias

Network: TypeAlias = Callable[[Any, int, int], Any]  # keras, side, classes


def plain(keras: Any, side: int, classes: int, *, channels: int = 3, head: str | None = "softmax", **first: Any) -> Any:
    """A small convolutional network with batch normalization."""
    layers = keras.layers
    image = keras.Input((side, side, channels), **first)
    x = convolutions(keras, image)
    return keras.Model(image, layers.Dense(classes, activation=head)(x))


def convolutions(keras: Any, x: Any) -> Any:
    """Four blocks and a mean: what learns something in a minute."""
    layers = keras.layers
    for width in (24, 48, 96, 128):
        x = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization(momentum=0.9)(x)
        x = layers.ReLU()(x)
        x = layers.MaxPooling2D()(x)
    return layers.GlobalAveragePooling2D()(x)


def application(name: str, **options: Any) -> Network:
    """One of keras.applications from scratch, its statistics quick enough for a minute of training."""

    def build(keras: Any, side: int, classes: int) -> Any:
        make = getattr(keras.applications, name)
        network = make(input_shape=(side, side, 3), weights=None, classes=classes, **options)
        return quick_statistics(keras, network)

    return build


def quick_statistics(keras: Any, network: Any) -> Any:
    """Batch normalizations that follow their batches within a few dozen steps."""
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.9
    return network


def guide(keras: Any, side: int, classes: int) -> Any:
    """Keras's transfer learning guide: augmentation and preprocess_input inside, one unit without an activation."""
    layers = keras.layers
    base = keras.applications.MobileNetV2(input_shape=(side, side, 3), alpha=0.35, include_top=False, weights=None)
    quick_statistics(keras, base)
    image = keras.Input((side, side, 3))
    x = layers.RandomRotation(0.1)(layers.RandomFlip("horizontal")(image))
    x = base(keras.applications.mobilenet_v2.preprocess_input(x))
    x = layers.Dropout(0.2)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(image, layers.Dense(1)(x))


def augmented(keras: Any, side: int, classes: int) -> Any:
    """TensorFlow's tutorial: augmentation and rescaling as the first layers, logits as the last."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((side, side, 3)),
            layers.RandomFlip("horizontal"),
            layers.RandomZoom(0.1),
            layers.Rescaling(1 / 255),
            *_blocks(keras),
            layers.Dropout(0.2),
            layers.Dense(classes),
        ]
    )


def _blocks(keras: Any) -> list[Any]:
    layers = keras.layers
    blocks: list[Any] = []
    for width in (16, 32, 64):
        blocks += [layers.Conv2D(width, 3, padding="same", activation="relu"), layers.MaxPooling2D()]
    return [*blocks, layers.Flatten(), layers.Dense(64, activation="relu")]


def tutorial(keras: Any, side: int, classes: int) -> Any:
    """The same without augmentation, with a softmax and Rescaling(1/127.5, offset=-1)."""
    layers = keras.layers
    first = [keras.Input((side, side, 3)), layers.Rescaling(1 / 127.5, offset=-1)]
    return keras.Sequential([*first, *_blocks(keras), layers.Dense(classes, activation="softmax")])


def lecture(keras: Any, side: int, classes: int) -> Any:
    """The lecture's network with stride 1: one sigmoid unit."""
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((side, side, 3)),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def separable(keras: Any, side: int, classes: int) -> Any:
    """Depthwise convolutions, whose `groups` Keras 3 does not read from a file of Keras 2."""
    layers = keras.layers
    network = keras.Sequential([keras.Input((side, side, 3)), layers.Conv2D(24, 3, strides=2, activation="relu")])
    for width in (48, 96, 128):
        network.add(layers.DepthwiseConv2D(3, padding="same", use_bias=False))
        network.add(layers.BatchNormalization(momentum=0.9))
        network.add(layers.Conv2D(width, 1, activation="relu"))
        network.add(layers.MaxPooling2D())
    network.add(layers.GlobalAveragePooling2D())
    network.add(layers.Dense(classes, activation="softmax"))
    return network


def teachable_machine(keras: Any, side: int, classes: int) -> Any:
    """Teachable Machine's: a Sequential of two Sequentials, the first with a MobileNet and a mean in it."""
    layers = keras.layers
    base = keras.applications.MobileNetV2(input_shape=(side, side, 3), alpha=0.35, include_top=False, weights=None)
    quick_statistics(keras, base)
    features = keras.Sequential([base, layers.GlobalAveragePooling2D()])
    head = keras.Sequential(
        [layers.Dense(100, activation="relu"), layers.Dense(classes, activation="softmax", use_bias=False)]
    )
    network = keras.Sequential([features, head])
    network.build((None, side, side, 3))
    return network


def subclassed(keras: Any, side: int, classes: int) -> Any:
    """A model whose `call` is a program."""

    class Residual(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            layers = keras.layers
            self.first = layers.Conv2D(32, 3, padding="same", activation="relu")
            self.rest = [layers.Conv2D(32, 3, padding="same", activation="relu") for _ in range(3)]
            self.pool, self.mean = layers.MaxPooling2D(), layers.GlobalAveragePooling2D()
            self.head = layers.Dense(classes, activation="softmax")

        def call(self, image: Any) -> Any:
            x = self.first(image)
            for convolution in self.rest:
                x = self.pool(x + convolution(x))
            return self.head(self.mean(x))

    network = Residual()
    network.build((None, side, side, 3))
    return network


def normalized(keras: Any, side: int, classes: int) -> Any:
    """A Normalization layer that was adapted to photos."""
    layers = keras.layers
    image = keras.Input((side, side, 3))
    scale = layers.Normalization(mean=[124.0, 116.0, 104.0], variance=[3600.0, 3500.0, 3700.0])
    x = convolutions(keras, scale(image))
    return keras.Model(image, layers.Dense(classes, activation="softmax")(x))


def any_size(keras: Any, side: int, classes: int) -> Any:
    """Convolutions and a mean: photos of every size."""
    image = keras.Input((None, None, 3))
    x = convolutions(keras, image)
    return keras.Model(image, keras.layers.Dense(classes, activation="softmax")(x))


def nested_bytes(keras: Any, side: int, classes: int) -> Any:
    """Bytes in, a size of its own inside, and a model within a model."""
    layers = keras.layers
    image = keras.Input((side, side, 3), dtype="uint8")
    x = layers.Rescaling(1 / 255)(image)
    inner = keras.Input((side, side, 3))
    backbone = keras.Model(inner, convolutions(keras, inner), name="backbone")
    return keras.Model(image, layers.Dense(classes, activation="softmax")(backbone(x)))
