"""Every field of every JSON file of a bundle, a run and a pack, replaced by values that nobody expects.

The hashes fit, as they would where the author of a bundle is the attacker. Each ends in the error tree or is answered,
and what is printed holds no control character.
"""

import contextlib
import io
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gemelo import errors
from gemelo.cli.info import describe_bundle, describe_run, print_bundle, print_run
from gemelo.edge.build import make_pack
from gemelo.edge.device.whole import Pack
from gemelo.parity.expected import expected_outputs
from gemelo.preprocessing import Preprocessing
from gemelo.store.bundle import Bundle, ClientRow, LeftOut
from gemelo.store.files import read_json
from gemelo.store.layers import Cam, Layer, Layers, Weight
from gemelo.store.manifest import Abstain, ClassFigures, DatasetFacts, HeadFigures, Metrics, TrainingFacts
from gemelo.store.run import Run, RunManifest, write_run
from gemelo.store.schema import as_json
from gemelo.terminal.text import complain, print_json
from gemelo.webpage.content import collect_goldens, encode, page_content
from tests.hostile.fields import GONE, VALUES, changed, places, spoil
from tests.support.bundles import LABELS, make_bundle, make_reference
from tests.support.pages import FORMATS, make_full_bundle

EACH_FILE = 80  # of all pairs of field and value, by a fixed seed


def mutations(value: Any, name: str) -> list[tuple[tuple[Any, ...], Any]]:
    pairs = [(at, new) for at in places(value) for new in (*VALUES, GONE)]
    return random.Random(name).sample(pairs, min(EACH_FILE, len(pairs)))


def attempt(use: Callable[[], object], what: object) -> str:
    """What is printed by something that ends well or in the error tree."""
    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        try:
            use()
        except errors.GemeloError as error:
            complain(error.message, error.hint)
        except Exception as error:
            raise AssertionError(f"{what}: {type(error).__name__}: {error}") from error
    return told.getvalue()


def use_bundle(root: Path) -> None:
    bundle = Bundle.open(root)
    print_bundle(bundle)
    print_json(describe_bundle(bundle))
    expected_outputs(bundle)
    Layers.load(bundle)
    encode(page_content(bundle, FORMATS, collect_goldens(bundle), {}, 1000), bundle)


def use_run(root: Path) -> None:
    run = Run.open(root)
    print_run(run)
    print_json(describe_run(run))


def use_pack(root: Path) -> None:
    pack = Pack.open(root)
    pack.expected()


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    more = {
        "dataset": DatasetFacts(train=4, test=2),
        "abstain": Abstain(0.5, 1.0, 1.0),
        "training": TrainingFacts(keep="best", max_pixels=64),
        "clients": {"mediapipe": ClientRow("clients/mediapipe", {"fp32": 0.0})},
        "gates": {"int8": {"drop": 1.5}},
        "notes": ["a note"],
        "left_out": [LeftOut("onnx", "fp16", "too far")],
        "metrics": metrics(),
    }
    root = make_full_bundle(tmp_path_factory.mktemp("full") / "tiny", **more).path
    kernel = Weight("conv2d/kernel", (2, 1, 1, 3))
    conv = Layer("conv2d", "Conv2D", "conv2d", None, (3, 4, 3), kernel, None, strides=(1, 1), padding="valid")
    scaled = Layer("rescaling", "Rescaling", "rescaling", None, (4, 4, 1), scale=0.5, offset=-1.0)
    layers = Layers(
        True, None, "layers/tfjs/model.json", "layers/layers.onnx", (scaled, conv), Cam("conv2d", kernel, None)
    )
    spoil(root, "layers/layers.json", as_json(layers), "manifest.json")
    return root


def metrics() -> Metrics:
    rows = {label: ClassFigures(precision=1.0, recall=0.5, support=2) for label in LABELS}
    figures = {"accuracy": 0.5, "loss": 0.4, "ece": 0.1, "ece_before": 0.2, "temperature": 1.5, "calibration": "on 9"}
    epochs = {"kept_epoch": 2, "epochs": 3, "val_accuracy": 0.5, "best_val_accuracy": 0.5, "best_epoch": 2}
    frozen = HeadFigures(0.75, 0.1)
    return Metrics(**figures, **epochs, per_class=rows, confusion=[[1, 1], [0, 2]], frozen=frozen)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("run") / "tiny"
    make_reference(root).save(root / "reference.json")
    manifest = RunManifest(
        name="tiny",
        architecture="mean-color",
        parameters=6,
        convolutions=0,
        preprocessing=Preprocessing(16, 12),
        labels=LABELS,
        dataset=DatasetFacts(root="/photos", train=4, test=2, notes=["x"], warnings=["y"], validation="test"),
        training=TrainingFacts(keep="best", command="gemelo train"),
        metrics=metrics(),
        versions={"python": "3"},
        abstain=Abstain(0.5, 1.0, 1.0),
    )
    return write_run(root, manifest).path


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pack")
    return make_pack(make_bundle(folder / "tiny").path, folder / "pack").path


CASES = (
    ("bundle", "manifest.json", "manifest.json", use_bundle),
    ("bundle", "reference.json", "manifest.json", use_bundle),
    ("bundle", "parity.json", "manifest.json", use_bundle),
    ("bundle", "layers/layers.json", "manifest.json", use_bundle),
    ("bundle", "tfjs/fp32/model.json", "manifest.json", use_bundle),
    ("run", "run.json", "run.json", use_run),
    ("run", "reference.json", "run.json", use_run),
    ("pack", "pack.json", "pack.json", use_pack),
    ("pack", "preprocessing.json", "pack.json", use_pack),
    ("pack", "goldens/expected.json", "pack.json", use_pack),
)


@pytest.mark.parametrize(("kind", "name", "manifest", "use"), CASES, ids=["-".join(case[:2]) for case in CASES])
def test_no_value_of_a_field_is_unexpected(
    kind: str, name: str, manifest: str, use: Callable[[Path], None], request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    root = Path(shutil.copytree(request.getfixturevalue(kind), tmp_path / "it"))
    assert "error:" not in attempt(lambda: use(root), "as it was")
    value, before = read_json(root / name), (root / manifest).read_bytes()
    for at, new in mutations(value, name):
        (root / manifest).write_bytes(before)
        spoil(root, name, changed(value, at, new), manifest)
        told = attempt(lambda: use(root), (name, at, str(new)[:40]))
        assert all(letter.isprintable() or letter in "\n\u00a0" for letter in told), (at, told)
        assert "should not have happened" not in told
