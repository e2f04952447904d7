"""`gemelo detect`, `--preprocess auto`, and the warning where what was declared does not fit the photos."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gemelo import cli
from gemelo.errors import UsageError
from gemelo.messages.es import SPANISH
from gemelo.store.run import Run
from importers import detective
from importers.declare import SCALES, Declared
from importers.importing import import_model
from importers.options import ImportOptions

pytestmark = pytest.mark.tensorflow

SIDE = 8
TINTS = {"blue": (40, 60, 200), "lime": (130, 200, 90), "pink": (210, 120, 150)}


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty noisy photos of each tint, in a folder for each."""
    root, generator = tmp_path_factory.mktemp("tints"), np.random.default_rng(0)
    for label, tint in TINTS.items():
        (root / label).mkdir()
        for i in range(20):
            pixels = np.clip(generator.normal(tint, 60, (24, 32, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / label / f"{i}.png")
    return root


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that knows the tints as OpenCV shows them, divided by 255: the nearest one is the likeliest."""
    keras = pytest.importorskip("keras")
    known = np.array(list(TINTS.values()), np.float32)[:, ::-1] / 255
    image = keras.Input((SIDE, SIDE, 3))
    head = keras.layers.Dense(3, activation="softmax")
    network = keras.Model(image, head(keras.layers.GlobalAveragePooling2D()(image)))
    head.set_weights([20 * 2 * known.T, -20 * (known**2).sum(1)])
    path = tmp_path_factory.mktemp("model") / "tints.keras"
    network.save(path)
    return path


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detective, "_FILTERS", ("pillow-bilinear",))
    monkeypatch.setattr(detective, "_FITS", ("squash", "crop"))


@dataclass
class Done:
    code: int
    out: str
    err: str


Detect = Callable[..., Done]


@pytest.fixture
def detect(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Detect:
    """`gemelo detect`, in this process."""

    def run(*words: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["gemelo", "detect", *map(str, words)])
        monkeypatch.setattr(cli, "part_stderr", lambda: None)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capfd.readouterr()
        return Done(int(ended.value.code or 0), out, err)

    return run


def test_the_command_says_what_the_model_wants(detect: Detect, model: Path, photos: Path) -> None:
    done = detect(model, "--photos", photos)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert lines[0].split() == ["scale", "order", "filter", "fit", "log-loss", "correct"]
    assert lines[1].split() == ["0..1", "bgr", "pillow-bilinear", "squash", lines[1].split()[4], "100.0", "%", "best"]
    assert any(line.startswith("Scale: 0..1 bgr") for line in lines)
    assert "Labels: blue, lime, pink." not in lines, "no other order is plausible"
    assert "Fit: squash, in a tie with crop." in lines
    assert lines[-1].startswith(f"  gemelo import {model} --scale 0..1 --channel-order bgr --filter pillow-bilinear")
    assert lines[-1].endswith(f"--out runs/tints --photos {photos}")


def test_for_programs(detect: Detect, model: Path, photos: Path) -> None:
    found = json.loads(detect(model, "--photos", photos, "--json").out)
    assert found["photos"] == 60
    assert found["found"]
    best = found["trials"][0]
    assert (best["scale"], best["channel_order"], best["accuracy"]) == ("0..1", "bgr", 1)
    assert best["labels"] == list(TINTS)
    assert [trial["log_loss"] for trial in found["trials"]] == sorted(trial["log_loss"] for trial in found["trials"])


def test_photos_of_something_else(detect: Detect, model: Path, tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    for label in ("x", "y", "z"):
        (tmp_path / label).mkdir()
        for i in range(10):
            noise = generator.integers(0, 256, (16, 16, 3), np.uint8)
            Image.fromarray(noise).save(tmp_path / label / f"{i}.png")
    done = detect(model, "--photos", tmp_path)
    assert done.code == 1
    assert "Not enough evidence" in done.out
    assert "best" not in done.out
    options = ImportOptions(model, tmp_path / "run", photos=tmp_path, auto=True)
    with pytest.raises(UsageError, match="cannot be found out with these photos"):
        import_model(options)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("words", "said"), [((), "Missing option '--photos'"), (("--photos", "gone"), "no such folder")]
)
def test_usage(detect: Detect, words: tuple[str, ...], said: str, model: Path) -> None:
    done = detect(model, *words)
    assert done.code != 0
    assert said in done.err


def test_one_label_alone_tells_nothing(detect: Detect, model: Path, photos: Path, tmp_path: Path) -> None:
    (tmp_path / "blue").symlink_to(photos / "blue")
    assert "one label only" in detect(model, "--photos", tmp_path).err


def test_auto_takes_the_best_and_says_so(model: Path, photos: Path, tmp_path: Path) -> None:
    options = ImportOptions(model, tmp_path / "run", photos=photos, auto=True)
    run = import_model(options)
    said = {row.name: (row.value, row.by) for row in run.manifest.imported.declared}
    assert said["scale"] == ("0..1", "detected")
    assert said["channel_order"] == ("bgr", "detected")
    assert run.manifest.metrics.accuracy == 1
    with pytest.raises(UsageError, match="needs photos whose labels are known"):
        import_model(replace(options, photos=None, out=tmp_path / "other"))


def test_a_wrong_declaration_is_kept_and_warned_of(model: Path, photos: Path, tmp_path: Path) -> None:
    wrong = Declared(scale=SCALES["0..1"], channel_order="rgb")
    run = import_model(ImportOptions(model, tmp_path / "run", declared=wrong, photos=photos))
    assert run.manifest.metrics.accuracy < 0.9
    told = run.manifest.imported.warning
    assert told.startswith("The declared preprocessing is probably not that of the training. As declared,")
    assert "With --scale 0..1 --channel-order bgr, it is right on 100.0 %" in told
    assert run.manifest.imported.warning_told.message().text(SPANISH).startswith("Es probable que")
    assert "Nothing was changed" in told
    right = import_model(
        ImportOptions(model, tmp_path / "right", declared=replace(wrong, channel_order="bgr"), photos=photos)
    )
    assert right.manifest.imported.warning is None
    assert Run.open(tmp_path / "right").manifest.metrics.accuracy == 1
