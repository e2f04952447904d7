"""Installs the wheel as people do, and works with it in an empty folder. By hand: `make test-install`.

Usage: python tools/install_check.py [PYTHON...]

For each PYTHON (this one unless named): a fresh virtual environment, `pip install WHEEL[train]`, `pip check`, train on
drawings, export ONNX and TFLite, the one more command for TF.js, export everything, and the same export from the
checkout: both bundles must have the same bytes. Then the other commands. An environment takes 2.5 GB and is removed.
"""

import filecmp
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gemelo import installed, registry

ROOT = Path(__file__).resolve().parents[1]
CONVERTER = registry.constants(installed.folder_of("exporters.formats"), "PACKAGES")["tfjs"]["tensorflowjs"]
TRAIN = "train drawings --out runs/d --arch lecture-described --size 32 --epochs 2"


def main(pythons: list[str]) -> int:
    """Check every Python; 1 where a step failed."""
    with tempfile.TemporaryDirectory(prefix="gemelo-install-") as name:
        place = Path(name)
        run([sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", place, ROOT], cwd=ROOT)
        wheel = next(place.glob("*.whl"))
        for python in pythons or [sys.executable]:
            with tempfile.TemporaryDirectory(prefix="python-", dir=place) as folder:
                check(python, wheel, Path(folder))
    return 0


def check(python: str, wheel: Path, folder: Path) -> None:
    """All steps with one Python."""
    print(subprocess.check_output([python, "--version"], text=True).strip(), flush=True)
    run([python, "-m", "venv", folder / "venv"], cwd=folder)
    work = folder / "empty"
    work.mkdir()
    pip, gemelo = folder / "venv/bin/pip", folder / "venv/bin/gemelo"
    run([pip, "install", "--quiet", f"{wheel}[train]"], cwd=work)
    run([pip, "check"], cwd=work)
    run([gemelo, *["data", "draw", "drawings", "--count", "120"]], cwd=work)
    run([gemelo, *TRAIN.split()], cwd=work)
    run([gemelo, *["export", "runs/d", "--out", "bundles/two", "--formats", "onnx,tflite"]], cwd=work)
    run([gemelo, *["export", "runs/d", "--out", "bundles/partial"]], cwd=work, code=1)  # TF.js is left out and named
    run([pip, *shlex.split(CONVERTER)[1:], "--quiet"], cwd=work)
    run([gemelo, *["export", "runs/d", "--out", "bundles/all", "--all"]], cwd=work)
    given = ["export", work / "runs/d", "--images", work / "drawings", "--out", work / "bundles/checkout", "--all"]
    run([sys.executable, "-m", "gemelo", *given], cwd=ROOT)
    compare(work / "bundles/all", work / "bundles/checkout")
    for words in ("verify bundles/all", "info bundles/all", "predict bundles/all bundles/all/goldens"):
        run([gemelo, *words.split()], cwd=work)
    for words in ("page bundles/all --out page", "pack bundles/all --out pack.zip", "doctor"):
        run([gemelo, *words.split()], cwd=work)


def run(command: Sequence[object], *, cwd: Path, code: int = 0) -> None:
    """Run one command, and say how long it took.

    Raises:
        SystemExit: It ended with another code.
    """
    words = [str(word) for word in command]
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    start = time.perf_counter()
    done = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    print(f"{time.perf_counter() - start:6.1f} s  {shlex.join([Path(words[0]).name, *words[1:]])}", flush=True)
    if done.returncode != code:
        raise SystemExit(f"exit code {done.returncode}, not {code}:\n{done.stdout}\n{done.stderr}")


def compare(one: Path, other: Path) -> None:
    """Hold two folders to each other, byte for byte.

    Raises:
        SystemExit: They differ.
    """
    names, others = ({path.relative_to(root) for path in root.rglob("*") if path.is_file()} for root in (one, other))
    _, different, unread = filecmp.cmpfiles(one, other, [str(name) for name in sorted(names & others)], shallow=False)
    if wrong := sorted([*map(str, names ^ others), *different, *unread]):
        raise SystemExit(f"the wheel's bundle and the checkout's differ in {', '.join(wrong)}")
    print(f"          {len(names)} files of the wheel's bundle are the checkout's, byte for byte", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
