"""House rules that no linter knows: no file over 400 lines, no function over 60.

Usage: python tools/house.py
"""

import ast
import subprocess
import sys
from pathlib import Path

MAX_FILE = 400
MAX_FUNCTION = 60
CODE = (".py", ".ts", ".mjs", ".sh", ".css", ".html")


def main() -> int:
    """Print every breach; 1 if there is any."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], capture_output=True, text=True, check=True
    )
    paths = [Path(name) for name in listed.stdout.splitlines() if name.endswith(CODE)]
    found = [breach for path in paths if path.is_file() for breach in breaches(path)]
    print("\n".join(found) or f"house rules: {len(paths)} files, all within {MAX_FILE} lines")
    return 1 if found else 0


def breaches(path: Path) -> list[str]:
    """What is too long in a file."""
    text = path.read_text(encoding="utf-8")
    lines = len(text.splitlines())
    found = [f"{path}: {lines} lines, at most {MAX_FILE}"] if lines > MAX_FILE else []
    if path.suffix == ".py":
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > MAX_FUNCTION:
                    found.append(f"{path}:{node.lineno}: {node.name} has {length} lines, at most {MAX_FUNCTION}")
    return found


if __name__ == "__main__":
    sys.exit(main())
