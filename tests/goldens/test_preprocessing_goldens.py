"""Preprocessing, byte for byte: against the expected tensors, and against a second implementation."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gemelo.preprocessing.upright
from gemelo.preprocessing import EXTENSIONS, Preprocessing, decode, prepare
from gemelo.store.files import sha256_bytes
from tests.goldens import make, resample

EXPECTED: dict[str, Any] = json.loads(make.EXPECTED.read_text(encoding="utf-8"))
NAMES = sorted(EXPECTED["images"])
PREPROCESSINGS = {name: Preprocessing.from_json(value) for name, value in EXPECTED["preprocessings"].items()}


def digests(name: str) -> dict[str, str]:
    return make.digests((make.IMAGES / name).read_bytes())


def test_every_image_is_expected_and_small() -> None:
    files = {path.name: path.stat().st_size for path in make.IMAGES.iterdir()}
    assert sorted(files) == NAMES
    assert sum(files.values()) < 400_000
    assert {Path(name).suffix for name in files} == set(EXTENSIONS)
    assert make.PREPROCESSINGS == PREPROCESSINGS


@pytest.mark.parametrize("name", NAMES)
def test_the_tensor_is_the_recorded_one(name: str) -> None:
    assert digests(name) == EXPECTED["images"][name]


@pytest.mark.parametrize("preprocessing", PREPROCESSINGS)
@pytest.mark.parametrize("name", NAMES)
def test_a_second_implementation_agrees(name: str, preprocessing: str) -> None:
    path = make.IMAGES / name
    expected = resample.prepared(np.asarray(decode(path)), PREPROCESSINGS[preprocessing])
    np.testing.assert_array_equal(prepare(path, PREPROCESSINGS[preprocessing]), expected)


@pytest.mark.parametrize("fit", ["squash", "crop", "pad"])
@pytest.mark.parametrize("size", [(64, 64), (1, 1), (7, 300), (101, 67), (101, 20), (150, 67), (224, 160), (40, 190)])
def test_a_second_implementation_agrees_at_any_size(size: tuple[int, int], fit: str) -> None:
    for image in (make.card(), make.card(320, 213), make.card(31, 200)):
        for channels in (1, 3):  # the last is so tall that Pillow 13 goes down before across
            preprocessing = Preprocessing(*size, channels, fit)
            np.testing.assert_array_equal(
                prepare(image, preprocessing), resample.prepared(np.asarray(image), preprocessing)
            )


@pytest.mark.parametrize("filter", ["pillow-bicubic", "pillow-hamming", "tf-bilinear", "opencv-area"])
def test_another_filter_is_noticed(filter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    others = {name: dataclasses.replace(each, filter=filter) for name, each in PREPROCESSINGS.items()}
    monkeypatch.setattr(make, "PREPROCESSINGS", others)
    changed = [name for name in NAMES if digests(name) != EXPECTED["images"][name]]
    assert set(NAMES) - set(changed) <= {"shape-pixel.png", "shape-exact.png"}


def test_ignoring_exif_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gemelo.preprocessing.upright, "_turn_of", lambda image: None)
    changed = {name for name in NAMES if digests(name) != EXPECTED["images"][name]}
    assert changed == {name for name in NAMES if "-exif-" in name} - {"jpeg-exif-1.jpg"}


def test_ignoring_alpha_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gemelo.preprocessing.upright, "_to_rgb", lambda image: image.convert("RGBA").convert("RGB"))
    changed = {name for name in NAMES if digests(name) != EXPECTED["images"][name]}
    clear = {name for name in NAMES if any(word in name for word in ("alpha", "trns", "rgba", "transparent"))}
    assert changed <= clear
    assert len(changed) >= 0.8 * len(clear)


def test_a_profile_changes_nothing() -> None:
    expected = EXPECTED["images"]
    assert expected["jpeg-icc.jpg"] == expected["jpeg-420.jpg"]
    assert expected["png-icc.png"] == expected["png-gamma.png"] == expected["png-rgb.png"]


def test_one_picture_in_many_files_is_one_tensor() -> None:
    expected = EXPECTED["images"]
    same = ("png-rgb-interlaced.png", "webp-lossless.webp", "bmp-24.bmp", "bmp-32.bmp")
    assert {json.dumps(expected[name]) for name in same} == {json.dumps(expected["png-rgb.png"])}
    assert len({expected[f"jpeg-exif-{i}.jpg"]["64x64-squash-rgb"] for i in range(1, 9)}) == 8


def test_the_digest_is_of_the_tensor_s_bytes() -> None:
    path = make.IMAGES / "png-rgb.png"
    tensor_u8 = prepare(path, PREPROCESSINGS["96x72-crop-rgb"])
    assert tensor_u8.shape == (72, 96, 3)
    assert sha256_bytes(tensor_u8.tobytes()) == EXPECTED["images"]["png-rgb.png"]["96x72-crop-rgb"]
