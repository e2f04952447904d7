"""What lies where a run or a bundle should be is named, with what to do."""

import os
import zipfile
from pathlib import Path

import pytest

from gemelo.errors import GemeloError
from gemelo.store.bundle import Bundle
from gemelo.store.run import Run
from trainer.scan import read_folder

KINDS = {"saved_model.pb": "a SavedModel", "model.json": "a TF.js model"}


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
        ("photos.zip", "this is a zip archive, not a folder"),
        ("photos.rar", "this is a RAR archive, not a folder"),
        ("photo.bin", "this is a photo, not a folder"),
        ("page.html", "this is a web page, not a folder"),
        ("model.onnx", "this is an ONNX model, not a folder"),
        ("notes.txt", "this is a file, not a folder"),
    ],
)
def test_files(name: str, kind: str, opened: type[Run] | type[Bundle], tmp_path: Path) -> None:
    path = tmp_path / name
    starts = {"keras_model.h5": b"\x89HDF\r\n\x1a\n", "model.tflite": b"\0\0\0\0TFL3", "photos.zip": b"PK\x03\x04"}
    starts |= {"photos.rar": b"Rar!\x1a\x07\x01\0", "photo.bin": b"\xff\xd8\xff\xe0", "page.html": b"<html></html>"}
    keras(path) if name == "model.keras" else path.write_bytes(starts.get(name, b"text"))
    with pytest.raises(GemeloError) as caught:
        opened.open(path)
    assert caught.value.message == f"{path}: {kind}"
    hint = caught.value.hint or ""
    none = dict.fromkeys(("notes.txt", "photo.bin", "page.html"), "")
    archives = dict.fromkeys(("photos.zip", "photos.rar"), "unpack it")
    assert {**none, **archives}.get(name, "is imported: gemelo export") in hint
    assert bool(hint) is (name not in none)


@pytest.mark.parametrize("name", ["saved_model.pb", "model.json"])
def test_folders_of_models_trained_elsewhere(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"{}")
    for opened in (Run, Bundle):
        with pytest.raises(GemeloError) as caught:
            opened.open(tmp_path)
        assert "is imported: gemelo export" in (caught.value.hint or "")
        assert f"this is {KINDS[name]}, not a {opened.__name__.lower()}" in caught.value.message


@pytest.mark.parametrize("opened", [Run, Bundle])
def test_an_empty_folder_and_a_pipe(opened: type[Run] | type[Bundle], tmp_path: Path) -> None:
    with pytest.raises(GemeloError, match="the folder is empty"):
        opened.open(tmp_path)
    os.mkfifo(tmp_path / "model.keras")  # opening it would wait for ever
    with pytest.raises(GemeloError, match="this is"):
        opened.open(tmp_path / "model.keras")


def test_train_says_what_is_there_instead_of_a_folder_of_photos(tmp_path: Path) -> None:
    keras(tmp_path / "model.keras")
    with pytest.raises(GemeloError, match="this is a Keras model, not a folder") as caught:
        read_folder(tmp_path / "model.keras")
    assert caught.value.hint == "give a folder of photos"
    (tmp_path / "saved_model.pb").write_bytes(b"")
    with pytest.raises(GemeloError, match="this is a SavedModel, and there are no photos in it"):
        read_folder(tmp_path)
