"""Compare, Look inside, Training: what their pages show is what the library says."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox

import gemelo
from gemelo.preprocessing import prepare
from gemelo.store.bundle import Bundle
from gemelo.store.layers import Layers
from gemelo.store.manifest import DeclaredFact, ImportedFacts
from gemelo.store.reference import ReferenceOutputs
from gemelo.store.run import Run
from gemelo.webpage.samples import drawn_samples
from streamlit_app import compare, feature_maps, inside, kernels, runs
from streamlit_app.i18n import texts
from streamlit_app.models import Found, find_bundles
from streamlit_app.options import Options
from tests.app.conftest import Start, text
from tests.support.apps import go_to
from tests.support.bundles import reseal

EVERY = ("classify", "compare", "browser", "inside", "training", "downloads")


@pytest.fixture
def found(small_bundle: Path) -> Found:
    return find_bundles(Options((small_bundle,)))[0]


@pytest.mark.parametrize("lang", ["es", "en"])
def test_every_page_is_drawn_in_both_languages(start: Start, small_bundle: Path, lang: str) -> None:
    app = start("--bundle", small_bundle, lang=lang)
    for where in EVERY:
        go_to(app, where)
        assert not app.exception, where
        assert app.title[0].value == texts(lang)[f"{where}.title"]
        assert texts(lang)["guard.title"] not in text(app), where


def test_a_bundle_with_nothing_but_an_onnx_file_breaks_no_page(start: Start, tiny: Path) -> None:
    app = start("--bundle", tiny)
    for where in EVERY:
        go_to(app, where)
        assert not app.exception, where
        assert "should not have happened" not in text(app), where


def test_where_files_are_not_served_the_page_says_so(start: Start, small_bundle: Path) -> None:
    assert "enableStaticServing" in text(start("--bundle", small_bundle, page="browser"))


def test_compare_holds_every_artifact_to_keras(start: Start, small_bundle: Path, found: Found) -> None:
    shown = text(start("--bundle", small_bundle, page="compare"))
    bundle = Bundle.open(small_bundle)
    wanted = {a.name: a for a in gemelo.verify(small_bundle).artifacts}
    held = {one.artifact.name: one for one in compare.hold_all(found)}
    assert sorted(held) == sorted(wanted)
    for name, one in held.items():
        assert one.problem is None
        assert one.difference == pytest.approx(wanted[name].max_abs_difference, abs=1e-6)
        assert one.label_changes == len(wanted[name].label_changes)
        assert name in shown
    with gemelo.load(small_bundle, "tflite", "fp32") as classifier:
        best = classifier.predict(drawn_samples()["cat-1.webp"])[0]
    assert f"{best.label} {100 * best.probability:.1f}" in shown
    label_changes = {name: one.label_changes for name, one in held.items() if one.label_changes}
    assert all(f"{name}: {count}" in shown for name, count in label_changes.items())
    assert (f"On the {len(bundle.reference.goldens)} goldens too" in shown) == (not label_changes)
    assert "To agree is not to be right" in shown
    assert "These are drawings" in shown


def test_compare_takes_differences_from_keras_where_it_knows_the_photo(small_bundle: Path) -> None:
    bundle = Bundle.open(small_bundle)
    golden = bundle.reference.goldens[3]
    image = prepare(bundle.file(golden.path), bundle.preprocessing)
    known = compare.keras_answer(bundle, image)
    assert known is not None
    assert known.tolist() == golden.probabilities.tolist()
    assert compare.keras_answer(bundle, 255 - image) is None


def test_label_changes_stand_beside_the_verdict(small_bundle: Path) -> None:
    """However the artifacts agree on this photo."""
    artifacts = {a.name: a for a in Bundle.open(small_bundle).artifacts}
    exact, eight = compare.Held(artifacts["onnx/fp32"]), compare.Held(artifacts["tflite/int8"], label_changes=2)
    assert "some get another label than Keras gave them (tflite/int8: 2)" in compare.elsewhere(24, [exact, eight])
    assert "every artifact gives the label that Keras gave" in compare.elsewhere(24, [exact])


def test_compare_names_what_cannot_be_run(
    start: Start, small_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without Node the others are compared all the same."""
    from gemelo.runtimes import _node

    copy = shutil.copytree(small_bundle, tmp_path / "without-node")  # another folder: its models are not loaded yet
    monkeypatch.setattr(_node, "_current", None)
    monkeypatch.setenv("GEMELO_NODE", "/nowhere/node")
    shown = text(start("--bundle", copy, page="compare"))
    assert "/nowhere/node" in shown.replace("\\", "")
    assert "onnx/int8" in shown


def test_the_visitors_photo_is_on_every_page(start: Start, tiny: Path) -> None:
    app = start("--bundle", tiny)
    app.file_uploader[0].upload("mine.webp", drawn_samples()["dog-2.webp"]).run()
    for where in ("compare", "inside"):
        go_to(app, where)
        assert chosen_photo(app).options[0] == "mine.webp"
        assert chosen_photo(app).value == 1
    app.file_uploader[0].upload("other.webp", drawn_samples()["cat-2.webp"]).run()
    assert [photo.name for photo in app.session_state["tray"].photos] == ["other.webp", "mine.webp"]
    assert chosen_photo(app).value == 2
    app.file_uploader[0].upload("bad.webp", b"RIFF").run()
    assert not app.exception
    assert chosen_photo(app).value == 2


def chosen_photo(app: AppTest) -> Selectbox[int]:
    return next(one for one in app.selectbox if one.label == "Photo")


@pytest.mark.parametrize("where", ["compare", "inside"])
def test_another_photo_that_cannot_be_read_says_why(start: Start, tiny: Path, where: str) -> None:
    app = start("--bundle", tiny, page=where)
    app.file_uploader[0].upload("bad.jpg", b"this is no picture").run()
    assert "bad.jpg: this is text" in text(app)
    assert app.session_state["tray"].photos == []
    app.file_uploader[0].upload("good.webp", next(iter(drawn_samples().values()))).run()
    assert "bad.jpg" not in text(app)
    assert app.session_state["tray"].chosen == app.session_state["tray"].photos[0].number


def test_the_last_layer_says_what_the_model_says(start: Start, small_bundle: Path, found: Found) -> None:
    app = start("--bundle", small_bundle, page="inside")
    layers = Layers.load(Bundle.open(small_bundle))
    assert layers is not None
    names = [layer.name for layer in layers.layers]
    image = prepare(drawn_samples()["cat-1.webp"], layers_preprocessing(small_bundle))
    outputs = inside.load_inside(found).run(image)
    assert [outputs[layer.name].shape for layer in layers.layers] == [layer.shape for layer in layers.layers]
    with gemelo.load(small_bundle) as classifier:
        assert np.abs(outputs[names[-1]] - classifier.probabilities(image[np.newaxis])[0]).max() <= 1e-6
    first = text(app)
    with gemelo.load(small_bundle) as classifier:
        best = classifier.predict(drawn_samples()["cat-1.webp"])[0]
    assert re.search(rf"{best.label} {100 * best.probability:.1f}.% ", first)
    assert "As onnx/fp32 answers" in first
    for name in ("", "flatten", names[-1]):
        app.select_slider(key="layer").set_value(name).run()
        assert not app.exception
    assert "The answer." in text(app)


def test_the_first_layers_kernels_are_its_weights(start: Start, small_bundle: Path) -> None:
    bundle = Bundle.open(small_bundle)
    layers = Layers.load(bundle)
    layer = kernels.first(layers)
    weights = layers.weight(bundle, layer.kernel)
    assert weights.shape == (3, 3, 3, 32)
    sheet = kernels.sheet(weights, 1.0)
    assert (sheet[..., 3] == 255).sum() == weights.size
    assert tuple(sheet[0, 0, :3]) == tuple(feature_maps.colored(weights[:1, :1, 0, 0], 1.0)[0, 0])
    app = start("--bundle", small_bundle, page="inside")
    app.slider(key="kernel").set_value(7).run()
    said = text(app)
    assert "32 windows of 3×3" in said
    assert "What kernel 7 finds in this photo" in said
    assert " ".join(f"{value:.3f}" for value in weights[0, :, 0, 6]) in said


def layers_preprocessing(path: Path) -> gemelo.Preprocessing:
    return Bundle.open(path).preprocessing


def test_a_montage_shows_every_number_at_its_place() -> None:
    features = np.linspace(-1, 1, 3 * 5 * 32).astype(np.float32).reshape(3, 5, 32)
    sheet = feature_maps.montage(features, 1.0)
    opaque = sheet[..., 3] == 255
    assert opaque.sum() == features.size
    assert tuple(sheet[0, 0, :3]) == tuple(feature_maps.colored(features[:1, :1, 0], 1.0)[0, 0])
    assert feature_maps.colored(np.float32([[-1, 0, 1, 2]]), 1.0).tolist() == [
        [[31, 111, 196], [255, 255, 255], [217, 106, 0], [217, 106, 0]]
    ]
    assert feature_maps.colored(np.zeros((2, 2), np.float32), 0.0).min() == 255


def test_occlusion_finds_what_the_answer_hangs_on() -> None:
    """A made-up classifier that looks at one corner: that corner is hot, and nothing else."""
    preprocessing = gemelo.Preprocessing(40, 32)
    image = np.full((32, 40, 3), 250, np.uint8)

    def answer(images: np.ndarray) -> np.ndarray:
        lit = images[:, :8, 30:, :].mean(axis=(1, 2, 3)) / 255
        return np.stack([lit, 1 - lit], axis=1).astype(np.float32)

    heat = feature_maps.occlusion(image, preprocessing, answer)
    assert heat.shape == (32, 40, 2)
    assert np.unravel_index(heat[..., 0].argmax(), (32, 40))[1] >= 30
    assert heat[16:, :20, 0].max() == 0
    assert np.allclose(heat[..., 0], -heat[..., 1])
    over = feature_maps.overlay(image, heat[..., 0], 0.7)
    assert over.shape[0] >= 384
    assert over[-1, 0].tolist() == [250, 250, 250]


def test_class_activation_is_the_score() -> None:
    rng = np.random.default_rng(3)
    features, kernel = rng.normal(size=(4, 6, 8)).astype(np.float32), rng.normal(size=(8, 3)).astype(np.float32)
    for label in range(3):
        score = features.mean(axis=(0, 1)) @ kernel[:, label]
        assert feature_maps.activation(features, kernel, label).mean() == pytest.approx(score, abs=1e-5)


def test_training_shows_the_run_of_this_very_bundle(
    start: Start, small_bundle: Path, small_run: Path, drawings: Path
) -> None:
    app = start("--bundle", small_bundle, "--run", drawings, "--run", small_run, page="training")
    bundle, run = Bundle.open(small_bundle), Run.open(small_run)
    assert runs.find_run(bundle, Options((), (drawings, small_run))).path == small_run
    assert f"{100 * bundle.manifest.metrics.accuracy:.2f}" in text(app)
    assert f"All figures are of these {len(bundle.reference.test)} test photos" in text(app)
    assert "the best on these very photos" in text(app)
    assert [row.epoch for row in run.history()] == [1, 2]
    found = runs.mistakes(bundle.reference.test, run)
    assert found
    assert [one.sure for one in found] == sorted((one.sure for one in found), reverse=True)
    for one in found:
        assert one.photo == (drawings / one.image.path).read_bytes()
        assert one.said != one.true
        assert one.image.path in text(app)


def test_training_without_its_run_says_so(start: Start, small_bundle: Path, tmp_path: Path) -> None:
    shown = start("--bundle", small_bundle, "--run", tmp_path, page="training")
    assert any("--run PATH" in info.value for info in shown.info)
    assert not shown.exception


def test_training_of_an_imported_model_shows_its_declarations(start: Start, tiny: Path, tmp_path: Path) -> None:
    bundle = Bundle.open(shutil.copytree(tiny, tmp_path / "brought"))
    said = [DeclaredFact("scale", "0..1", "option"), DeclaredFact("fit", "<b>crop</b>", "default")]
    source = ImportedFacts(
        "my.keras", "0" * 64, 9, "keras", "Keras", "3.15.1", "keras", said, warning="Wrong <b>scale."
    )
    reseal(bundle, imported=source)
    for lang, owner in (("en", "its owner"), ("es", "su dueño")):
        app = start("--bundle", bundle.path, lang=lang, page="training")
        assert not app.exception
        for words in ("my.keras (Keras 3.15.1", "0..1", owner, "&lt;b&gt;crop&lt;/b&gt;"):
            assert words in text(app)
        assert "Wrong &lt;b&gt;scale." in text(app)
        assert not app.info or "--run PATH" not in app.info[0].value


def test_a_photo_that_was_changed_is_not_shown(small_bundle: Path, small_run: Path, tmp_path: Path) -> None:
    bundle, run = Bundle.open(small_bundle), Run.open(small_run)
    wrong = runs.mistakes(bundle.reference.test, run)[0].image
    place = tmp_path / wrong.path
    place.parent.mkdir(parents=True)
    place.write_bytes(b"another photo")
    run = Run(run.path, replace(run.manifest, dataset=replace(run.manifest.dataset, root=str(tmp_path))))
    assert [one.photo for one in runs.mistakes(bundle.reference.test, run)][:1] == [None]


def test_calibration_is_the_trainers(small_bundle: Path) -> None:
    from gemelo import metrics

    reference: ReferenceOutputs = Bundle.open(small_bundle).reference
    probabilities = np.stack([image.probabilities for image in reference.test])
    labels = np.array([image.label for image in reference.test])
    wanted = [row for row in metrics.reliability(probabilities, labels) if row["count"]]
    ours = runs.reliability(reference.test)
    assert [row["count"] for row in ours] == [row["count"] for row in wanted]
    for key in ("confidence", "accuracy"):
        assert [row[key] for row in ours] == [row[key] for row in wanted]


def test_what_the_browser_sends_is_not_believed(start: Start, tiny: Path) -> None:
    from gemelo.errors import CheckError
    from streamlit_app import browser

    at = start("--bundle", tiny, "--max-megabytes", "1").session_state["chosen"]
    good = {"id": "1", "name": "a.webp", "probabilities": [0.25, 0.75], "data": "", "choice": {"variant": "fp32"}}
    assert browser.read_sent(at, good).photo.problem.message == "a.webp: the file is empty (0 bytes)"
    for change in (
        {"probabilities": [1.0]},
        {"probabilities": [float("nan"), 1.0]},
        {"probabilities": "many"},
        {"data": "???"},
        {"data": "A" * (2 << 20)},
        {"choice": "fp32"},
        {"choice": {}},
    ):
        with pytest.raises(CheckError):
            browser.read_sent(at, {**good, **change})
    for message in (None, [], "x", {}):
        with pytest.raises(CheckError):
            browser.read_sent(at, message)
