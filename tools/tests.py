"""All tests, in two processes side by side: those that drive browsers, servers and other
processes wait a lot, and the others compute.

    python tools/tests.py [ARGUMENT OF PYTEST...]
    python tools/tests.py --quick [ARGUMENT OF PYTEST...]

What the second process prints is shown when the first is done. The exit code is that of whichever failed. With
`--quick`, one process runs what needs neither TensorFlow nor a browser.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DRIVEN = ("tests/browser", "tests/app", "tests/edge", "tests/webpage", "tests/trainer/test_distributed.py")

_QUICK = ("core", "docs", "goldens", "hostile", "runtimes", "synthetic")
QUICK = (
    *(f"tests/{place}" for place in _QUICK),
    *(f"--ignore=tests/hostile/{name}.py" for name in ("test_datasets", "test_runs")),
    *("-m", "not tensorflow"),
)


def main(arguments: list[str]) -> int:
    """Run both halves, or the quick tests; 0 where all passed."""
    if arguments[:1] == ["--quick"]:
        return subprocess.run(_pytest("quick", [*QUICK, *arguments[1:]]), cwd=ROOT, check=False).returncode
    others = [word for place in DRIVEN for word in ("--ignore", place)]
    with tempfile.TemporaryFile() as kept:
        driven = subprocess.Popen(
            _pytest("driven", [*DRIVEN, *arguments]), cwd=ROOT, stdout=kept, stderr=subprocess.STDOUT
        )
        try:
            first = subprocess.run(_pytest("others", [*others, *arguments]), cwd=ROOT, check=False).returncode
            second = driven.wait()
        finally:
            driven.terminate()
            driven.wait()
        kept.seek(0)
        sys.stdout.flush()
        sys.stdout.buffer.write(kept.read())
        sys.stdout.flush()
    return first or second


def _pytest(name: str, arguments: list[str]) -> list[str]:
    return [sys.executable, "-m", "pytest", "-o", f"cache_dir=.pytest_cache/{name}", *arguments]


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
