"""A TensorFlow SavedModel as `Loaded`: its signature, frozen to a graph of constants."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gemelo.errors import GemeloError, ModelError

from . import ends
from .answers import answerer
from .declare import IDENTITY, Declared
from .frameworks import quiet, tf
from .loaded import Loaded
from .programs import Trust

_SIGNATURE = "serving_default"
# They read or write files, open connections or run Python.
_PROGRAMS = (
    *("PyFunc", "PyFuncStateless", "EagerPyFunc", "WriteFile", "ReadFile", "MatchingFiles", "PrintV2", "LoadLibrary"),
    *("WholeFileReader", "WholeFileReaderV2", "TextLineReader", "SaveSlices", "Save", "DebugIdentityV3", "RpcCall"),
)
_PASSES = (
    *("Identity", "Cast", "Pad", "PadV2", "MirrorPad", "Reshape", "Transpose", "Squeeze", "ExpandDims", "StopGradient"),
    *("ResizeBilinear", "ResizeNearestNeighbor", "StridedSlice", "ReverseV2", "GatherV2", "Pack", "ConcatV2", "Split"),
)
_SCALES = ("Mul", "RealDiv", "Sub", "AddV2", "Add", "Div", "BiasAdd", "DivNoNan")
_CONVOLUTIONS = ("Conv2D", "DepthwiseConv2dNative", "Conv2DBackpropInput")


def load(name: str, folder: Path, kind: str, trust: Trust, *, framework: str = "TensorFlow") -> Loaded:
    """Load a SavedModel.

    Args:
        name: How to call it in messages.
        folder: That holds saved_model.pb.
        kind: Its source.
        trust: What may be run.
        framework: Who made it, where that is not TensorFlow.

    Raises:
        ModelError: It is damaged, holds programs, or is no classifier of photos.
    """
    version = _check(name, folder, trust)
    try:
        with quiet():
            module = tf.saved_model.load(str(folder))  # whose variables live as long as it does
            signature = _signature(name, module)
            graph, outputs = frozen(signature), sorted(signature.structured_outputs)
    except GemeloError:
        raise
    except Exception as exc:  # TensorFlow raises anything
        raise ModelError(f"{name}: TensorFlow cannot load the SavedModel: {_first_line(exc)}") from exc
    return described(name, kind, graph, framework, version, outputs)


def _check(name: str, folder: Path, trust: Trust) -> str | None:
    """Read the graph as data, before TensorFlow runs any of it. Returns the version of TensorFlow that saved it."""
    from tensorflow.core.protobuf import saved_model_pb2

    saved = saved_model_pb2.SavedModel()
    try:
        saved.ParseFromString((folder / "saved_model.pb").read_bytes())
    except Exception as exc:  # protobuf's own errors
        raise ModelError(f"{name}: saved_model.pb is damaged", hint="copy or download the folder again") from exc
    graphs = [meta.graph_def for meta in saved.meta_graphs]
    if not graphs:
        raise ModelError(f"{name}: saved_model.pb holds no model", hint="copy or download the folder again")
    programs = sorted({node.op for graph in graphs for node in _nodes(graph) if node.op in _PROGRAMS})
    if programs and not trust.given:
        raise ModelError(
            f"{name}: the model holds programs: it would run {', '.join(programs)}",
            hint="they run with your rights. If you know who wrote them, add --trust",
        )
    return saved.meta_graphs[0].meta_info_def.tensorflow_version or None


def _nodes(graph: Any) -> Iterator[Any]:
    yield from graph.node
    for function in graph.library.function:
        yield from function.node_def


def _signature(name: str, module: Any) -> Any:
    signatures = getattr(module, "signatures", {})
    if _SIGNATURE in signatures:
        found = signatures[_SIGNATURE]
    elif len(signatures) == 1:
        found = next(iter(signatures.values()))
    else:
        told = f"has {', '.join(sorted(signatures))}" if signatures else "has none"
        raise ModelError(
            f"{name}: the SavedModel {told}, and no signature {_SIGNATURE}: nobody knows how to call it",
            hint="save it with model.export('folder'), or tf.saved_model.save(model, folder, signatures=...)",
        )
    inputs = list(found.structured_input_signature[1].values())
    if len(inputs) != 1:
        raise ModelError(f"{name}: the model has {len(inputs)} inputs; a classifier of photos has one")
    if inputs[0].dtype == tf.string:
        raise ModelError(
            f"{name}: the model takes the bytes of image files and decodes them itself",
            hint="save it with a signature that takes pixels",
        )
    return found


def frozen(signature: Any) -> Any:
    """A function of TensorFlow with its variables as constants."""
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    return convert_variables_to_constants_v2(signature)


def described(
    name: str, kind: str, graph: Any, framework: str, version: str | None, outputs: Sequence[str] = ()
) -> Loaded:
    """Describe a frozen function of TensorFlow.

    Args:
        name: How to call it in messages.
        kind: Its source.
        graph: It.
        framework, version: Who made it.
        outputs: The names of its outputs, where they have some.

    Raises:
        ModelError: It is no classifier of photos.
    """
    taken = next(each for each in graph.inputs if each.dtype != tf.resource)
    if taken.shape.rank is None:
        raise ModelError(f"{name}: the SavedModel does not say which shape its input has")
    height, width, channels, layout = ends.check_input(name, tuple(taken.shape))
    columns = ends.check_output(name, _shapes(graph), outputs)
    nodes = list(graph.graph.as_graph_def().node)
    dtype = taken.dtype.name
    transpose = layout == "NCHW"

    def call(images: Any) -> Any:
        images = tf.transpose(images, (0, 3, 1, 2)) if transpose else images
        found = tf.nest.flatten(graph(tf.cast(images, dtype)))[0]
        return tf.cast(found, tf.float32)

    scales = dtype == "uint8" or _scales(nodes, taken.op.name)
    return Loaded(
        kind=kind,
        framework=framework,
        version=version,
        height=height,
        width=width,
        channels=channels,
        layout=layout,
        dtype=dtype,
        outputs=columns,
        inside=Declared(scale=IDENTITY if scales else None, output=_meaning(name, nodes, graph, columns)),
        answer=answerer(call),
        call=call,
        parameters=sum(_size(node) for node in nodes if node.op == "Const"),
        convolutions=sum(node.op in _CONVOLUTIONS for node in nodes),
    )


def _shapes(graph: Any) -> list[tuple[int | None, ...]]:
    return [() if each.shape.rank is None else tuple(each.shape) for each in graph.outputs]


def _size(node: Any) -> int:
    """The numbers in a constant that is a weight: not of shapes and axes, which are integers."""
    tensor = node.attr["value"].tensor
    if tensor.dtype not in (tf.float32.as_datatype_enum, tf.float16.as_datatype_enum):
        return 0
    size = 1
    for dimension in tensor.tensor_shape.dim:
        size *= dimension.size
    return size


def _scales(nodes: list[Any], start: str) -> bool:
    """Whether arithmetic with constants is done on the input before any layer sees it."""
    by_name = {node.name: node for node in nodes}
    images = {start}
    for node in _sorted(nodes, by_name):
        inputs = [_source(name) for name in node.input if not name.startswith("^")]
        if not images & set(inputs):
            continue
        if node.op in _SCALES and all(name in images or _is_constant(name, by_name) for name in inputs):
            return True
        if node.op in _PASSES:
            images.add(node.name)
    return False


def _sorted(nodes: list[Any], by_name: dict[str, Any]) -> Iterator[Any]:
    """In the order of the data."""
    from graphlib import TopologicalSorter

    order = TopologicalSorter(
        {node.name: [_source(name) for name in node.input if _source(name) in by_name] for node in nodes}
    )
    yield from (by_name[name] for name in order.static_order())


def _source(name: str) -> str:
    return name.removeprefix("^").split(":")[0]


def _is_constant(name: str, by_name: dict[str, Any]) -> bool:
    node = by_name.get(name)
    while node is not None and node.op in ("Identity", "Cast", "Reshape", "ReadVariableOp") and node.input:
        node = by_name.get(_source(node.input[0]))
    return node is not None and node.op == "Const"


def _meaning(name: str, nodes: list[Any], graph: Any, columns: int) -> str | None:
    """What the output is, by the last operation of the graph."""
    by_name = {node.name: node for node in nodes}
    node = by_name.get(graph.outputs[0].op.name)
    while node is not None and node.op in ("Identity", "IdentityN", "Reshape", "Cast", "Squeeze") and node.input:
        node = by_name.get(_source(node.input[0]))
    kinds = {"Softmax": "softmax", "Sigmoid": "sigmoid", "Relu": "relu", "Tanh": "tanh", "Relu6": "relu6"}
    if node is None or node.op not in kinds:
        return None
    return ends.meaning(name, kinds[node.op], columns, set())


def _first_line(exc: BaseException) -> str:
    lines = str(exc).strip().splitlines() or [type(exc).__name__]
    return lines[0][:300]
