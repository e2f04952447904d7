"""SavedModels, subclassed models, Keras 2 and Teachable Machine: each is kept as a graph that answers as it did."""

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from gemelo.errors import UsageError
from gemelo.store.run import Run
from importers.declare import Scale
from importers.frameworks import tf
from importers.opening import opened
from importers.programs import Trust
from tests.importers import models
from tests.importers.conftest import Import
from tests.importers.test_keras import AB, ABC, images, said
from trainer.distillation import Teacher


def served(run: Run) -> np.ndarray:
    """What saved_model/ answers, which the reference outputs are."""
    serve = tf.saved_model.load(str(run.file("saved_model"))).signatures["serving_default"]
    found = serve(image=tf.constant(images(run)))["probabilities"].numpy()
    np.testing.assert_allclose(found, np.stack([g.probabilities for g in run.reference.goldens]), atol=1e-6)
    assert np.ptp(found, axis=0).max() > 0.01, "photos get different answers"
    return found


def test_a_saved_model_of_keras(brought: Import, tmp_path: Path) -> None:
    model = models.network(before=[models.layers.Rescaling(1 / 255)])
    run = brought(models.saved(model, tmp_path / "my"), labels=ABC)
    np.testing.assert_allclose(served(run), np.asarray(model(images(run))), atol=2e-6)
    assert said(run)["scale"] == ("0..255", "file")
    assert said(run)["output"] == ("probabilities", "file")
    with pytest.raises(UsageError, match="a teacher is a model of Keras"):
        Teacher.open(run.path, run.preprocessing)
    assert (run.manifest.convolutions, run.manifest.parameters > 150) == (1, True)


def test_a_saved_model_of_plain_tensorflow_gives_logits(brought: Import, tmp_path: Path) -> None:
    run = brought(models.plain(tmp_path / "plain"), labels=ABC)
    logits = models.Plain()(images(run))["logits"]
    np.testing.assert_allclose(served(run), tf.nn.softmax(logits).numpy(), atol=2e-6)
    assert said(run)["output"] == ("logits", "detected")


def test_channels_first_and_blue_first(brought: Import, tmp_path: Path) -> None:
    model = models.channels_first()
    run = brought(models.saved(model, tmp_path / "my"), labels=AB, scale=Scale.parse("0..1"), channel_order="bgr")
    expected = model(np.moveaxis(images(run)[..., ::-1] / 255, -1, 1))
    np.testing.assert_allclose(served(run), np.asarray(expected), atol=2e-6)


def test_a_subclassed_model_by_its_code_and_as_a_saved_model(brought: Import, tmp_path: Path) -> None:
    model, code = models.subclassed(), tmp_path / "net.py"
    code.write_text(models.CODE)
    run = brought(models.saved(model, tmp_path / "my.keras"), labels=AB, trust=Trust(given=True, code=code))
    by_code = served(run)
    np.testing.assert_allclose(by_code, np.asarray(model(images(run))), atol=2e-6)
    run = brought(models.saved(model, tmp_path / "my"), labels=AB, overwrite=True)
    np.testing.assert_allclose(served(run), by_code, atol=2e-6)


@pytest.fixture(scope="module")
def legacy(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    pytest.importorskip("tf_keras", reason="models of Keras 2 need tf-keras")
    folder = tmp_path_factory.mktemp("legacy")
    command = [sys.executable, "-m", "tests.importers.legacy_models", str(folder)]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (folder / "labels.txt").write_text("0 ant\n1 bee\n2 big cat\n")
    with zipfile.ZipFile(folder / "export.zip", "w") as archive:
        archive.write(folder / "keras_model.h5", "converted_keras/keras_model.h5")
        archive.write(folder / "labels.txt", "converted_keras/labels.txt")
    return folder


def test_keras_2_goes_through_tf_keras(brought: Import, legacy: Path) -> None:
    run = brought(legacy / "keras2.h5", labels=AB)
    source = run.manifest.imported
    assert source is not None
    assert (source.framework, source.form, source.source) == ("tf-keras", "saved-model", "hdf5")
    assert said(run)["scale"] == ("0..255", "file")
    assert served(run).shape == (24, 2)
    answers = np.load(legacy / "answers.npz")
    with opened(legacy / "keras2.h5", Trust()) as loaded:
        np.testing.assert_allclose(loaded.answer(answers["noise"]), answers["keras2"], atol=1e-6)


def test_teachable_machine_says_everything_itself(brought: Import, legacy: Path) -> None:
    run = brought(legacy / "export.zip")
    assert run.labels == ["ant", "bee", "big cat"]
    assert run.preprocessing.fit == "crop"
    assert {name: said(run)[name] for name in ("scale", "labels")} == {
        "scale": ("-1..1", "file"),
        "labels": ("ant, bee, big cat", "file"),
    }
    serve = tf.saved_model.load(str(run.file("saved_model"))).signatures["serving_default"]
    answers = np.load(legacy / "answers.npz")
    found = serve(image=tf.constant(answers["noise"]))["probabilities"].numpy()
    np.testing.assert_allclose(found, answers["machine"], atol=2e-6)
