"""Run the command line as people do."""

import os
import subprocess
import sys
from pathlib import Path


def run_gemelo(*arguments: str | Path, timeout: float = 240, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `gemelo` with these arguments and return what it printed."""
    return subprocess.run(
        [sys.executable, "-m", "gemelo", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1", **environment},
    )
