"""What is public is decided once, and importing it is cheap."""

import inspect
import subprocess
import sys

import pytest

import gemelo
from gemelo import errors

HEAVY = ("tensorflow", "keras", "onnxruntime", "streamlit", "ai_edge_litert", "PIL", "numpy", "rich", "typer", "jinja2")


def test_the_public_names() -> None:
    assert sorted(gemelo.__all__) == [
        "Artifact",
        "Bundle",
        "Classifier",
        "GemeloError",
        "ParityReport",
        "Prediction",
        "Preprocessing",
        "Run",
        "__version__",
        "errors",
        "load",
        "verify",
    ]
    for name in gemelo.__all__:
        assert getattr(gemelo, name) is not None
    with pytest.raises(AttributeError, match="nothing"):
        _ = gemelo.nothing


MAKING = ("tensorflow", "keras", "onnx", "tf2onnx", "matplotlib", "trainer", "importers", "exporters")


def test_importing_gemelo_imports_nothing_heavy() -> None:
    script = f"import sys, gemelo; print([m for m in {HEAVY} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_module_of_the_core_runs_without_the_making_side() -> None:
    script = (
        "import sys, pkgutil, importlib\n"
        "class Refuse:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.split('.')[0] in {MAKING}:\n"
        "            raise ImportError(name)\n"
        "sys.meta_path.insert(0, Refuse())\n"
        "import gemelo\n"
        "for module in pkgutil.walk_packages(gemelo.__path__, 'gemelo.'):\n"
        "    if not module.name.endswith('__main__'): importlib.import_module(module.name); print(module.name)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "gemelo.runtimes.onnx" in done.stdout


def test_the_error_tree_is_the_one_that_is_drawn() -> None:
    drawn = {
        word
        for word in (errors.__doc__ or "").replace("──", " ").split()
        if word[0].isupper() and word[-5:] in ("Error", "ilure")
    }
    defined = {name for name, value in vars(errors).items() if inspect.isclass(value) and issubclass(value, Exception)}
    assert drawn == defined


def test_exit_codes_follow_the_tree() -> None:
    classes = [
        value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, errors.GemeloError)
    ]
    for kind in classes:
        assert kind.exit_code == (2 if issubclass(kind, errors.UsageError) else 1), kind
