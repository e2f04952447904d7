"""What cannot be compared is refused in one sentence that says what to do; nothing ends in a traceback."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gemelo import errors
from gemelo.compare import Asked, compare
from gemelo.compare.beside import declaration
from gemelo.compare.model import one_output
from gemelo.compare.readers import tflite
from tests.support.compared import DENSE, KERNEL, Tiny

PETS = Path(__file__).resolve().parents[2] / "models/cats_vs_dogs"
Make = Callable[[Tiny], Path]


@dataclass(frozen=True)
class Row:
    """A second model that is refused.

    Attributes:
        name: What is wrong with it.
        make: Writes it.
        error: The class of the error.
        words: In its sentence or its hint.
        common: What is said of both.
    """

    name: str
    make: Make
    error: type[errors.GemeloError]
    words: str
    common: tuple[tuple[str, Any], ...] = (("scale", "0..1"),)


def text(name: str, content: bytes | str) -> Make:
    def make(tiny: Tiny) -> Path:
        path = tiny.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


def cut(source: Path) -> Make:
    def make(tiny: Tiny) -> Path:
        data = source.read_bytes()
        return text(f"cut{source.suffix}", data[: len(data) // 2])(tiny)

    return make


def folder(content: dict[str, str]) -> Make:
    def make(tiny: Tiny) -> Path:
        path = tiny.folder / "a_folder"
        path.mkdir()
        for name, value in content.items():
            (path / name).write_text(value)
        return path

    return make


def climbing(tiny: Tiny) -> Path:
    model = tiny.layers() / "model.json"
    model.write_text(model.read_text().replace("weights.bin", "../weights.bin"))
    return model


def short(tiny: Tiny) -> Path:
    model = tiny.layers()
    (model / "weights.bin").write_bytes(b"\0" * 8)
    return model


def answers(rows: dict[str, Any]) -> Make:
    return text("answers.json", json.dumps({"answers": rows}))


MODEL, USAGE, LABELS = errors.ModelError, errors.UsageError, errors.LabelMismatchError
ROWS = [
    Row("nothing there", lambda tiny: tiny.folder / "none.onnx", errors.NotFoundError, "no such file or folder"),
    Row("an empty file", text("b.onnx", b""), MODEL, "no nodes|empty"),
    Row("an empty TFLite file", text("b.tflite", b""), MODEL, "LiteRT cannot load|empty"),
    Row("text", text("b.txt", "hello"), MODEL, "no model that can be compared"),
    Row("text called ONNX", text("b.onnx", "hello world"), MODEL, "no ONNX model"),
    Row("half an ONNX file", cut(PETS / "onnx/fp32.onnx"), MODEL, "no ONNX model|cannot load"),
    Row("half a TFLite file", cut(PETS / "tflite/int8.tflite"), MODEL, "LiteRT cannot load"),
    Row("a folder of anything", folder({"a.txt": "a"}), MODEL, "no model that can be compared"),
    Row("a model.json of something else", folder({"model.json": "[]"}), MODEL, "no model of TF.js"),
    Row("a model.json that is no JSON", folder({"model.json": "{"}), MODEL, "no model of TF.js"),
    Row("a TF.js model that climbs out", climbing, MODEL, "outside its folder"),
    Row("a TF.js model cut short", short, MODEL, "TF.js cannot load"),
    Row("several outputs", lambda t: t.onnx("b.onnx", extra_output="flat"), MODEL, "2 outputs: answer, flat"),
    Row("one class", lambda t: t.onnx("b.onnx", dense=DENSE[:, :2].copy()), LABELS, "B .* tells 2 classes apart"),
    Row("no scale", lambda t: t.onnx("b.onnx"), USAGE, "--a-scale SCALE --b-scale SCALE", ()),
    Row("any size", lambda t: t.onnx("b.onnx", size="s", labels=["a"] * 3), USAGE, "--size", (("scale", "0..1"),)),
    Row("labels of another length", lambda t: t.onnx("b.onnx", labels=["cats", "dogs"]), LABELS, "3 classes.*2 labels"),
    Row("another size", lambda t: t.onnx("b.onnx"), USAGE, "not 99x99", (("scale", "0..1"), ("size", "99"))),
    Row("answers of other photos", answers({"x.jpg": [0.5, 0.5, 0]}), errors.DatasetError, "x.jpg"),
    Row("answers of several lengths", answers({"x.jpg": [1.0], "y.jpg": [0.5, 0.5]}), MODEL, "different lengths"),
    Row("answers that are words", answers({"x.jpg": ["cat"]}), MODEL, "a list of numbers|a finite number"),
    Row("a damaged file beside it", lambda t: beside(t, "{"), errors.SchemaError, "gemelo.json"),
    Row("a wrong word beside it", lambda t: beside(t, '{"scale": "2..3"}'), USAGE, "gemelo.json.*no such scale"),
]


def beside(tiny: Tiny, content: str) -> Path:
    path = tiny.onnx("b.onnx")
    path.with_name("b.onnx.gemelo.json").write_text(content)
    return path


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name.replace(" ", "-"))
def test_a_model_that_cannot_be_compared_is_refused(row: Row, tiny: Tiny, photos: Path) -> None:
    size = "side" if row.name == "any size" else 12
    asked = Asked([tiny.onnx(size=size), row.make(tiny)], declaration(**dict(row.common)))
    with pytest.raises(errors.GemeloError, match="(?s)" + row.words) as caught:
        compare(asked, photos)
    assert isinstance(caught.value, row.error)
    assert caught.value.exit_code == row.error.exit_code


def test_a_model_that_answers_nan_is_named_and_the_others_go_on(tiny: Tiny, photos: Path) -> None:
    broken = tiny.onnx("b.onnx", kernel=np.full_like(KERNEL, np.nan))
    report = compare(Asked([tiny.onnx(), broken, tiny.onnx("c.onnx")], declaration(scale="0..1")), photos)
    assert not report.passed
    assert list(report.failures) == ["B"]
    assert "NaN or infinity to 12 of 12 photos" in report.failures["B"]
    assert [(pair.letter, pair.passed) for pair in report.pairs] == [("C", True)]


def test_a_reference_that_answers_nan_is_no_pass(tiny: Tiny, photos: Path) -> None:
    broken = tiny.onnx("b.onnx", kernel=np.full_like(KERNEL, np.nan))
    report = compare(Asked([broken, tiny.onnx()], declaration(scale="0..1")), photos)
    assert not report.passed
    assert report.pairs == []


def test_a_runtime_that_is_missing_is_named_and_the_others_go_on(
    tiny: Tiny, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> None:
        raise errors.MissingDependencyError("ai-edge-litert", "pip install litert")

    monkeypatch.setattr(tflite, "open", missing)
    paths = [PETS, PETS / "tflite/int8.tflite", PETS / "onnx/int8"]
    report = compare(Asked(paths), photos)
    assert "B (int8.tflite) was left out: ai-edge-litert" in report.notes[0]
    assert [pair.letter for pair in report.pairs] == ["C"]
    with pytest.raises(errors.MissingDependencyError, match="ai-edge-litert"):
        compare(Asked(paths[:2]), photos)


def test_photos_that_cannot_be_read_are_named_and_the_others_count(tiny: Tiny, photos: Path) -> None:
    copy = Path(shutil.copytree(photos, tiny.folder / "photos"))
    (copy / "cats" / "damaged.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    report = compare(Asked([tiny.onnx(), tiny.onnx("b.onnx")], declaration(scale="0..1")), copy)
    assert report.photos == 12
    assert any("damaged.jpg" in note for note in report.notes)


@pytest.mark.parametrize(("make", "words"), [(False, "no-photos"), (True, "no photo below it")])
def test_a_folder_without_photos_is_refused(make: bool, words: str, tiny: Tiny) -> None:
    place = tiny.folder / "no-photos"
    if make:
        place.mkdir()
    with pytest.raises(errors.UsageError, match=words):
        compare(Asked([tiny.onnx(), tiny.onnx("b.onnx")], declaration(scale="0..1")), place)


def test_a_detector_is_refused_by_name() -> None:
    assert one_output("b", [("features", 2), ("logits", 2)]) == "logits"
    for names in ([("boxes", 3), ("scores", 2)], [("a", 2), ("b", 2)], []):
        with pytest.raises(errors.ModelError, match=f"{len(names)} outputs"):
            one_output("b", names)
