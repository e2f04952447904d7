"""Every network of keras.applications trains a step and exports, each artifact with Keras's answers.

One of them is tried here; `GEMELO_KERAS=1` tries all, an hour or more. `benchmarks/keras_applications.py` does the work
and keeps what came of it.
"""

import importlib.util
import json
import os
from pathlib import Path
from types import ModuleType

import pytest

from trainer.architectures._keras import backbones

# Its hard-swish is what TF.js cannot fuse. Integer weights and models within a model have tests of their own.
QUICK = ("MobileNetV3Small",)


@pytest.fixture(scope="module")
def benchmark(project: Path) -> ModuleType:
    path = project / "benchmarks" / "keras_applications.py"
    spec = importlib.util.spec_from_file_location("keras_applications", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", backbones())
def test_trains_and_exports(name: str, benchmark: ModuleType) -> None:
    if name not in QUICK and not os.environ.get("GEMELO_KERAS"):
        pytest.skip("GEMELO_KERAS=1 tries all of keras.applications")
    row = benchmark.attempt(name, 100_000_000)
    assert row["outcome"].startswith(("6 passed", "not tried")), row


def test_what_is_recorded_are_networks_that_there_are_and_none_failed(benchmark: ModuleType) -> None:
    rows = json.loads(benchmark.RESULTS.read_text(encoding="utf-8"))
    assert set(QUICK) <= set(rows) <= set(backbones())
    for name, row in rows.items():
        assert row["outcome"].startswith("not tried") or row["passed"], name
        assert all(row.get("left_out", {}).values()), "what is left out has a reason"
