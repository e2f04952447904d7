"""What cannot be imported is refused in a sentence that says what it is, with what can be done; nothing is left."""

import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from gemelo.errors import GemeloError
from importers import place
from importers.declare import Scale
from importers.frameworks import keras, quiet, tf
from importers.programs import Trust
from tests.importers import models
from tests.importers.conftest import Import

layers = keras.layers
ABC, AB = ("ant", "bee", "cat"), ("no", "yes")
UNIT = Scale.parse("0..1")


def written(name: str, data: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(data)
        return folder / name

    return make


def zipped(name: str, **files: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        with zipfile.ZipFile(folder / name, "w") as archive:
            for inside, data in files.items():
                archive.writestr(inside, data)
        return folder / name

    return make


def of(build: Callable[[], Any], name: str = "my.keras") -> Callable[[Path], Path]:
    return lambda folder: models.saved(build(), folder / name)


def compiled(units: int, activation: str | None, loss: str) -> Any:
    model = models.network(units=units, activation=activation)
    model.compile(loss=loss)
    return model


def two_inputs() -> Any:
    images = [keras.Input((24, 32, 3)) for _ in range(2)]
    return keras.Model(images, layers.Dense(3)(layers.GlobalMaxPooling2D()(layers.Add()(images))))


def two_outputs() -> Any:
    model = models.network()
    return keras.Model(model.inputs, [model.outputs[0], layers.Dense(4)(model.outputs[0])])


def a_map() -> Any:
    image = keras.Input((24, 32, 3))
    return keras.Model(image, layers.Conv2D(3, 1, activation="softmax")(image))


def of_rows() -> Any:
    row = keras.Input((10,))
    return keras.Model(row, layers.Dense(3, activation="softmax")(row))


def nan() -> Any:
    model = models.network()
    model.weights[-2].assign(np.full(model.weights[-2].shape, np.nan))
    return model


def of_lambda() -> Any:
    return models.network(before=[layers.Lambda(lambda x: x / 255)])


def own_layer() -> Any:
    namespace: dict[str, Any] = {"__name__": "net"}
    exec(compile(models.CODE, "net.py", "exec"), namespace)
    return models.network(before=[namespace["Doubled"]()])


def newer(folder: Path) -> Path:
    """A file of Keras 99, with a layer that there is not yet."""
    path = models.saved(models.network(), folder / "old.keras")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(folder / "new.keras", "w") as new:
        for name in old.namelist():
            data = old.read(name).replace(b'"keras_version": "3', b'"keras_version": "99')
            new.writestr(name, data.replace(b'"GlobalAveragePooling2D"', b'"BetterPooling2D"'))
    return folder / "new.keras"


def cut(folder: Path) -> Path:
    path = models.saved(models.network(), folder / "my.h5")
    path.write_bytes(path.read_bytes()[:5000])
    return path


def cut_zip(folder: Path) -> Path:
    path = models.saved(models.network(), folder / "my.keras")
    path.write_bytes(path.read_bytes()[:5000])
    return path


def flipped(folder: Path) -> Path:
    """Bytes of the weights exchanged, the zip's checksums with them."""
    path = models.saved(models.network(), folder / "whole.keras")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(folder / "my.keras", "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, data[: len(data) // 2] if name.endswith("h5") else data)
    return folder / "my.keras"


def only_weights(name: str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        models.network().save_weights(folder / name)
        return folder / name

    return make


def hdf5_of_data(folder: Path) -> Path:
    with h5py.File(folder / "data.h5", "w") as file:
        file["x"] = np.zeros(3)
    return folder / "data.h5"


def hdf5_that_leads_out(folder: Path) -> Path:
    path = models.saved(models.network(), folder / "my.h5")
    with h5py.File(path, "a") as file:
        file["model_weights"]["more"] = h5py.ExternalLink("/etc/passwd", "/")
    return path


def hdf5_bomb(folder: Path) -> Path:
    path = models.saved(models.network(), folder / "my.h5")
    with h5py.File(path, "a") as file:
        file.create_dataset("model_weights/more", (1 << 30,), "f4", chunks=(1 << 20,), compression="gzip")
    assert path.stat().st_size < 1 << 20
    return path


def huge(folder: Path) -> Path:
    path = folder / "huge.keras"
    with path.open("wb") as stream:
        stream.write(b"PK\x03\x04")
        stream.truncate(place.MOST_BYTES + 1)
    return path


def zip_bomb(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "model.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        stream = archive.open("my.keras", "w", force_zip64=True)
        for _ in range((place.MOST_BYTES >> 24) + 1):
            stream.write(bytes(1 << 24))
        stream.close()
    return folder / "model.zip"


def zip_that_lies(folder: Path) -> Path:
    """A zip whose directory says that a file has 5 bytes; it unpacks to more."""
    with zipfile.ZipFile(folder / "model.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("my.keras", bytes(1000))
    data = (folder / "model.zip").read_bytes()
    (folder / "model.zip").write_bytes(data.replace((1000).to_bytes(4, "little"), (5).to_bytes(4, "little")))
    return folder / "model.zip"


def zip_of_link(folder: Path) -> Path:
    info = zipfile.ZipInfo("saved_model.pb")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(folder / "model.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    return folder / "model.zip"


class Writes(tf.Module):  # type: ignore[misc]
    """A SavedModel that writes a file when it is asked."""

    @tf.function(input_signature=[tf.TensorSpec((None, 24, 32, 3), tf.float32)])  # type: ignore[untyped-decorator]
    def __call__(self, image: Any) -> Any:
        tf.io.write_file("/tmp/never", "written")
        return {"probabilities": tf.nn.softmax(tf.reduce_mean(image, (1, 2)))}


class Detector(tf.Module):  # type: ignore[misc]
    @tf.function(input_signature=[tf.TensorSpec((None, 24, 32, 3), tf.float32)])  # type: ignore[untyped-decorator]
    def __call__(self, image: Any) -> Any:
        return {"detection_boxes": tf.reduce_mean(image, 3), "detection_scores": tf.reduce_mean(image, (2, 3))}


class Decodes(tf.Module):  # type: ignore[misc]
    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string)])  # type: ignore[untyped-decorator]
    def __call__(self, data: Any) -> Any:
        return {"probabilities": tf.zeros((1, 3))}


def served(module: Callable[[], Any]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        with quiet():
            made = module()
            tf.saved_model.save(made, str(folder / "saved"), signatures=made.__call__)
        return folder / "saved"

    return make


def unsigned(folder: Path) -> Path:
    with quiet():
        tf.saved_model.save(tf.Module(), str(folder / "saved"))
    return folder / "saved"


def damaged_graph(folder: Path) -> Path:
    models.plain(folder / "saved")
    data = folder / "saved" / "variables" / "variables.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:20])
    return folder / "saved"


TFJS = json.dumps({"modelTopology": {}, "weightsManifest": []}).encode()
ROWS: dict[str, tuple[Callable[[Path], Path], str, str]] = {
    "nothing there": (lambda folder: folder / "no.keras", "there is no such file or folder", ""),
    "empty": (written("my.keras", b""), "the file is empty", ""),
    "text": (written("my.keras", b"hello"), "this is no model that gemelo knows", "gemelo imports .keras and .h5"),
    "photo": (written("my.keras", b"\xff\xd8\xff\xe0" + bytes(60)), "this is a photo", "gemelo predict"),
    "notebook": (written("train.ipynb", b"{}"), "this is a Python program or a notebook", "model.save"),
    "empty folder": (lambda folder: folder, "this is no model that gemelo knows", "gemelo imports"),
    "cut zip": (cut_zip, "the zip is damaged", "again"),
    "cut HDF5": (cut, "the HDF5 file is damaged", "again"),
    "cut weights": (flipped, "Keras cannot load the model", "again"),
    "cut SavedModel": (damaged_graph, "TensorFlow cannot load the SavedModel", ""),
    "SavedModel of nonsense": (
        zipped("m.zip", **{"saved_model.pb": b"nonsense"}),
        "saved_model.pb is damaged",
        "again",
    ),
    "configuration of nonsense": (
        zipped("m.keras", **{"config.json": b"{", "metadata.json": b"{}", "model.weights.h5": b""}),
        "the file is damaged: config.json in it cannot be read",
        "",
    ),
    "newer Keras": (newer, "saved by Keras 99.", "pip install -U keras"),
    "weights of Keras 3": (
        only_weights("my.weights.h5"),
        "weights of a Keras model without its architecture",
        "load_w",
    ),
    "weights alone in a zip": (
        zipped("m.keras", **{"model.weights.h5": b""}),
        "weights of a Keras model without its architecture",
        "load_weights",
    ),
    "checkpoint": (written("cp.ckpt.index", b"x"), "weights of a Keras model without its architecture", "load_weights"),
    "HDF5 of data": (hdf5_of_data, "an HDF5 file, but not of a Keras model", ""),
    "TFLite": (
        written("my.tflite", b"\x1c\0\0\0TFL3"),
        "a TFLite model, which is exported already",
        "import the Keras",
    ),
    "ONNX": (written("my.onnx", b"\x08\x08\x12\x02tf"), "an ONNX model, which is exported already", "import the Keras"),
    "TF.js": (written("model.json", TFJS), "a TF.js model, which is exported already", "import the Keras"),
    "TF.js in a zip": (zipped("tm.zip", **{"model.json": TFJS}), "a TF.js model", "import the Keras"),
    "PyTorch": (
        zipped("my.pt", **{"archive/data.pkl": b"."}),
        "this is a PyTorch model",
        "rebuild the network in Keras",
    ),
    "old PyTorch": (written("my.pth", b"\x80\x02\x8a"), "this is a PyTorch model", "rebuild the network"),
    "safetensors": (
        written("my.safetensors", (10).to_bytes(8, "little") + b'{"a": {}}'),
        "weights in safetensors, without an architecture",
        "rebuild",
    ),
    "pickle": (written("my.pkl", b"\x80\x04abc"), "a pickle, which is a program", "model.save"),
    "file of a SavedModel": (written("saved_model.pb", b"\x08\x01\x12\x00"), "without the rest of it", "the folder"),
    "frozen graph": (written("graph.pb", b"\x0a\x00"), "a frozen TensorFlow graph", "model.export"),
    "500 MB": (huge, "a model of more than 500 MB", "include_optimizer=False"),
    "zip bomb": (zip_bomb, "a model of more than 500 MB", ""),
    "zip that lies": (zip_that_lies, "the zip is damaged", ""),
    "zip that climbs out": (zipped("m.zip", **{"../x.keras": b"x"}), "which would climb out of it", ""),
    "zip with a link": (zip_of_link, "the zip has a link", ""),
    "HDF5 that leads out": (hdf5_that_leads_out, "more in it is a link to another file", ""),
    "HDF5 bomb": (hdf5_bomb, "its weights would take more than 500 MB", ""),
    "Lambda": (of(of_lambda), "the model holds programs: lambda", "--trust"),
    "Lambda in HDF5": (of(of_lambda, "my.h5"), "the model holds programs: lambda", "--trust"),
    "graph that writes": (served(Writes), "the model holds programs: it would run WriteFile", "--trust"),
    "own layer": (of(own_layer), "the code of Doubled is not in the file", "--custom-objects"),
    "subclassed": (of(models.subclassed), "the code of Net is not in the file", "model.export"),
    "NaN": (of(nan), "the model answers NaN or infinity", "--scale"),
    "multi-label": (of(lambda: models.network(activation="sigmoid")), "this is a multi-label model", "one probability"),
    "regression": (of(lambda: compiled(1, None, "mse")), "this is a regression", "one probability"),
    "regression of HDF5": (of(lambda: compiled(3, None, "mae"), "my.h5"), "this is a regression", "one probability"),
    "ReLU": (of(lambda: models.network(activation="relu")), "the model ends in relu", "one probability"),
    "softmax of one": (of(lambda: models.network(units=1)), "a softmax over one unit is always 1", "sigmoid"),
    "two inputs": (of(two_inputs), "the model has 2 inputs", ""),
    "two outputs": (of(two_outputs), "the model has 2 outputs", "one probability"),
    "segmentation": (of(a_map), "the output is a map", "one probability"),
    "rows": (of(of_rows), "the input is no image", ""),
    "four channels": (of(lambda: models.network((24, 32, 4))), "the input has 4 channels", ""),
    "detector": (served(Detector), "this is a detector", "one probability"),
    "bytes of photos": (served(Decodes), "takes the bytes of image files", "pixels"),
    "no signature": (unsigned, "has none, and no signature serving_default", "model.export"),
}


@pytest.mark.parametrize("row", ROWS)
def test_refused(row: str, brought: Import, tmp_path: Path) -> None:
    make, message, hint = ROWS[row]
    (tmp_path / "made").mkdir()
    path = make(tmp_path / "made")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(GemeloError) as caught:
        brought(path, labels=ABC, scale=UNIT)
    assert message in caught.value.message
    assert hint in (caught.value.hint or "")
    assert str(path) in caught.value.message or path.name in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.exit_code == (2 if row == "nothing there" else 1)
    assert sorted(tmp_path.rglob("*")) == before, "nothing is written"


def test_a_program_runs_with_trust_alone(brought: Import, tmp_path: Path) -> None:
    path = models.saved(models.network(before=[layers.Lambda(lambda x: x / 255)]), tmp_path / "my.keras")
    run = brought(path, labels=ABC, scale=Scale.parse("0..255"), trust=Trust(given=True))
    assert run.manifest.imported is not None
    assert run.manifest.imported.form == "saved-model", "the run itself holds no program"


def test_two_models_of_other_names_are_told_by_content(brought: Import, tmp_path: Path) -> None:
    keras_file = models.saved(models.network(), tmp_path / "a.keras").rename(tmp_path / "a.h5")
    assert brought(keras_file, labels=ABC, scale=UNIT).manifest.imported.source == "keras"
    hdf5 = models.saved(models.network(), tmp_path / "b.h5").rename(tmp_path / "b.keras")
    assert brought(hdf5, labels=ABC, scale=UNIT, overwrite=True).manifest.imported.source == "hdf5"
    with zipfile.ZipFile(tmp_path / "sent.zip", "w") as archive:
        archive.write(keras_file, "folder/model")
    assert brought(tmp_path / "sent.zip", labels=ABC, scale=UNIT, overwrite=True).manifest.imported.source == "keras"
