"""The layers' part of a bundle, for looking inside: `layers.json` and the models whose outputs are the layers'.

What is made is compared with Keras's answers before the bundle is written. A network of which it cannot be made is
exported without it, and the manifest says why.
"""

import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gemelo import parity
from gemelo.errors import ExportError, Message, ParityError, RuntimeFailure
from gemelo.parity.compare import Comparison
from gemelo.parity.gates import excesses
from gemelo.preprocessing import Preprocessing, prepare, tensor
from gemelo.runtimes import onnx
from gemelo.store.bundle import Artifact
from gemelo.store.files import write_json
from gemelo.store.layers import Layer, Layers
from gemelo.store.manifest import Told

from . import layers_graph
from .frameworks import tf
from .layers_network import Exposed, expose
from .quiet import converting
from .source import ExportSource

FOLDER = "layers"
ENTRY = f"{FOLDER}/layers.json"
TFJS = f"{FOLDER}/tfjs/model.json"
ONNX = f"{FOLDER}/layers.onnx"

_FORMATS = ("tfjs", "onnx")

Run = Callable[[NDArray[np.float32]], Mapping[str, NDArray[np.float32]]]


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes:
        entry: The file to open, relative to the bundle; None where there are no layers.
        reason: Why there are none.
        notes: For people.
    """

    entry: str | None
    reason: str | Message | None = None
    notes: tuple[str, ...] = ()


def formats(artifacts: Sequence[Artifact]) -> list[str]:
    """The formats of artifacts in which layers are made, too."""
    return [name for name in _FORMATS if any(artifact.format == name for artifact in artifacts)]


def add(
    source: ExportSource, work: Path, formats: Collection[str], goldens: Sequence[parity.Subject], convolutions: int
) -> Outcome:
    """Write the layers of a network into a bundle that is being made, and hold them to what Keras answered.

    Args:
        source: The network.
        work: The bundle's folder.
        formats: What to write them in, of `tfjs` and `onnx`.
        goldens: With Keras's answers.
        convolutions: The network's depth, for the gate.

    Raises:
        StorageError: The disk is full.
    """
    if not formats:
        return Outcome(None, Message("layers.no-format"))
    try:
        with converting("the layers of the network"):
            exposed = expose(source.model, source.preprocessing.shape)
            if isinstance(exposed, Message):
                return Outcome(None, exposed)
            runs = _write(source, exposed, work, formats)
        for name, run in runs.items():
            _verify(name, run, exposed.rows, source.preprocessing, goldens, parity.gate_for("fp32", convolutions))
    except (ExportError, ParityError, RuntimeFailure) as exc:
        # Looking inside is an extra: an unusual network is still exported, and verified, without.
        shutil.rmtree(work / FOLDER, ignore_errors=True)
        return Outcome(None, exc.message, (f"no layers to look at: {exc.message}",))
    return Outcome(ENTRY)


def _write(source: ExportSource, exposed: Exposed, work: Path, formats: Collection[str]) -> dict[str, Run]:
    """Write everything; how to run what was written."""
    function = layers_graph.function_of(exposed, source.preprocessing.shape)
    runs: dict[str, Run] = {}
    if "tfjs" in formats:
        layers_graph.write_tfjs(function, exposed, source.metadata, (work / TFJS).parent)
        # What was written, as TensorFlow runs it; the file itself is run where TF.js is, by the page's tests.
        runs["layers/tfjs"] = lambda images: {k: v.numpy() for k, v in function(tf.constant(images)).items()}
    if "onnx" in formats:
        layers_graph.write_onnx(function, exposed, source.metadata, work / ONNX)
        runs["layers/onnx"] = onnx.open(work / ONNX).outputs
    layers = Layers(
        chain=exposed.reason is None,
        reason=None if exposed.reason is None else str(exposed.reason),
        tfjs=TFJS if "tfjs" in formats else None,
        onnx=ONNX if "onnx" in formats else None,
        layers=exposed.rows,
        cam=exposed.cam,
        told=None if exposed.reason is None else Told.of(exposed.reason),
    )
    write_json(work / ENTRY, layers)
    return runs


def _verify(
    name: str,
    run: Run,
    rows: Sequence[Layer],
    preprocessing: Preprocessing,
    goldens: Sequence[parity.Subject],
    gate: parity.Gate,
) -> None:
    """Run on the goldens, one by one: of a large network, all layers of all goldens would fill the memory."""
    answered, expected = [], []
    for golden in goldens:
        images = tensor(prepare(golden.source, preprocessing)[np.newaxis])
        outputs = run(images)
        wrong = [
            f"{row.name} is {list(outputs[row.name].shape[1:])} instead of {list(row.shape)}"
            for row in rows
            if outputs[row.name].shape != (1, *row.shape)
        ]
        if wrong:
            raise ExportError(f"{name}: layers answer in other shapes than the network's: {'; '.join(wrong)}")
        answered.append(outputs[rows[-1].name][0])
        expected.append(golden.expected)
    _hold(name, np.asarray(answered), np.asarray(expected, np.float32), gate)


def _hold(name: str, answered: NDArray[np.float32], expected: NDArray[np.float32], gate: parity.Gate) -> None:
    if wrong := excesses(gate, Comparison.of(answered, expected)):
        reasons = ", ".join(excess.reason for excess in wrong)
        raise ParityError(f"{name}: its layers do not answer as Keras did: {reasons}")
