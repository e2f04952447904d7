"""Reference outputs: goldens as JSON, test photos as an array beside it, and files of older versions."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gemelo.errors import IntegrityError, LabelMismatchError, MissingFileError, SchemaError, TamperedFileError
from gemelo.store.files import read_json, sha256_bytes, write_json
from gemelo.store.reference import ReferenceImage, ReferenceOutputs

LABELS = ["a", "b", "c"]


def image(number: int, label: int | None = None) -> ReferenceImage:
    answer = np.random.default_rng(number).dirichlet(np.ones(3)).astype(np.float32)
    return ReferenceImage(f"{number}.png", f"{number:064d}", f"{number:064x}", answer, label)


# NumPy reads the header of an array as Python, whose tokenizer has an error of its own.
ENDLESS_HEADER = b"\x93NUMPY\x01\x00\x76\x00" + b"{'descr': '<f4', 'shape': (".ljust(0x75) + b"\n"


@pytest.fixture
def record(tmp_path: Path) -> Path:
    ReferenceOutputs(LABELS, [image(0), image(1)], [image(i, i % 3) for i in range(2, 9)]).save(
        tmp_path / "reference.json"
    )
    return tmp_path / "reference.json"


def same(one: list[ReferenceImage], other: list[ReferenceImage]) -> bool:
    return all(
        (a.path, a.sha256, a.tensor_sha256, a.label) == (b.path, b.sha256, b.tensor_sha256, b.label)
        and a.probabilities.dtype == np.float32
        and np.array_equal(a.probabilities, b.probabilities)
        for a, b in zip(one, other, strict=True)
    )


def test_what_was_saved_is_read(record: Path) -> None:
    found = ReferenceOutputs.load(record)
    assert found.labels == LABELS
    assert same(found.goldens, [image(0), image(1)])
    assert same(found.test, [image(i, i % 3) for i in range(2, 9)])
    assert np.array_equal(np.load(record.with_name("reference.npy")), [row.probabilities for row in found.test])


def test_the_answers_on_photos_are_not_in_the_json(record: Path) -> None:
    value = read_json(record)
    assert all("probabilities" in row for row in value["goldens"])
    assert not any("probabilities" in row for row in value["test"])


def test_nothing_but_json_where_there_are_no_test_photos(tmp_path: Path) -> None:
    ReferenceOutputs(LABELS, [image(0)], []).save(tmp_path / "reference.json")
    assert [path.name for path in tmp_path.iterdir()] == ["reference.json"]
    assert ReferenceOutputs.load(tmp_path / "reference.json").test == []


def test_records_of_older_versions_stay_readable(tmp_path: Path) -> None:
    test = [image(i, i % 3) for i in range(3)]
    rows = {"goldens": [image(9)], "test": test}
    write_json(tmp_path / "reference.json", {"labels": LABELS, **rows})
    found = ReferenceOutputs.load(tmp_path / "reference.json")
    assert same(found.test, test)
    assert same(found.goldens, [image(9)])


def npy(array: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, **options)
    return stream.getvalue()


def header(shape: tuple[int, ...]) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f4", "fortran_order": False, "shape": shape})
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", SchemaError),
        (b"\x93NUMPY\1\0", SchemaError),
        (b"no array at all", SchemaError),
        (ENDLESS_HEADER, SchemaError),
        (npy(np.zeros((7, 3), np.float64)), SchemaError),
        (npy(np.zeros((7, 3), np.float32, order="F")), SchemaError),
        (npy(np.zeros((7, 3), np.float32), version=(2, 0)), SchemaError),
        (npy(np.array([None] * 3), allow_pickle=True), SchemaError),
        (npy(np.zeros((7, 2), np.float32)), LabelMismatchError),
        (npy(np.zeros((6, 3), np.float32)), LabelMismatchError),
        (npy(np.zeros(21, np.float32)), LabelMismatchError),
        (npy(np.zeros((7, 3), np.float32))[:-1], LabelMismatchError),
        (npy(np.zeros((7, 3), np.float32)) + b"\0", LabelMismatchError),
        (header((1 << 40, 3)), LabelMismatchError),
        (header((7, 3)), LabelMismatchError),
    ],
    ids=range(15),
)
def test_arrays_that_are_none(data: bytes, error: type[IntegrityError], record: Path) -> None:
    record.with_name("reference.npy").write_bytes(data)
    value = read_json(record)
    write_json(record, {**value, "answers": {**value["answers"], "sha256": sha256_bytes(data)}})
    with pytest.raises(error):
        ReferenceOutputs.load(record)


@pytest.mark.parametrize(
    "change",
    [
        lambda value: value.update(answers=None),
        lambda value: value.update(answers={}),
        lambda value: value.update(answers=7),
        lambda value: value.update(test=7),
        lambda value: value.pop("answers"),
    ],
    ids=["null", "empty", "a number", "no list of photos", "gone"],
)
def test_a_damaged_record(change: Callable[[dict[str, Any]], object], record: Path) -> None:
    value = read_json(record)
    change(value)
    write_json(record, value)
    with pytest.raises(IntegrityError):
        ReferenceOutputs.load(record)


def test_an_array_that_was_changed_or_is_gone(record: Path) -> None:
    path = record.with_name("reference.npy")
    data = path.read_bytes()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(TamperedFileError, match=r"reference\.npy"):
        ReferenceOutputs.load(record)
    path.unlink()
    with pytest.raises(MissingFileError, match=r"reference\.npy"):
        ReferenceOutputs.load(record)
