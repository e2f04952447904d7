"""`gemelo compare` and the new options of `gemelo verify` as people type them."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from gemelo.cli.compare_options import sides_of
from gemelo.compare.baseline import against, layers
from gemelo.compare.report import CompareReport
from gemelo.errors import UsageError
from gemelo.reports.statistics import mcnemar
from gemelo.store.schema import as_json, read
from tests.support.bundles import WEIGHTS, make_bundle, reseal, write_onnx
from tests.support.cli import run_gemelo
from tests.support.compared import KERNEL, Tiny


def test_an_option_of_one_model_is_for_it_alone(tiny: Tiny, photos: Path) -> None:
    one, other = tiny.onnx(), tiny.onnx("b.onnx", kernel=KERNEL[:, ::-1].copy())
    out = tiny.folder / "out"
    command = ["compare", one, other, "--images", photos, "--scale", "-1..1", "--out", out]
    done = run_gemelo(*command, "--b-channel-order", "bgr", "--json")
    assert done.returncode == 0, done.stderr
    report = read(CompareReport, json.loads(done.stdout), "it")
    assert report.sides[0].preprocessing.endswith("scaled as -1..1")
    assert report.sides[1].preprocessing.endswith("scaled as -1..1, BGR")
    assert as_json(report) == json.loads((out / "compare.json").read_text())


def test_a_difference_is_explained_on_paper_and_ends_with_1(tiny: Tiny, photos: Path) -> None:
    one, other = tiny.onnx(labels=["cats", "dogs", "<b>"]), tiny.onnx("b.onnx", kernel=KERNEL[:, ::-1].copy())
    files = {name: tiny.folder / f"out/report.{name}" for name in ("md", "xml")}
    written = ["--out", tiny.folder / "out", "--markdown", files["md"], "--junit", files["xml"]]
    done = run_gemelo("compare", one, other, "--images", photos, "--scale", "0..1", "--layers", *written)
    assert done.returncode == 1, done.stderr
    told = "B is given RGB; with BGR it agrees to"
    assert told in done.stdout
    assert "try --b-channel-order bgr" in done.stdout
    assert "departs from A at features (Conv)" in done.stdout
    markdown = files["md"].read_text()
    assert told in markdown
    assert "- try `--b-channel-order bgr`\n" in markdown
    assert markdown.index("- layers: ") < markdown.index("\n- labels changed, ")
    assert done.stdout.index(told) < done.stdout.index("label change")
    suite = ElementTree.fromstring(files["xml"].read_text())
    assert suite.get("failures") == "1"
    failure = suite.find("testcase/failure")
    assert failure is not None
    assert told in failure.get("message", "")
    assert "try --b-channel-order bgr" in (failure.text or "")
    html = (tiny.folder / "out/compare.html").read_text()
    assert told in html
    assert "departs from A at features (Conv)" in html[: html.index("The models")]
    assert "data:image/webp;base64," in html
    assert "<b>" not in html


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["a", "b", "--c-scale", "0..1"], "no model C"),
        (["a", "b", "--b-color", "x"], "--b-color: there is no such option"),
        (["a", "b", "--scal", "x"], "--scal: there is no such option.*did you mean --scale"),
        (["a", "b", "--c-sclae", "x"], "--c-sclae: there is no such option.*did you mean --c-scale"),
        (["a", "b", "--b-scale=1/255"], "--b-scale 1/255: this is MEAN/STD.*did you mean 0..1"),
        (["a", "b", "--b-scale=1/127.5"], "did you mean -1..1"),
        (["a", "b", "--b-scale"], "a value must follow"),
        (["a", "b", "--b-scale=2..3"], "--b-scale 2..3: no such scale"),
        (["a", "b", "--b-fit", "stretch"], "--b-fit stretch: there is no such fit"),
        (["a", "b", "--b-resize-to", "many"], "a whole number"),
    ],
)
def test_options_that_there_are_not_are_named(words: list[str], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        sides_of(words)
    assert re.search(told, f"{caught.value.message} {caught.value.hint}")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["a.onnx"], "give two to 26"),
        (["a.onnx", "b.onnx", "--tolerance", "-1"], "tolerance"),
        ([], "Missing argument"),
    ],
)
def test_wrong_usage_ends_with_2(arguments: list[str], told: str, photos: Path) -> None:
    done = run_gemelo("compare", *arguments, "--images", photos)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("lost", "won", "p"), [(0, 0, 1.0), (5, 5, 1.0), (10, 0, 0.001953125), (8, 2, 0.109375)])
def test_mcnemar(lost: int, won: int, p: float) -> None:
    assert mcnemar(lost, won) == mcnemar(won, lost) == pytest.approx(p)


def test_what_changed_since_a_baseline(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "new")
    older = make_bundle(tmp_path / "old")
    images = tmp_path / "photos"
    for label in ("cats", "dogs"):
        (images / label).mkdir(parents=True)
        for golden in (older.path / "goldens").iterdir():
            (images / label / golden.name).write_bytes(golden.read_bytes())
    same = against(bundle.path, older.path, images)
    assert same.passed
    assert (same.artifacts[0].lost, same.artifacts[0].won, same.artifacts[0].p) == (0, 0, 1.0)
    write_onnx(bundle.path / "onnx/fp32.onnx", -WEIGHTS)
    (images / "cats").rename(images / "x")
    _reseal(bundle.path)
    report = against(bundle.path, older.path, images)
    (row,) = report.artifacts
    assert row.accuracy_before is not None
    assert row.accuracy_after is not None
    assert row.lost + row.won > 0
    assert row.accuracy_after - row.accuracy_before == pytest.approx((row.won - row.lost) / (row.photos / 2))
    assert row.passed == (row.lost <= row.won or mcnemar(row.lost, row.won) >= 0.05)


def _reseal(path: Path) -> None:
    from gemelo.store.bundle import Artifact, Bundle, read_bundle_manifest
    from gemelo.store.files import read_json

    manifest = read_bundle_manifest(read_json(path / "manifest.json"), path)
    reseal(Bundle(path, manifest), artifacts=[Artifact.of(path, "onnx", "fp32", "onnx/fp32.onnx")])


def test_verify_says_what_changed_and_writes_summaries(tmp_path: Path) -> None:
    new, old = make_bundle(tmp_path / "new").path, make_bundle(tmp_path / "old").path
    markdown, junit = tmp_path / "a.md", tmp_path / "a.xml"
    done = run_gemelo("verify", new, "--baseline", old, "--markdown", markdown, "--junit", junit)
    assert done.returncode == 0, done.stderr
    assert "no worse" in done.stdout
    assert "Since" in markdown.read_text()
    names = [case.get("classname") for case in ElementTree.fromstring(junit.read_text())]
    assert names == ["gemelo.verify", "gemelo.verify.baseline"]
    found = json.loads(run_gemelo("verify", new, "--baseline", old, "--json").stdout)
    assert found["baseline"]["artifacts"][0]["name"] == "onnx/fp32"
    assert run_gemelo("verify", new, "--baseline", tmp_path / "none").returncode == 2


def test_layers_of_a_bundle_need_two_artifacts(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="a single artifact"):
        layers(make_bundle(tmp_path / "tiny").path, None)


def test_layers_of_a_bundle_are_held_to_its_fp32_artifact(photos: Path) -> None:
    pets = Path(__file__).resolve().parents[2] / "models/cats_vs_dogs"
    found = layers(pets, photos)
    assert sorted(found) == ["onnx/int8", "tfjs/uint8", "tflite/int8"]
    assert all("agrees with onnx/fp32 layer by layer" in departure.sentence for departure in found.values())
    assert all(np.isfinite(departure.matched) and departure.matched > 20 for departure in found.values())
