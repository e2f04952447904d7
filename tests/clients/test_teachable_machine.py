"""Teachable Machine's own library in Chromium, with the TF.js 1.3.1 that it was made for; and today's TF.js in Node."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import browser_type_launch_args
from tests.browser.host import Host
from tests.clients import cases
from tests.exporters.test_teachable_machine import READ, source_of_layers

__all__ = ["browser_type_launch_args"]

NETWORKS = ("lecture", "lecture-described", "lecture-28", "compact", "residual")
LIBRARIES = {"tf.js": "tfjs-1/dist/tf.min.js", "tm.js": "@teachablemachine/image/dist/teachablemachine-image.min.js"}
PAGE = '<!doctype html><meta charset="utf-8"><script src="../tf.js"></script><script src="../tm.js"></script>'
ASK = """async ({ folder, photos, backend }) => {
  await tf.setBackend(backend);
  const model = await tmImage.load(`${folder}/model.json`, `${folder}/metadata.json`);
  const answers = [];
  for (const photo of photos) {
    const image = new Image();
    image.src = photo;
    await image.decode();
    answers.push((await model.predict(image)).map((row) => [row.className, row.probability]));
  }
  return { answers, backend: tf.getBackend(), version: tf.version.tfjs, classes: model.getTotalClasses() };
}"""


@pytest.fixture(scope="module")
def ask_library(node_modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict]:
    """Puts a network beside the library on a plain host and asks it in a page."""
    root = tmp_path_factory.mktemp("teachable")
    for name, path in LIBRARIES.items():
        shutil.copy(node_modules / path, root / name)
    with Host(root, root / "log.txt") as host:

        def ask(page: Page, made, backend: str) -> dict:
            folder = root / made.root.name
            if not folder.is_dir():
                shutil.copytree(made.client("teachable-machine"), folder / "model")
                shutil.copytree(made.root / "photos", folder / "photos")
                (folder / "index.html").write_text(PAGE, encoding="utf-8")
            page.goto(f"{host.url}{folder.name}/index.html")
            photos = [f"photos/{path.name}" for path in made.photos]
            return page.evaluate(ASK, {"folder": "model", "photos": photos, "backend": backend})

        yield ask


@pytest.mark.parametrize("name", NETWORKS)
def test_the_library_gives_keras_s_probabilities(ask_library, case, page, name):
    made = case(name)
    found = ask_library(page, made, "cpu")
    assert (found["version"], found["backend"]) == ("1.3.1", "cpu")
    assert found["classes"] == len(made.labels)
    assert made.difference(found["answers"]) <= 1e-5


@pytest.mark.parametrize("name", READ)
def test_the_library_reads_every_layer_that_is_written(ask_library, page, name, tmp_path):
    made = cases.of(source_of_layers(*READ[name]()), tmp_path)
    assert made.difference(ask_library(page, made, "cpu")["answers"]) <= 1e-5


def test_on_its_own_backend_too(ask_library, case, page):
    """WebGL, which it takes by itself; by software here."""
    made = case("lecture")
    found = ask_library(page, made, "webgl")
    assert found["backend"] == "webgl"
    assert made.difference(found["answers"]) <= 1e-5


@pytest.mark.parametrize("name", NETWORKS)
def test_today_s_tf_js_loads_the_same_file(ask_node, case, name):
    made = case(name)
    answers = ask_node("layers.mjs", {"folder": made.client("teachable-machine"), "photos": made.photos})
    assert made.difference(answers) <= 1e-5
