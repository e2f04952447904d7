"""The program of a pack: gemelo's own files, no more than it imports, run where nothing else of gemelo is."""

import ast
import json
import os
import py_compile
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import gemelo
from gemelo.edge.program import program
from tests.edge.support import classify, device_python, hashes

ALLOWED = {*sys.stdlib_module_names, "gemelo", "numpy", "PIL", "onnxruntime"}
LOADED = """
import json, runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as end:
    assert not end.code, end.code
files = [getattr(module, "__file__", None) for name, module in sys.modules.items() if name.split(".")[0] == "gemelo"]
print(json.dumps(files), file=sys.stderr)
"""


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of gemelo's Python files that may be changed."""
    unwanted = shutil.ignore_patterns("web", "__pycache__")
    return Path(shutil.copytree(Path(gemelo.__file__).parent, tmp_path / "gemelo", ignore=unwanted))


def modules(root: Path | None = None) -> set[str]:
    return {name.removeprefix("gemelo/") for name in program(root) if name.startswith("gemelo/")}


def test_every_file_is_one_of_the_repository(made: Path, project: Path) -> None:
    files = program()
    assert {name for name in hashes(made) if name.endswith(".py")} == set(files)
    for name, data in files.items():
        source = project / ("gemelo/edge/classify.py" if name == "classify.py" else name)
        assert (made / name).read_bytes() == data == source.read_bytes(), name


def test_it_imports_only_the_three_and_the_standard_library() -> None:
    found: set[str] = set()
    for data in program().values():
        nodes = list(ast.walk(ast.parse(data)))
        found |= {row.name.split(".")[0] for node in nodes if isinstance(node, ast.Import) for row in node.names}
        found |= {(node.module or "").split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom)}
    assert found <= ALLOWED | {"pillow_heif"}  # which is imported where a HEIC photo is met and it is installed
    assert {"numpy", "PIL", "onnxruntime"} <= found


def test_nothing_is_in_it_that_it_does_not_use(made: Path) -> None:
    command = [device_python(), "-I", "-c", LOADED, str(made / "classify.py"), str(made / "goldens")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = {Path(file) for file in json.loads(done.stderr.splitlines()[-1])}
    packed = {made / name for name in program() if name != "classify.py"}
    assert loaded <= packed
    # The server and what only it needs are imported where it is asked for.
    assert {path.relative_to(made).as_posix() for path in packed - loaded} <= {
        *(f"gemelo/edge/device/{name}.py" for name in ("service", "page")),
        "gemelo/http_server.py",
        "gemelo/http_strict.py",
    }


def test_another_gemelo_that_is_installed_is_not_used(pack: Path, tmp_path: Path) -> None:
    (tmp_path / "gemelo.py").write_text("raise SystemExit('another gemelo')", encoding="utf-8")
    command = [device_python(), str(pack / "classify.py"), "--selftest"]
    done = subprocess.run(command, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("options", [["-I"], []])
def test_bytecode_beside_the_modules_is_not_run(options: list[str], pack: Path) -> None:
    for name in ("gemelo/__init__.py", "gemelo/skew.py"):
        path = pack / name
        source, stamp = path.read_bytes(), path.stat()
        path.write_bytes(b"raise SystemExit('bytecode')".ljust(len(source)))
        os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        py_compile.compile(str(path), doraise=True)
        path.write_bytes(source)
        os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    command = [sys.executable, *options, str(pack / "classify.py"), "--selftest"]
    done = subprocess.run(command, cwd=pack, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_running_it_adds_nothing_to_the_pack(pack: Path) -> None:
    before = sorted(pack.rglob("*"))
    assert classify(pack, "--selftest").returncode == 0
    assert sorted(pack.rglob("*")) == before


@pytest.mark.parametrize(
    ("line", "follows"),
    [
        ("from gemelo.skew import is_skewed", {"skew.py"}),
        ("from gemelo import skew", {"skew.py"}),
        ("import gemelo.skew", {"skew.py"}),
        ("from ... import skew", {"skew.py"}),
        ("def f():\n    from gemelo.skew import is_skewed", {"skew.py"}),
        ("from gemelo.parity.gates import Gates", {"parity/gates.py", "parity/__init__.py", "parity/measure.py"}),
        ("from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from gemelo.skew import is_skewed", set()),
    ],
)
def test_what_a_module_imports_comes_along(line: str, follows: set[str], sources: Path) -> None:
    for path in (sources / "store/manifest.py", sources / "edge/device/photos.py"):
        path.write_text(path.read_text(encoding="utf-8").replace("from gemelo.skew import is_skewed\n", ""))
    before = modules(sources)
    assert "skew.py" not in before
    with (sources / "edge/device/photos.py").open("a", encoding="utf-8") as stream:
        stream.write(f"\n{line}\n")
    assert follows <= modules(sources)
    assert bool(follows) == bool(modules(sources) - before)


@pytest.mark.parametrize("name", ["gemelo", "gemelo/edge", "gemelo/errors.py", "gemelo/edge/device/main.py"])
def test_a_missing_part_is_a_sentence(name: str, pack: Path) -> None:
    shutil.rmtree(pack / name) if (pack / name).is_dir() else (pack / name).unlink()
    check_damaged(pack)


@pytest.mark.parametrize("data", [b"", b"\0\xff", b"def main(", b"raise OSError('read error')"])
def test_a_damaged_part_is_a_sentence(data: bytes, pack: Path) -> None:
    (pack / "gemelo/errors.py").write_bytes(data)
    check_damaged(pack)


def check_damaged(pack: Path) -> None:
    done = classify(pack, "--selftest")
    assert (done.returncode, done.stdout) == (1, "")
    assert re.fullmatch(rf"error: the program is damaged: .*\n  copy the whole pack to {pack}\n", done.stderr)


def test_a_changed_module_that_still_runs_is_found_by_its_hash(pack: Path) -> None:
    with (pack / "gemelo/skew.py").open("a", encoding="utf-8") as stream:
        stream.write("# changed\n")
    done = classify(pack, "--selftest")
    assert done.returncode == 1
    assert "not the bytes that were written: gemelo/skew.py" in done.stderr


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("raise KeyboardInterrupt", 130, ""),
        ("raise ModuleNotFoundError(name='numpy')", 2, "error: numpy is not installed\n  install it with: python3 -m"),
        ("raise ImportError('no libopenblas')", 2, "error: no libopenblas\n  install it with: python3 -m venv venv"),
    ],
)
def test_a_package_that_cannot_be_imported(text: str, code: int, said: str, pack: Path) -> None:
    (pack / "numpy.py").write_text(text, encoding="utf-8")
    done = classify(pack, "--help")
    assert (done.returncode, done.stdout, done.stderr[: len(said) or None]) == (code, "", said)
