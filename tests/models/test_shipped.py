"""The classifiers in models/: whole, small, right on goldens everywhere, and on photos where they are."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import gemelo
from gemelo.goldens import load_goldens
from gemelo.store.bundle import Bundle
from gemelo.webpage import make_page
from tests.conftest import ROOT
from tests.goldens import of_bundles

MODELS = ROOT / "models"
# Bytes of all artifacts together at most; accuracy at least.
SHIPPED = {"cats_vs_dogs": (3e6, 0.95), "cats_vs_dogs_224": (12e6, 0.98)}
ARTIFACTS = {
    "cats_vs_dogs": ["onnx/fp32", "onnx/int8", "tfjs/uint8", "tflite/int8"],
    "cats_vs_dogs_224": ["onnx/int8", "tfjs/uint8", "tflite/int8"],
}
# Bytes that a first visit to the page may take.
PAGES = {"cats_vs_dogs": 1e6, "cats_vs_dogs_224": 3.2e6}
NAMES = sorted(SHIPPED)


def test_nothing_else_is_shipped() -> None:
    assert sorted(path.name for path in MODELS.iterdir() if path.is_dir()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_whole_small_and_told_about(name: str) -> None:
    bundle = Bundle.open(MODELS / name)
    assert bundle.labels == ["cats", "dogs"]
    assert sorted(artifact.name for artifact in bundle.artifacts) == ARTIFACTS[name]
    assert sum(artifact.bytes for artifact in bundle.artifacts) <= SHIPPED[name][0]
    card = (MODELS / name / "README.md").read_text().replace("\N{NO-BREAK SPACE}", " ")
    for words in ("research and demonstration", "gemelo train", "--seed 0", "95 % confidence", "gets wrong"):
        assert words.lower() in card.lower(), words


@pytest.mark.parametrize("name", NAMES)
def test_verified_by_every_runtime(name: str) -> None:
    report = gemelo.verify(MODELS / name)
    assert report.passed
    assert {row.format for row in report.artifacts} == {"onnx", "tfjs", "tflite"}


def test_the_small_one_loses_nothing_where_8_bits_are_the_weights_alone() -> None:
    found = {row.name: row.max_abs_difference for row in gemelo.verify(MODELS / "cats_vs_dogs").artifacts}
    assert max(found["onnx/fp32"], found["tfjs/uint8"]) < 1e-4


@pytest.mark.parametrize("name", NAMES)
def test_its_page_begins_with_tfjs(name: str, tmp_path: Path) -> None:
    """ONNX Runtime's code alone is three megabytes packed; TF.js's is a twentieth of that."""
    first = make_page(MODELS / name, tmp_path / "site").first.served
    assert first <= PAGES[name]


@pytest.mark.parametrize("name", NAMES)
def test_no_photo_is_in_it(name: str) -> None:
    pictures = [p for p in (MODELS / name).rglob("*") if p.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp", ".npy")]
    assert {p.parent.name for p in pictures if p.name != "reference.npy"} <= {"goldens", "onnx"}
    drawn, shipped = dict(of_bundles.pictures()), {golden.name: golden.data for golden in load_goldens()}
    for path in (path for path in pictures if path.parent.name == "goldens"):
        if shipped.get(path.name) == path.read_bytes():
            continue
        with Image.open(path) as ours:  # one of gemelo 0.1.0
            theirs = drawn[path.stem]
            assert np.array_equal(np.asarray(ours.convert("RGBA")), np.asarray(theirs.convert("RGBA"))), path.name


@pytest.mark.parametrize("name", NAMES)
def test_real_photos(name: str, cats_vs_dogs: Path) -> None:
    photos = [p for label in ("cats", "dogs") for p in sorted((cats_vs_dogs / "test_set" / label).iterdir())[::10]]
    reference = json.loads((MODELS / name / "reference.json").read_text())
    assert len(reference["test"]) == 2000
    for artifact in Bundle.open(MODELS / name).artifacts:
        if artifact.format == "tfjs":
            continue  # Node starts for each batch: test_verified_by_every_runtime has it
        with gemelo.load(MODELS / name, artifact.format, artifact.variant) as classifier:
            said = [answer[0].label for _, answer in classifier.predict_all(photos)]
        assert np.mean([label == p.parent.name for label, p in zip(said, photos, strict=True)]) >= SHIPPED[name][1]
