"""The layers of a bundle's network, and what each of them answers: for looking inside.

    BUNDLE/layers/
      layers.json          this file's `Layers`
      tfjs/model.json ...  a graph model whose outputs are the layers'
      layers.onnx          the same as ONNX

In a network that is a plain chain every layer has a row, and a fused activation one of its own. In any other that
ends in features, global average pooling and one dense layer, there are the rows that a class activation map needs
(Zhou et al. 2016, "Learning Deep Features for Discriminative Localization").
"""

from dataclasses import dataclass, field
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from gemelo.errors import Message, MissingFileError, SchemaError, UnknownNameError
from gemelo.store.bundle import Bundle
from gemelo.store.files import read_json
from gemelo.store.manifest import Told, check_schema
from gemelo.store.schema import OMITTED, one_of, read
from gemelo.store.tfjs_weights import check_hashed, read_weight

SCHEMA = 1


@dataclass(frozen=True)
class Weight:
    """A kernel or a bias.

    Attributes:
        name: Of the weight inside the TF.js model of the layers.
        shape: As Keras has it: (height, width, inputs, outputs) of a convolution, (inputs, outputs) of a dense layer.
    """

    name: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Layer:
    """One row: a layer, or the linear or the non-linear half of one. What a kind of layer does not have is None.

    Attributes:
        name: Also that of the output in both models.
        type: Keras's: `Conv2D`, `MaxPooling2D`, `Dense`, ...; `Activation` for all of those; `Flatten`.
        of: The Keras layer that it comes from.
        activation: `relu`, `softmax`, ...; of the type `Activation` alone.
        shape: Of its output, without the batch: (height, width, channels), or (units,).
        kernel, bias: The weights.
        strides: (vertical, horizontal); None also where a convolution is dilated, whose windows are no rectangles.
        padding: `valid` or `same`.
        pool: (height, width) of a pooling window.
        scale, offset: Of `Rescaling`: output = input * scale + offset.
    """

    name: str
    type: str
    of: str
    activation: str | None
    shape: tuple[int, ...]
    kernel: Weight | None = None
    bias: Weight | None = None
    strides: tuple[int, int] | None = None
    padding: Annotated[str, one_of("valid", "same")] | None = None
    pool: tuple[int, int] | None = None
    scale: float | None = None
    offset: float | None = None


@dataclass(frozen=True)
class Cam:
    """What a class activation map is made of: the sum of the feature maps, each times its weight for the class.

    Attributes:
        features: Name of the layer whose output is (height, width, channels).
        kernel: (channels, classes).
        bias: (classes,), or None.
    """

    features: str
    kernel: Weight
    bias: Weight | None


@dataclass(frozen=True)
class Layers:
    """layers.json, parsed.

    Attributes:
        chain: Whether the network is a plain chain, and every layer has a row.
        reason: Why it is none.
        told: The same by its code.
        tfjs, onnx: The models whose outputs are the rows', relative to the bundle; None where that format was not
            asked for.
        layers: In the order of the data; the last is `probabilities`.
        cam: None where the network does not end in global average pooling and one dense layer.
    """

    schema: int = field(default=SCHEMA, init=False, repr=False)
    chain: bool
    reason: str | None
    tfjs: str | None
    onnx: str | None
    layers: tuple[Layer, ...]
    cam: Cam | None
    told: Told | None = field(default=None, metadata=OMITTED)

    @classmethod
    def load(cls, bundle: Bundle) -> "Layers | None":
        """The layers of a bundle; None where it has none, and its manifest's `layers_reason` says why.

        Raises:
            SchemaError: layers.json is damaged, or newer than this gemelo.
        """
        entry = bundle.manifest.layers
        if entry is None:
            return None
        path = bundle.file(entry)
        value = read_json(path)
        check_schema(value, SCHEMA, path)
        found = read(cls, value, path)
        if unhashed := [name for name in (entry, found.tfjs, found.onnx) if name and name not in bundle.files]:
            raise SchemaError(Message("bundle.manifest-no-hash", bundle.path, files=", ".join(unhashed)))
        return found

    def layer(self, name: str) -> Layer:
        """The row of that name.

        Raises:
            UnknownNameError: There is none; names those there are.
        """
        for layer in self.layers:
            if layer.name == name:
                return layer
        raise UnknownNameError("layer", name, [layer.name for layer in self.layers])

    def weight(self, bundle: Bundle, weight: Weight) -> NDArray[np.float32]:
        """The values of a kernel or a bias, in Keras's shape.

        Raises:
            MissingFileError: They lie in the TF.js model, which was not asked for when the bundle was made.
            SchemaError: The model has no such weight.
        """
        if self.tfjs is None:
            raise MissingFileError(Message("bundle.no-weights", bundle.path), hint=Message("hint.with-tfjs"))
        path = bundle.file(self.tfjs)
        check_hashed(path, self.tfjs, bundle.files)
        try:
            return read_weight(path, weight.name, weight.shape)
        except (OSError, ValueError) as exc:
            raise SchemaError(f"{path}: the weight {weight.name} cannot be read: {exc}") from exc
