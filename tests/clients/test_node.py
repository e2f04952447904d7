"""The scripts of `docs/node`, as they stand there, on a real bundle."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from exporters.export import export
from gemelo.preprocessing import prepare
from gemelo.runtimes import _node
from gemelo.store.bundle import Bundle
from tests.exporters import networks

SCRIPTS = ("onnx", "tfjs")


@pytest.fixture(scope="module")
def scripts(node_modules: Path, project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where somebody copied the scripts to and installed what their first lines say."""
    folder = tmp_path_factory.mktemp("scripts")
    for name in SCRIPTS:
        shutil.copy(project / "docs" / "node" / f"{name}.mjs", folder)
    (folder / "node_modules").symlink_to(node_modules)
    return folder


@pytest.fixture(scope="module")
def bundle(scripts: Path, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    root = tmp_path_factory.mktemp("node")
    run = networks.make_run(root / "run", "lecture", root / "data")
    return export(run.path, root / "bundle", ["onnx", "tfjs"], every=True).bundle


def answer(scripts: Path, name: str, *words: str | Path) -> dict[str, float]:
    command = [_node.find_node(), f"{name}.mjs", *map(str, words)]
    done = subprocess.run(command, cwd=scripts, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)
    probabilities = [row["probability"] for row in rows]
    assert probabilities == sorted(probabilities, reverse=True)
    return {row["label"]: row["probability"] for row in rows}


def difference(bundle: Bundle, found: dict[str, float], index: int) -> float:
    expected = dict(zip(bundle.labels, bundle.reference.goldens[index].probabilities, strict=True))
    assert max(found, key=lambda label: found[label]) == max(expected, key=lambda label: expected[label])
    return max(abs(found[label] - expected[label]) for label in bundle.labels)


@pytest.mark.parametrize("name", SCRIPTS)
@pytest.mark.parametrize("index", [0, 13])
def test_a_photo_at_the_network_s_size_gets_keras_s_answer(scripts, bundle, tmp_path, name, index):
    image = prepare(bundle.path / bundle.reference.goldens[index].path, bundle.preprocessing)
    Image.fromarray(image).save(tmp_path / "photo.png")
    assert difference(bundle, answer(scripts, name, bundle.path, tmp_path / "photo.png"), index) <= 1e-5


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_turned_and_transparent_photo_is_read_as_the_preprocessing_reads_it(scripts, bundle, tmp_path, name):
    image = Image.fromarray(prepare(bundle.path / bundle.reference.goldens[3].path, bundle.preprocessing))
    image.putalpha(255)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned to the right
    image.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "photo.webp", lossless=True, exact=True, exif=exif)
    assert (prepare(tmp_path / "photo.webp", bundle.preprocessing) == np.asarray(image.convert("RGB"))).all()
    assert difference(bundle, answer(scripts, name, bundle.path, tmp_path / "photo.webp"), 3) <= 1e-5


@pytest.mark.parametrize(("name", "variant"), [("onnx", "int8"), ("onnx", "fp16"), ("tfjs", "uint8")])
def test_other_variants_by_a_third_word(scripts, bundle, tmp_path, name, variant):
    written = next(row for row in parity_rows(bundle) if (row["format"], row["variant"]) == (name, variant))
    Image.fromarray(prepare(bundle.path / bundle.reference.goldens[0].path, bundle.preprocessing)).save(
        tmp_path / "p.png"
    )
    found = answer(scripts, name, bundle.path, tmp_path / "p.png", variant)
    artifact = dict(zip(bundle.labels, written["goldens"][0], strict=True))
    assert max(abs(found[label] - artifact[label]) for label in artifact) <= 1e-3


def parity_rows(bundle: Bundle) -> list[dict]:
    return json.loads((bundle.path / "parity.json").read_text(encoding="utf-8"))["artifacts"]


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_photo_of_any_size_is_resized_much_as_the_preprocessing_does(scripts, bundle, name):
    found = answer(scripts, name, bundle.path, bundle.path / bundle.reference.goldens[0].path)
    assert difference(bundle, found, 0) <= 1e-2


def test_the_scripts_are_short(project):
    for name in SCRIPTS:
        lines = (project / "docs" / "node" / f"{name}.mjs").read_text(encoding="utf-8").splitlines()
        assert len(lines) <= 32
