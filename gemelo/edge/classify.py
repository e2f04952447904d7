#!/usr/bin/env python3
"""What is on this photo? Answers with the model of the pack beside this file: classify.py --help.

It needs Python 3.11 or newer and the packages of requirements.txt: numpy, Pillow and onnxruntime. The rest of the
program is in the folder gemelo: files of the project gemelo, copied as they are. Nothing else of gemelo is needed.
"""

import sys
from importlib.machinery import FileFinder, SourceFileLoader
from pathlib import Path
from types import CodeType

HOME = Path(__file__).resolve().parent
_INSTALL = "install it with: python3 -m venv venv && venv/bin/pip install --no-deps -r requirements.txt"


class _Source(SourceFileLoader):
    """Runs the files that pack.json lists: bytecode beside them has no hash, and may be of another version."""

    def get_code(self, fullname: str) -> CodeType:
        """The file, compiled anew; no bytecode is read or written."""
        return self.source_to_code(self.get_data(self.path), self.path)


def _finder(folder: str) -> FileFinder:
    if Path(folder) != HOME and not Path(folder).is_relative_to(HOME / "gemelo"):
        raise ImportError(f"{folder} is not of this pack")
    return FileFinder(folder, (_Source, [".py"]))


def _explained(error: Exception) -> tuple[str, int]:
    """Why the program cannot start, and its exit code."""
    if isinstance(error, ImportError) and str(error.name).partition(".")[0] != "gemelo":
        said = f"{error.name} is not installed" if isinstance(error, ModuleNotFoundError) else str(error)
        return f"error: {said}\n  {_INSTALL}, then venv/bin/python classify.py", 2
    return f"error: the program is damaged: {type(error).__name__}: {error}\n  copy the whole pack to {HOME}", 1


if __name__ == "__main__":
    sys.path.insert(0, str(HOME))  # the gemelo of this pack, whatever else is installed
    sys.path_hooks.insert(0, _finder)
    sys.path_importer_cache.clear()
    try:
        from gemelo.edge.device.main import main
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        message, code = _explained(error)
        print(message, file=sys.stderr)
        sys.exit(code)
    sys.exit(main(sys.argv[1:], HOME))
