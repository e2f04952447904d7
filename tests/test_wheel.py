"""The wheel: whole, without generic top-level modules, and its core predicts on its own."""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from gemelo.cli import COMMANDS
from tests.support.bundles import make_bundle

HEAVY = ("tensorflow", "keras", "onnx", "tf2onnx", "tensorflowjs", "matplotlib", "streamlit")


@pytest.fixture(scope="module")
def wheel(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(out), str(project)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like site-packages with the wheel in it, and no checkout around it."""
    place = tmp_path_factory.mktemp("site")
    zipfile.ZipFile(wheel).extractall(place)
    return place


def test_what_is_in_it(wheel: Path, project: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"gemelo"}
    assert {"gemelo/web/node/tfjs.mjs", "gemelo/web/node/tfjs-backend-wasm-simd.wasm", "gemelo/py.typed"} <= names
    assert {
        "gemelo/web/page/assets.json",
        "gemelo/web/page/index.html",
        "gemelo/web/page/gemelo.js",
        "gemelo/web/page/THIRD-PARTY-NOTICES.txt",
    } <= names
    assert {
        "gemelo/trainer/report/report.html",
        "gemelo/reports/templates/base.html",
        "gemelo/parity/parity.html",
        "gemelo/streamlit_app/.streamlit/config.toml",
    } <= names
    listed = ["git", "ls-files", "trainer", "importers", "exporters", "streamlit_app"]
    kept = subprocess.run(listed, cwd=project, capture_output=True, text=True, check=True).stdout.split()
    assert {f"gemelo/{name}" for name in kept if (project / name).is_file()} <= names
    assert not [name for name in names if "__pycache__" in name or "static/pages" in name]
    # Almost all of it is the binaries of three runtimes for the page.
    assert wheel.stat().st_size < 15_000_000


def test_what_it_asks_for(wheel: Path, project: Path) -> None:
    """What pip cannot resolve must not be in it."""
    archive = zipfile.ZipFile(wheel)
    metadata = next(name for name in archive.namelist() if name.endswith("METADATA"))
    lines = archive.read(metadata).decode().splitlines()
    assert not [line for line in lines if line.startswith("Requires-Dist: tensorflowjs")]
    extras = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert {line.split()[1] for line in lines if line.startswith("Provides-Extra")} == set(extras)


def run(site: Path, cwd: Path, body: str) -> subprocess.CompletedProcess[str]:
    """Python in which the heavy packages are not installed, and gemelo is the wheel's."""
    script = (
        "import sys\n"
        f"sys.path.insert(0, {str(site)!r})\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] in {HEAVY}: raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "import gemelo\n"
        f"assert gemelo.__file__.startswith({str(site)!r}), gemelo.__file__\n"
        f"{body}"
    )
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [sys.executable, "-c", script]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def call(site: Path, cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """`gemelo WORDS`."""
    return run(site, cwd, f"sys.argv = {['gemelo', *words]!r}\nfrom gemelo.cli import main\nmain()\n")


def test_it_predicts_without_heavy_packages(site: Path, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "tiny").path
    done = call(site, tmp_path, "predict", str(bundle), str(bundle / "goldens"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("prediction:") == 24


def test_every_command_has_help_in_an_empty_folder(site: Path, tmp_path: Path) -> None:
    body = (
        "from typer.testing import CliRunner\nfrom gemelo import cli\n"
        "cli._register([])\n"
        f"for name in {COMMANDS!r}:\n"
        "    done = CliRunner().invoke(cli.app, [name, '--help'])\n"
        "    assert done.exit_code == 0 and f'gemelo {name}' in done.output.replace('root', 'gemelo'), done.output\n"
        "print(sorted(name for name in sys.modules if 'trainer' in name or 'exporters' in name))\n"
    )
    done = run(site, tmp_path, body)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("words", "extra"), [("train drawings --out run", "train"), ("export RUN --out bundle", "train"), ("app", "app")]
)
def test_what_is_missing_is_told_with_its_command(
    site: Path, tmp_path: Path, small_run: Path, words: str, extra: str
) -> None:
    drawn = call(site, tmp_path, "data", "draw", "drawings", "--count", "20")
    assert drawn.returncode == 0, drawn.stderr
    done = call(site, tmp_path, *words.replace("RUN", str(small_run)).split())
    assert done.returncode == 2, done.stderr
    assert f"install it with: pip install 'gemelo[{extra}]'" in done.stderr


def test_the_packages_of_a_checkout_are_inside(site: Path, tmp_path: Path) -> None:
    """Each module is imported by its name in the wheel, and none by its name in a checkout."""
    body = (
        "from gemelo import installed\n"
        "for name in ('trainer.scan', 'exporters.output_path', 'streamlit_app.options'):\n"
        "    module = installed.load(name)\n"
        "    assert module.__name__ == f'gemelo.{name}', module.__name__\n"
        "assert installed.checkout() is None\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & set(installed.PARTS)))\n"
    )
    done = run(site, tmp_path, body)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_no_module_names_its_own_package(project: Path) -> None:
    """Imports inside of the packages are relative: in the wheel they have another name."""
    wrong = [
        f"{path.relative_to(project)}: {line.strip()}"
        for package in ("trainer", "exporters", "streamlit_app")
        for path in (project / package).rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip().startswith((f"from {package}", f"import {package}"))
    ]
    assert wrong == []
