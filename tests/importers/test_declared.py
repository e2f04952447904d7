"""What people declare, as they type it: scales, labels, presets; and the command that takes it."""

import json
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

from gemelo import installed
from gemelo.cli import _register, app
from gemelo.cli.info import print_told
from gemelo.errors import GemeloError
from gemelo.goldens import load_goldens
from gemelo.preprocessing import FILTERS, FITS, Preprocessing, prepare
from gemelo.store.bundle import Bundle
from gemelo.store.manifest import DatasetFacts, Facts, ImportedFacts, Metrics
from importers import labels, presets
from importers.declare import SCALES, Declared, Scale
from importers.form import scaling
from importers.photos import read
from tests.importers import models


@pytest.mark.parametrize("text", [*SCALES, "127.5/127.5", "1,2,3/4,5,6", "1,2,3/255", "0/-1"])
def test_scales_are_read_and_written_alike(text: str) -> None:
    scale = Scale.parse(text)
    assert Scale.parse(str(scale)) == scale
    factor, offset = scaling(scale)
    pixels = np.array([0, 100, 255], np.float64)
    expected = (pixels - np.array(scale.mean)) / np.array(scale.std)
    np.testing.assert_allclose(pixels * factor + offset, expected, atol=1e-9)


@pytest.mark.parametrize("text", ["", "0..2", "1/0", "a/b", "1,2/3,4", "1", "nan/1", "1/nan", "inf/1", "1,2,3,4/1"])
def test_what_is_no_scale_is_answered_with_those_there_are(text: str) -> None:
    with pytest.raises(GemeloError, match="no such scale") as caught:
        Scale.parse(text)
    hint = caught.value.hint or ""
    assert all(name in hint for name in SCALES)
    assert len(hint.splitlines()) < 12, "one screen"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("cats\ndogs\n", ("cats", "dogs")),
        ("0 cats\n1 big dogs\n\n", ("cats", "big dogs")),
        ("0: cats\r\n1: dogs", ("cats", "dogs")),
        ("101 dalmatians\n7 dwarfs", ("101 dalmatians", "7 dwarfs")),
        ('["cats", "dogs"]', ("cats", "dogs")),
        ('{"dogs": 1, "cats": 0}', ("cats", "dogs")),
        ('{"1": "dogs", "0": "cats"}', ("cats", "dogs")),
    ],
)
def test_files_of_labels(text: str, found: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_bytes(text.encode())
    assert labels.parse(str(tmp_path / "labels.txt")) == found


def test_labels_on_the_command_line() -> None:
    assert labels.parse("cats, dogs,señal ✓") == ("cats", "dogs", "señal ✓")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cats\n",
        "cats\n\ndogs",
        "cats\ncats",
        "[1, 2]",
        '{"cats": 0, "dogs": 2}',
        "[",
        '{"a": "b"}',
        "[[]]",
        "a\x07\nb",
    ],
)
def test_what_is_no_file_of_labels(text: str, tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_bytes(text.encode())
    with pytest.raises(GemeloError):
        labels.parse(str(tmp_path / "labels.txt"))
    with pytest.raises(GemeloError, match="there is no such file"):
        labels.parse(str(tmp_path / "none.txt"))


def test_presets_are_whole_and_their_order_counts() -> None:
    for declared in presets.PRESETS.values():
        if declared.fit is not None:
            names = {"fit": declared.fit, "filter": declared.filter, "resize_to": declared.resize_to}
            Preprocessing(8, 8, 3, **{name: value for name, value in names.items() if value is not None})
        assert declared.filter in (None, *FILTERS)
        assert declared.fit in (None, *FITS)
    first, second = Declared(fit="crop"), Declared(fit="squash", filter="pillow-box")
    assert first.over(second) == Declared(fit="crop", filter="pillow-box")


def test_the_presets_of_keras_are_keras_s_own_functions() -> None:
    from importers.frameworks import keras

    pixels = np.random.default_rng(0).uniform(0, 255, (2, 4, 4, 3)).astype("float32")
    for name, declared in presets.PRESETS.items():
        if not name.startswith("keras.applications."):
            continue
        family = getattr(keras.applications, name.rpartition(".")[2])
        assert declared.scale is not None
        factor, offset = scaling(declared.scale)
        x = pixels[..., ::-1] if declared.scale.bgr else pixels
        np.testing.assert_allclose(x * factor + offset, family.preprocess_input(pixels.copy()), atol=2e-4, err_msg=name)


def test_photos_are_split_alike_every_time_and_by_label(photos: Path) -> None:
    test, aside = read(photos).split()
    assert {photo.relative for photo in test}.isdisjoint(photo.relative for photo in aside)
    assert [sum(photo.label == name for photo in aside) for name in ("ant", "bee", "cat")] == [4, 4, 4]
    assert read(photos).split() == (test, aside)


def call(*words: str | Path) -> int:
    """Run a command in this process, where TensorFlow is loaded already; its errors are raised."""
    _register([str(word) for word in words])
    return int(app([str(word) for word in words], standalone_mode=False) or 0)


def test_a_model_file_is_imported_and_exported_in_one_step(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = models.saved(models.network(), tmp_path / "my.keras")
    out = tmp_path / "mine"
    asked = ("--scale", "-1..1", "--photos", photos, "--formats", "onnx", "--variants", "fp32,int8")
    code = call("export", path, "--out", out, *asked, "--gate", "int8:drop=100,changes=100")
    assert code == 0
    told, waiting = capsys.readouterr()
    assert "calibration: expected error" in told
    assert "not sure: never: every photo is answered" in told
    assert "hardly better than guessing" in told
    assert "loading TensorFlow" not in waiting, "it is loaded already"
    bundle = Bundle.open(out)
    source = bundle.manifest.imported
    assert source is not None
    assert (bundle.name, source.file, source.command) == ("mine", "my.keras", None)
    assert {row.name: row.by for row in source.declared}["scale"] == "option"
    assert str(tmp_path) not in (out / "manifest.json").read_text()
    assert "imported from my.keras" in (out / "README.md").read_text()
    images = np.stack([prepare(golden.data, bundle.preprocessing) for golden in load_goldens()]).astype("float32")
    answers = np.stack([golden.probabilities for golden in bundle.reference.goldens])
    np.testing.assert_allclose(answers, np.asarray(models.network()(images / 127.5 - 1)), atol=2e-6)
    assert call("verify", out) == 0
    capsys.readouterr()
    assert call("info", out) == 0
    assert "imported from my.keras (Keras" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("labels", "accuracy", "photos", "swap"),
    [(("no", "yes"), 0.2, 60, True), (("no", "yes"), 0.0, 5, False), (("a", "b", "c"), 0.1, 60, False)],
)
def test_two_labels_that_are_swapped(
    labels: tuple[str, ...], accuracy: float, photos: int, swap: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    source = ImportedFacts("my.keras", "0" * 64, 9, "keras", "Keras", "3", "keras", [])
    size = Preprocessing(8, 8, 3)
    counted = DatasetFacts(test=photos)
    print_told(Facts("my", "imported", 9, list(labels), size, Metrics(accuracy), counted, imported=source))
    told = capsys.readouterr().out
    assert "or worse: " in told
    assert ("swap the labels: --labels yes,no" in told) == swap


def test_without_photos_nothing_is_said_that_nobody_knows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = models.saved(models.network(), tmp_path / "my.keras")
    run, out = tmp_path / "run", tmp_path / "mine"
    assert call("import", path, "--out", run, "--labels", "a,b,c", "--scale", "0..1") == 0
    told = capsys.readouterr().out
    assert "photos        none" in told
    assert not [word for word in ("accuracy", "calibration", "epoch") if word in told]
    assert "How good it is, is not known" in (run / "report.html").read_text()
    assert call("export", run, "--out", out, "--formats", "onnx") == 0
    assert "onnx/int8: 8 bits are calibrated and judged on photos" in capsys.readouterr().out
    assert [artifact.name for artifact in Bundle.open(out).artifacts] == ["onnx/fp32"]
    assert "None" not in (out / "README.md").read_text()
    assert json.loads((out / "manifest.json").read_text())["metrics"]["accuracy"] is None
    with pytest.raises(GemeloError, match="these are for model files"):
        call("export", run, "--out", tmp_path / "x", "--scale", "0..1")


def test_what_cannot_be_is_told_before_tensorflow_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(module: str) -> None:
        raise AssertionError(f"{module} was loaded")

    monkeypatch.setattr("gemelo.cli.importing.load_heavy", never)
    (tmp_path / "my.onnx").write_bytes(b"\x08\x08\x12\x02tf")
    out = ("--out", tmp_path / "run")
    for words, code, told in (
        (("import", tmp_path / "none.keras", *out), 2, "there is no such file or folder"),
        (("import", tmp_path / "my.onnx", *out), 1, "this is an ONNX model"),
        (("export", tmp_path / "my.onnx", *out), 1, "this is an ONNX model"),
        (("import", tmp_path / "my.onnx", *out, "--scale", "0..9"), 2, "no such scale"),
        (("import", tmp_path / "my.onnx", *out, "--preset", "keras"), 2, "unknown preset"),
        (("import", tmp_path / "my.onnx", "--out", tmp_path), 2, "would take the place of the model"),
    ):
        with pytest.raises(GemeloError, match=told) as caught:
            call(*words)
        assert caught.value.exit_code == code


def test_the_process_of_keras_2_answers_errors_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["child", str(tmp_path / "none.h5"), str(tmp_path / "out"), "", ""])
    monkeypatch.setitem(sys.modules, "tf_keras", None)
    runpy.run_module(installed.name_of("importers.legacy_child"), run_name="__main__")
    assert "tf_keras" in json.loads(capsys.readouterr().out.splitlines()[-1])["error"]
