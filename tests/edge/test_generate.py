"""classify.py is gemelo's own source: the same code in one file, and no third implementation of the preprocessing."""

import ast
import json
import shutil
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import pytest

import gemelo
from gemelo.edge import generate as generator
from gemelo.edge.generate import GeneratorError, generate
from gemelo.files import sha256_bytes
from gemelo.preprocessing import Preprocessing
from tests.goldens import make
from tests.hostile.photos import HOSTILE_PHOTOS

EXPECTED: dict[str, Any] = json.loads(make.EXPECTED.read_text(encoding="utf-8"))
ALLOWED = set(sys.stdlib_module_names) | {"numpy", "PIL", "onnxruntime"}


@pytest.fixture(scope="module")
def text() -> str:
    return generate()


@pytest.fixture(scope="module")
def program(text: str) -> types.ModuleType:
    return loaded(text)


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """A copy of gemelo's Python files that may be changed."""
    only_python = shutil.ignore_patterns("web", "__pycache__", "draw")
    return Path(shutil.copytree(Path(gemelo.__file__).parent, tmp_path / "gemelo", ignore=only_python))


def loaded(text: str) -> types.ModuleType:
    """The program as a module that was not started."""
    module = types.ModuleType("classify")
    sys.modules["classify"] = module  # dataclasses look for their module
    exec(compile(text, "classify.py", "exec"), module.__dict__)
    return module


def test_it_imports_only_the_three_and_the_standard_library(text: str) -> None:
    tree = ast.parse(text)
    found = {row.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for row in node.names}
    found |= {(node.module or "").split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert found <= ALLOWED | {"pillow_heif"}  # which is imported where a HEIC photo is met and it is installed
    assert {"numpy", "PIL", "onnxruntime"} <= found


def test_it_is_as_readable_as_its_sources(text: str, tmp_path: Path, project: Path) -> None:
    path = tmp_path / "classify.py"
    path.write_text(text, encoding="utf-8")
    config = ["--config", str(project / "pyproject.toml"), "--no-cache", str(path)]
    for command in (["check", "--select", "E,F,I,W,B,UP"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, *config], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert max(map(len, text.splitlines())) <= 120
    for words in ("the only Python implementation", "# gemelo/preprocessing.py\n", "# gemelo/errors.py, in part\n"):
        assert words.casefold() in text.casefold()


def test_the_same_sources_give_the_same_file(text: str, sources: Path) -> None:
    assert generate() == text == generate(sources)


def test_all_preprocessing_goldens_give_the_recorded_tensors(program: types.ModuleType) -> None:
    assert len(EXPECTED["images"]) >= 69
    for key, value in EXPECTED["preprocessings"].items():
        preprocessing = program.Preprocessing.from_json(value)
        for name, row in EXPECTED["images"].items():
            tensor_u8 = program.prepare((make.IMAGES / name).read_bytes(), preprocessing)
            assert sha256_bytes(tensor_u8.tobytes()) == row[key], (name, key)


def test_bad_photos_get_the_same_words(program: types.ModuleType, tmp_path: Path) -> None:
    from gemelo.errors import GemeloError
    from gemelo.preprocessing import prepare

    preprocessing = Preprocessing(32, 24)
    compared = 0
    for i, row in enumerate(row for row in HOSTILE_PHOTOS if row.error and not row.root_reads_it):
        folder = tmp_path / str(i)
        folder.mkdir()
        path = row.make(folder)
        with pytest.raises(GemeloError) as ours:
            prepare(path, preprocessing)
        with pytest.raises(program.GemeloError) as theirs:
            program.prepare(path, program.Preprocessing(32, 24))
        assert (type(theirs.value).__name__, str(theirs.value)) == (type(ours.value).__name__, str(ours.value))
        assert theirs.value.exit_code == ours.value.exit_code
        compared += 1
    assert compared > 30


def test_ctrl_c_while_its_packages_are_imported(text: str, tmp_path: Path) -> None:
    (tmp_path / "classify.py").write_text(text, encoding="utf-8")
    (tmp_path / "numpy.py").write_text("raise KeyboardInterrupt")
    command = [sys.executable, str(tmp_path / "classify.py"), "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


def test_a_change_of_the_preprocessing_changes_it(text: str, sources: Path) -> None:
    path = sources / "preprocessing.py"
    path.write_text(path.read_text(encoding="utf-8").replace("Resampling.BILINEAR", "Resampling.BICUBIC"))
    changed = generate(sources)
    assert changed != text
    name, value = next(iter(EXPECTED["preprocessings"].items()))
    image = (make.IMAGES / "png-rgb.png").read_bytes()
    program = loaded(changed)
    digest = sha256_bytes(program.prepare(image, program.Preprocessing.from_json(value)).tobytes())
    assert digest != EXPECTED["images"]["png-rgb.png"][name]


def test_of_other_modules_only_what_is_needed_is_taken(program: types.ModuleType) -> None:
    assert hasattr(program, "CorruptImageError")
    assert hasattr(program, "verify_files")
    for name in ("TrainingError", "ExportError", "Bundle", "Classifier", "atomic_directory", "write_json"):
        assert not hasattr(program, name)


@pytest.mark.parametrize(
    ("file", "line", "words"),
    [
        ("edge/device/photos.py", "def prepare() -> None: ...", "prepare is gemelo.preprocessing already"),
        ("edge/device/photos.py", "def open() -> None: ...", "open is Python's own already"),
        ("edge/device/photos.py", "json = 1", "json is an import already"),
        ("edge/device/photos.py", "import requests\n\nx = requests.get", "a device has no requests"),
        ("edge/device/photos.py", "from gemelo.files import sha256_file as s\n\nx = s", "by another name"),
    ],
)
def test_what_cannot_share_a_file_is_noticed(file: str, line: str, words: str, sources: Path) -> None:
    with (sources / file).open("a", encoding="utf-8") as stream:
        stream.write(f"\n\n{line}\n")
    with pytest.raises(GeneratorError, match=words):
        generate(sources)


def test_the_device_s_modules_keep_to_their_own(project: Path) -> None:
    own = {
        "gemelo.prediction",
        "gemelo.terminal.answers",
        "gemelo.terminal.ctrl_c",
        "gemelo.terminal.text",
        "gemelo.preprocessing",
        "gemelo.errors",
        "gemelo.files",
        "gemelo.photo_files",
    }
    own |= {"gemelo.http_strict", "gemelo.manifest", "gemelo.onnx_external", "gemelo.schema", "gemelo.webpage.headers"}
    for path in sorted((project / "gemelo" / "edge" / "device").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = [row.name for row in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for module in modules:
                known = module in own or module.startswith(generator.DEVICE)
                assert known or module.split(".")[0] in ALLOWED, f"{path.name}: {module}"
