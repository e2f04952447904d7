"""Teachable Machine's library: a TF.js *layers* model of 2019's kind, and its `metadata.json`.

    model.json  weights.bin  metadata.json

`tmImage.load(URL + "model.json", URL + "metadata.json")` cuts the largest centered square out of a photo, scales it to
`imageSize` and gives the network value / 127 - 1: the network's first layer takes that back.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import gemelo
from gemelo.errors import ExportError
from gemelo.preprocessing import Preprocessing
from gemelo.store.files import atomic_write, read_json, write_json

from ..frameworks import keras
from ..inference import INPUT, OUTPUT
from ..source import ExportSource
from ._layers_dialect import Row, rows_of

NEEDS: tuple[str, ...] = ()

MODEL, WEIGHTS, METADATA = "model.json", "weights.bin", "metadata.json"

# utils/tf.ts of @teachablemachine/image 0.8.5: pixels / 127 - 1.
_SCALE = 127.0


def write(source: ExportSource, bundle: Path, folder: Path) -> list[str]:
    """Write the three files.

    Raises:
        ExportError: The input is not square or not in color, or a layer that old TF.js does not have.
        StorageError: The disk is full.
    """
    del bundle
    preprocessing = source.preprocessing
    _check(preprocessing)
    rows = rows_of(source.model, preprocessing.shape, _SCALE, _SCALE)
    arrays = {f"{row.name}/{name}": value for row in rows for name, value in row.weights.items()}
    atomic_write(folder / WEIGHTS, b"".join(value.astype("<f4").tobytes() for value in arrays.values()))
    specs = [{"name": name, "shape": list(value.shape), "dtype": "float32"} for name, value in arrays.items()]
    write_json(folder / MODEL, _model(rows, specs))
    write_json(folder / METADATA, _metadata(source))
    return _notes(preprocessing)


def run(folder: Path, images: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    """What Keras makes of the files, given what the library gives the network."""
    model = _rebuilt(read_json(folder / MODEL), (folder / WEIGHTS).read_bytes())
    return {"fp32": np.asarray(model(images / np.float32(_SCALE) - np.float32(1), training=False))}


def _check(preprocessing: Preprocessing) -> None:
    if preprocessing.height != preprocessing.width:
        raise ExportError(
            "Teachable Machine's library has square inputs only, and this one is "
            f"{preprocessing.width}x{preprocessing.height}",
            hint="train with a square --size, or leave teachable-machine out of --for",
        )
    if preprocessing.channels != 3:
        raise ExportError(
            "Teachable Machine's library makes another gray of colors than the preprocessing does",
            hint="train in color, or leave teachable-machine out of --for",
        )


def _model(rows: list[Row], specs: list[dict[str, Any]]) -> dict[str, Any]:
    """model.json: the topology as Keras 2 wrote it."""
    layers: list[dict[str, Any]] = [
        {
            "name": row.name,
            "class_name": row.kind,
            "config": {"name": row.name, **row.config},
            "inbound_nodes": [[[used, 0, 0, {}] for used in row.inputs]] if row.inputs else [],
        }
        for row in rows
    ]
    network = {"name": "gemelo", "layers": layers, "input_layers": [[INPUT, 0, 0]], "output_layers": [[OUTPUT, 0, 0]]}
    return {
        "format": "layers-model",
        "generatedBy": f"gemelo {gemelo.__version__}",
        "convertedBy": None,
        "modelTopology": {
            "keras_version": "2.2.4",
            "backend": "tensorflow",
            "model_config": {"class_name": "Model", "config": network},
        },
        "weightsManifest": [{"paths": [WEIGHTS], "weights": specs}],
    }


def _metadata(source: ExportSource) -> dict[str, Any]:
    return {
        "tfjsVersion": "1.3.1",
        "packageName": "@teachablemachine/image",
        "packageVersion": "0.8.5",
        "userMetadata": {},
        "modelName": "gemelo",
        "labels": list(source.labels),
        "imageSize": source.preprocessing.width,
    }


def _notes(preprocessing: Preprocessing) -> list[str]:
    notes = ["photos of another size are resized by the client's own means: give it photos of the input's size"]
    if preprocessing.fit != "crop":
        notes.append(f"the client cuts photos to a centered square; it does not {preprocessing.fit} them")
    return notes


def _rebuilt(model: dict[str, Any], weights: bytes) -> Any:
    """A Keras model of what was written: nothing of the network that it was written from."""
    arrays = _arrays(model["weightsManifest"][0]["weights"], np.frombuffer(weights, "<f4"))
    tensors: dict[str, Any] = {}
    for row in model["modelTopology"]["model_config"]["config"]["layers"]:
        if row["class_name"] == "InputLayer":
            tensors[row["name"]] = keras.Input(tuple(row["config"]["batch_input_shape"][1:]), name=row["name"])
            continue
        layer = _layer(row["class_name"], row["config"])
        used = [tensors[node[0]] for node in row["inbound_nodes"][0]]
        tensors[row["name"]] = layer(used if len(used) > 1 else used[0])
        if row["name"] in arrays:
            layer.set_weights(arrays[row["name"]])
    return keras.Model(tensors[INPUT], tensors[OUTPUT])


def _arrays(specs: list[dict[str, Any]], values: NDArray[np.float32]) -> dict[str, list[NDArray[np.float32]]]:
    """The weights of each layer by its name."""
    arrays: dict[str, list[NDArray[np.float32]]] = {}
    start = 0
    for spec in specs:
        end = start + math.prod(spec["shape"])
        arrays.setdefault(spec["name"].rpartition("/")[0], []).append(values[start:end].reshape(spec["shape"]))
        start = end
    return arrays


def _layer(kind: str, config: dict[str, Any]) -> Any:
    """Keras 3 calls the slope of a LeakyReLU by another name."""
    renamed = {"negative_slope" if key == "alpha" else key: value for key, value in config.items()}
    return getattr(keras.layers, kind)(**renamed)
