"""The wheel: the light core with the built TypeScript, and it predicts on its own, without the making side."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.support.bundles import make_bundle

MAKING = ("tensorflow", "keras", "onnx", "tf2onnx", "tensorflowjs", "matplotlib", "trainer", "exporters", "streamlit")


@pytest.fixture(scope="module")
def wheel(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(out), str(project)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.glob("*.whl"))


def test_what_is_in_it(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"gemelo"}
    assert {"gemelo/web/node/tfjs.mjs", "gemelo/web/node/tfjs-backend-wasm-simd.wasm", "gemelo/py.typed"} <= set(names)
    assert {
        "gemelo/web/page/assets.json",
        "gemelo/web/page/index.html",
        "gemelo/web/page/gemelo.js",
        "gemelo/web/page/THIRD-PARTY-NOTICES.txt",
    } <= set(names)
    # Almost all of it is the binaries of three runtimes for the page.
    assert wheel.stat().st_size < 15_000_000


def test_it_predicts_without_the_making_side(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    bundle = make_bundle(tmp_path / "tiny").path
    script = (
        "import sys\n"
        f"sys.path.insert(0, {str(tmp_path / 'site')!r})\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.partition('.')[0] in {MAKING}: raise ImportError(name)\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "import gemelo\n"
        f"assert gemelo.__file__.startswith({str(tmp_path)!r}), gemelo.__file__\n"
        f"sys.argv = ['gemelo', 'predict', {str(bundle)!r}, {str(bundle / 'goldens')!r}]\n"
        "from gemelo.cli import main\n"
        "main()\n"
    )
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("prediction:") == 24
