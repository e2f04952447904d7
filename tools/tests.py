"""All tests, in several processes side by side (pytest-xdist): many of them wait for browsers, servers or files.

    python tools/tests.py [ARGUMENT OF PYTEST...]
    python tools/tests.py --quick [ARGUMENT OF PYTEST...]

tests/conftest.py says which tests stay together, in one process. With `--quick`, only what needs neither TensorFlow nor
a browser is run.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROCESSES = 3  # on two processors

_QUICK = ("core", "docs", "goldens", "hostile", "runtimes", "synthetic")
QUICK = (
    *(f"tests/{place}" for place in _QUICK),
    *(f"--ignore=tests/hostile/{name}.py" for name in ("test_datasets", "test_runs")),
    *("-m", "not tensorflow"),
)


def main(arguments: list[str]) -> int:
    """Run all tests, or the quick ones; 0 where they passed."""
    quick = arguments[:1] == ["--quick"]
    wanted = [*QUICK, *arguments[1:]] if quick else arguments
    spread = ["-n", str(PROCESSES), "--dist", "loadscope", "--no-loadscope-reorder"]
    command = [sys.executable, "-m", "pytest", "-q", "--durations=25", *spread, *wanted]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
