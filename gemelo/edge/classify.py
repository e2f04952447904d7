#!/usr/bin/env python3
"""What is on this photo? Answers with the model of the pack beside this file: classify.py --help.

It needs Python 3.11 or newer and the packages of requirements.txt: numpy, Pillow and onnxruntime. The rest of the
program is in the folder gemelo: files of the project gemelo, copied as they are. Nothing else of gemelo is needed.
"""

import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent
_INSTALL = "install it with: python3 -m venv venv && venv/bin/pip install --no-deps -r requirements.txt"


def _explained(error: Exception) -> tuple[str, int]:
    """Why the program cannot start, and its exit code."""
    if isinstance(error, ImportError) and str(error.name).partition(".")[0] != "gemelo":
        said = f"{error.name} is not installed" if isinstance(error, ModuleNotFoundError) else str(error)
        return f"error: {said}\n  {_INSTALL}, then venv/bin/python classify.py", 2
    return f"error: the program is damaged: {type(error).__name__}: {error}\n  copy the whole pack to {HOME}", 1


if __name__ == "__main__":
    sys.path.insert(0, str(HOME))  # the gemelo of this pack, whatever else is installed
    sys.dont_write_bytecode = True  # a pack stays the files that pack.json lists
    try:
        from gemelo.edge.device.main import main
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        message, code = _explained(error)
        print(message, file=sys.stderr)
        sys.exit(code)
    sys.exit(main(sys.argv[1:], HOME))
