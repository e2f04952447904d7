"""A new format, runtime, client, architecture or kind of model file is one file, and no other change.

The files are added to a copy of the checkout that is under git. The program then trains, exports, verifies and makes a
page with them, and git sees nothing but the new files.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gemelo.runtimes import _node
from gemelo.synthetic import draw_dataset

ARCHITECTURE = '''
"""The mean color, and a dense layer on it."""

import keras

from ..defaults import Defaults

SUMMARY = "the mean color of a photo"
DEFAULTS = Defaults(size=(16, 16), epochs=1, recipe="none")


def build(preprocessing, classes):
    image = keras.Input(preprocessing.shape, name="image")
    x = keras.layers.Rescaling(1 / 255)(image)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, keras.layers.Dense(classes, activation="softmax")(x))
'''

FORMAT = '''
"""Weights of the mean-color network as a numpy archive."""

import numpy as np

VARIANTS = USUAL = ("fp32",)
PACKAGES = {"numpy": "pip install numpy"}


def write(source, variant, folder):
    kernel, bias = source.model.get_weights()
    np.savez(folder / f"{variant}.npz", kernel=kernel, bias=bias)
    return f"{variant}.npz"
'''

RUNTIME = '''
"""Numpy."""

import numpy as np

NAME = "numpy"
TITLE = "NumPy archive"
ORDER = 9
EXTRA = ""
PARALLEL = True


class Session:
    labels = None

    def __init__(self, entry):
        archive = np.load(entry)
        self.kernel, self.bias = archive["kernel"], archive["bias"]
        self.classes = self.bias.size

    def run(self, images):
        logits = images.mean(axis=(1, 2), dtype=np.float64) / 255 @ self.kernel + self.bias
        power = np.exp(logits - logits.max(axis=1, keepdims=True))
        return (power / power.sum(axis=1, keepdims=True)).astype(np.float32)

    def close(self):
        pass


def open(entry, *, threads=None, reference=False):
    return Session(entry)


def version():
    return np.__version__
'''

CLIENT = '''
"""A program that reads the archive."""

import shutil

from gemelo import runtimes

NEEDS = ("npz/fp32",)


def write(source, bundle, folder):
    shutil.copyfile(bundle / "npz" / "fp32.npz", folder / "weights.npz")
    return ["It shrinks photos in its own way."]


def run(folder, images):
    return {"fp32": runtimes.get("npz").open(folder / "weights.npz").run(images)}
'''

SOURCE = '''
"""Weights of the mean-color network as a numpy archive of two arrays."""

import numpy as np

from ..declare import Declared, Scale
from ..loaded import Loaded

SUMMARY = "an archive of NumPy"


def recognizes(place):
    return place.is_zip and place.has("kernel.npy", "bias.npy")


def load(place, trust, scratch):
    import tensorflow as tf

    archive = np.load(place.path)

    def call(images):
        return tf.nn.softmax(tf.reduce_mean(images, (1, 2)) @ archive["kernel"] + archive["bias"])

    return Loaded(
        kind="archive", framework="NumPy", version=None, height=16, width=16, channels=3, layout="NHWC",
        dtype="float32", outputs=2, inside=Declared(scale=Scale.parse("0..1")),
        answer=lambda images: call(images).numpy(), call=call, parameters=8,
    )
'''

WEB_RUNTIME = """
/** The mean color, in a page. */

import type { BrowserRuntime, Description } from "../runtime";
import { RuntimeError } from "../runtime";

export const description: Description = {
  title: "Mean color",
  format: "npz",
  order: 9,
  backends: { script: [] },
  modules: {},
  binaries: [],
};

export const runtime: BrowserRuntime = {
  version: () => "1",
  load: async (entry) => {
    throw new RuntimeError("corrupt", `${entry} is not read in this test`);
  },
};
"""

ADDED = {
    "trainer/architectures/mean_color.py": ARCHITECTURE,
    "importers/sources/archive.py": SOURCE,
    "exporters/formats/npz.py": FORMAT,
    "exporters/clients/archive_reader.py": CLIENT,
    "gemelo/runtimes/npz.py": RUNTIME,
    "web_demo/src/runtimes/browser/mean.ts": WEB_RUNTIME,
}
_PARTS = ("gemelo", "trainer", "importers", "exporters", "web_demo", "pyproject.toml", ".gitignore", "LICENSE")
# Several commands in one process: TensorFlow is imported once.
_RUN = """
import json, sys
from gemelo.cli import main
for words in json.loads(sys.argv[1]):
    sys.argv = ["gemelo", *words]
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise
"""


def git(root: Path, *words: str) -> str:
    named = ["git", "-c", "user.name=a", "-c", "user.email=a@b.test", *words]
    return subprocess.run(named, cwd=root, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def checkout(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, committed, with the six files added."""
    root = tmp_path_factory.mktemp("checkout")
    listed = git(project, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *_PARTS)
    for name in filter(None, listed.split("\0")):
        if (project / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(project / name, root / name)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "the checkout")
    (root / ".git/info/exclude").write_text("/web_demo/node_modules\n")
    for name, text in ADDED.items():
        assert not (root / name).exists(), name
        (root / name).write_text(text)
    draw_dataset(root / "data", 40, seed=1)
    return root


def call(checkout: Path, *commands: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run commands of the copy's program, one after another in one process."""
    environment = {**os.environ, "PYTHONPATH": str(checkout), "GEMELO_CACHE": str(checkout / ".cache")}
    words = json.dumps([command.split() for command in commands])
    program = [sys.executable, "-c", _RUN, words]
    done = subprocess.run(
        program, cwd=checkout, env=environment, capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def bundle(checkout: Path) -> Path:
    """Trained and exported by the new files."""
    pytest.importorskip("tensorflow", reason="training needs TensorFlow")
    call(
        checkout,
        "train data --out runs/x --arch mean-color",
        "export runs/x --out bundles/x --formats npz --for archive-reader --no-layers",
    )
    return checkout / "bundles/x"


def test_help_and_doctor_name_them(checkout: Path) -> None:
    told = call(checkout, "doctor", "train --help", "import --help", "export --help").stdout
    for words in (
        "an archive of NumPy",
        "mean-color: the mean color of a photo",
        "archive-reader",
        "NumPy archive (numpy)",
        "npz, onnx",
    ):
        assert words in told


def test_a_wrong_name_is_answered_with_them(checkout: Path) -> None:
    for command, name in (
        ("train data --out runs/y --arch nothing", "mean-color"),
        ("export runs/y --out bundles/y --for nothing", "archive-reader"),
        ("export runs/y --out bundles/y --gate nothing:drop=1", "npz/fp32"),
    ):
        assert name in call(checkout, command, code=2).stderr


@pytest.mark.tensorflow
def test_they_train_export_verify_and_answer(checkout: Path, bundle: Path) -> None:
    told = call(checkout, "verify bundles/x", "info bundles/x --json", "predict bundles/x data/test_set/cats").stdout
    row = json.loads((bundle / "manifest.json").read_text())["artifacts"][0]
    assert (row["format"], row["parity"]["runtime"], row["parity"]["passed"]) == ("npz", "numpy", True)
    assert row["parity"]["max_abs_difference"] <= 1e-5
    assert "archive-reader" in told
    assert (bundle / "clients/archive-reader/weights.npz").is_file()


@pytest.mark.tensorflow
def test_a_model_is_imported_by_the_new_source(checkout: Path, bundle: Path) -> None:
    call(checkout, "import bundles/x/npz/fp32.npz --out runs/z --labels cats,dogs", "info runs/z --json")
    run = json.loads((checkout / "runs/z/run.json").read_text())
    assert (run["imported"]["source"], run["imported"]["form"]) == ("archive", "saved-model")
    both = [json.loads((checkout / name / "reference.json").read_text()) for name in ("runs/x", "runs/z")]
    answers = [[golden["probabilities"][0] for golden in each["goldens"]] for each in both]
    assert max(abs(a - b) for a, b in zip(*answers, strict=True)) < 1e-6


@pytest.mark.tensorflow
def test_a_page_is_built_with_the_runtime_and_made_for_it(checkout: Path, bundle: Path, project: Path) -> None:
    modules = project / "web_demo" / "node_modules"
    if not modules.is_dir():
        pytest.skip("the packages of web_demo are not installed (make web)")
    if not (checkout / "web_demo/node_modules").exists():
        (checkout / "web_demo/node_modules").symlink_to(modules.resolve())
    build = 'import("./build/page.mjs").then((m) => m.buildPage(process.cwd(), "../gemelo/web/page", { pack: false }))'
    subprocess.run([_node.find_node(), "-e", build], cwd=checkout / "web_demo", check=True, timeout=120)
    call(checkout, "page bundles/x --out runs/page")
    page = json.loads((checkout / "runs/page/page.json").read_text())
    assert page["runtimes"] == ["mean"]
    assert [row["format"] for row in page["artifacts"]] == ["npz"]
    code = {path.name: path.read_text() for path in (checkout / "runs/page/app").glob("*.js")}
    assert any(name.startswith("mean-") for name in code)
    assert any('title:"Mean color"' in text for text in code.values() if "ONNX Runtime" in text), "the page lists it"


def test_nothing_else_was_edited(checkout: Path) -> None:
    found = git(checkout, "status", "--porcelain", "--untracked-files=all").splitlines()
    assert sorted(found) == sorted(f"?? {name}" for name in ADDED)
