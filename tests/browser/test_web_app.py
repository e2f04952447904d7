"""A page's folder as a module in other people's web apps: examples/web-app, built by two bundlers."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from gemelo.runtimes import _node
from tests.browser.test_hosts import ASK, OTHER, RUNTIMES, host
from tests.browser.visitor import PATIENCE, watch

TOOLS = Path(__file__).resolve().parents[1] / "js_bundlers"
BUNDLERS = ["vite", "esbuild"]
SAMPLE = "samples/cat-1.webp"
# Not run: what TypeScript says of it is the test.
TYPED = """import { load, NoEngineError, type Answer } from "gemelo-pets";

export async function ask(photo: Blob, variant: string): Promise<string> {
  try {
    const classifier = await load({ base: "/models/pets/", runtime: "onnx", variant });
    const { label, probability, sure }: Answer = await classifier.classify(photo);
    const first: string | undefined = classifier.labels[0];
    return sure ? `${label} ${probability.toFixed(2)}` : `${first}?`;
  } catch (thrown) {
    return thrown instanceof NoEngineError ? thrown.failures.map(({ reason }) => reason).join() : "";
  }
}
"""
WRONG = """import { load } from "gemelo-pets";
void load({ runtime: "onxx" });
"""


@pytest.fixture(scope="module")
def tools() -> Path:
    """The npm packages of tests/js_bundlers."""
    if not (TOOLS / "node_modules" / "vite").is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"{TOOLS}/node_modules is not there")
        pytest.skip("the bundlers are not installed (make test does it)")
    return TOOLS / "node_modules"


@pytest.fixture(scope="module")
def app(project: Path, tools: Path, page_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example beside the page `pets`, which npm has installed in it, and the bundlers."""
    folder = Path(shutil.copytree(project / "examples" / "web-app", tmp_path_factory.mktemp("app") / "web-app"))
    shutil.copytree(page_folder, folder / "pets", copy_function=os.link)
    npm(folder, "install", "--offline", "--no-audit", "--no-fund")
    for name in (*BUNDLERS, ".bin"):
        (folder / "node_modules" / name).symlink_to(tools / name)
    return folder


def npm(folder: Path, *words: str) -> str:
    """What npm says."""
    script = Path(__file__).resolve().parents[2] / "tools" / "npm.py"
    command = [sys.executable, str(script), "--prefix", str(folder), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def tsc(folder: Path, code: str, project: Path) -> subprocess.CompletedProcess[str]:
    """TypeScript on a file in the app."""
    (folder / "typed.ts").write_text(code)
    command = [_node.find_node(), str(project / "web_demo" / "node_modules" / "typescript" / "bin" / "tsc")]
    options = ["--noEmit", "--strict", "--skipLibCheck", "false", "--module", "nodenext", "--target", "es2022"]
    return subprocess.run(
        [*command, *options, "typed.ts"], capture_output=True, text=True, timeout=120, check=False, cwd=folder
    )


def test_the_example_is_short(project: Path) -> None:
    files = [path for path in (project / "examples" / "web-app").iterdir() if path.is_file()]
    assert sum(len(path.read_text().splitlines()) for path in files) < 60


@pytest.mark.parametrize("bundler", BUNDLERS)
def test_a_built_app_verifies_itself_and_answers_as_the_page_does(
    page: Page, app: Path, page_folder: Path, tmp_path: Path, bundler: str
) -> None:
    goldens = len(json.loads((page_folder / "page.json").read_bytes())["goldens"]["images"])
    said = npm(app, "run", bundler)
    assert "warn" not in said.lower(), said
    (app / "dist").rename(tmp_path / "app")
    (tmp_path / "pets").symlink_to(page_folder)
    (tmp_path / "other.html").write_bytes(OTHER)
    with host(tmp_path) as url:
        page.goto(f"{url}other.html")
        expected = {name: page.evaluate(ASK, [f"{url}pets/", {"runtime": name}])["probability"] for name in RUNTIMES}
        seen = watch(page)
        for runtime in RUNTIMES:
            page.goto(f"{url}app/index.html?runtime={runtime}")
            expect(page.locator("#status")).to_contain_text(f"Verified by {goldens} images", timeout=PATIENCE)
            expect(page.locator("#status")).to_contain_text(f"{runtime} wasm fp32")
            page.set_input_files("input", page_folder / SAMPLE)
            expect(page.locator("#answer")).not_to_be_empty(timeout=PATIENCE)
            assert float(page.locator("#answer").get_attribute("value") or "nan") == pytest.approx(
                expected[runtime], abs=1e-6
            )
            heic = b"\0\0\0\x18ftypheic" + bytes(20)
            page.set_input_files("input", {"name": "photo.heic", "mimeType": "image/heic", "buffer": heic})
            expect(page.locator("#answer")).to_have_text("this is a HEIC photo")
            assert not page.locator("#answer").get_attribute("value"), "the answer of the photo before is gone"
    assert seen.complaints == []
    assert seen.foreign(f"{url}app/") == [], "the app has all of its files"


def test_npm_installs_the_folder_under_the_page_s_name(app: Path) -> None:
    installed = app / "node_modules" / "gemelo-pets"
    assert json.loads((installed / "package.json").read_bytes())["name"] == "gemelo-pets"


def test_typescript_knows_what_it_exports(app: Path, project: Path) -> None:
    assert tsc(app, TYPED, project).stdout == ""
    assert "onxx" in tsc(app, WRONG, project).stdout


def test_publint_and_attw_find_nothing(tools: Path, page_folder: Path) -> None:
    command = [_node.find_node(), str(TOOLS / "check.mjs"), str(page_folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert json.loads(done.stdout) == {"publint": [], "types": "included", "attw": []}


def test_what_the_docs_show_is_the_example(project: Path) -> None:
    scripts: dict[str, str] = json.loads((project / "examples" / "web-app" / "package.json").read_text())["scripts"]
    text = (project / "docs" / "web-apps.md").read_text(encoding="utf-8")
    for line in scripts.values():
        for command in line.split(" && "):
            assert command in text or command.startswith("npm run"), command
