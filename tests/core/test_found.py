"""What lies where a run or a bundle should be is named, with what to do."""

import zipfile
from pathlib import Path

import pytest

from gemelo.bundle import Bundle
from gemelo.errors import GemeloError
from gemelo.run import Run


def keras(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model.weights.h5", b"")


@pytest.mark.parametrize("opened", [Run, Bundle])
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("model.keras", "this is a Keras model, not a folder"),
        ("keras_model.h5", "this is a Keras model in HDF5, not a folder"),
        ("model.tflite", "this is a TFLite model, not a folder"),
        ("photos.zip", "this is a zip, not a folder"),
        ("notes.txt", "this is a file, not a folder"),
    ],
)
def test_files(name: str, kind: str, opened: type[Run] | type[Bundle], tmp_path: Path) -> None:
    path = tmp_path / name
    starts = {"keras_model.h5": b"\x89HDF\r\n\x1a\n", "model.tflite": b"\0\0\0\0TFL3", "photos.zip": b"PK\x03\x04"}
    keras(path) if name == "model.keras" else path.write_bytes(starts.get(name, b"text"))
    with pytest.raises(GemeloError) as caught:
        opened.open(path)
    assert caught.value.message == f"{path}: {kind}"
    hint = caught.value.hint or ""
    assert {"photos.zip": "unpack it", "notes.txt": ""}.get(name, "cannot be imported yet") in hint
    assert bool(hint) is (name != "notes.txt")


@pytest.mark.parametrize("name", ["saved_model.pb", "model.json"])
def test_folders_of_models_trained_elsewhere(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"{}")
    for opened in (Run, Bundle):
        with pytest.raises(GemeloError) as caught:
            opened.open(tmp_path)
        assert "cannot be imported yet" in (caught.value.hint or "")
