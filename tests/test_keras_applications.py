"""Every network of keras.applications trains a step and exports, each artifact with Keras's answers.

One of them is tried here, in fp32; `GEMELO_KERAS=1` tries all, with the usual variants, hours.
`benchmarks/keras_applications.py` does the work and keeps what came of it.
"""

import importlib.util
import os
import re
import subprocess
import sys
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
    row = benchmark.attempt(name, None if os.environ.get("GEMELO_KERAS") else ["fp32"])
    assert re.fullmatch(r"[36] passed, 0 left out", row["outcome"]), row


def test_every_network_has_a_row_and_none_failed(benchmark: ModuleType) -> None:
    rows = benchmark.known()
    assert set(rows) == set(backbones())
    assert set(QUICK) <= {name for name, row in rows.items() if "passed" in row}
    for name, row in rows.items():
        if name == "EfficientNetV2L":  # with random weights, 79 blocks amplify rounding errors
            assert "it would not answer as Keras did: onnx/fp32: a probability differs by" in row["outcome"]
            continue
        assert {"onnx/fp32", "tflite/fp32", "tfjs/fp32"} <= set(row["passed"]) | set(row["left_out"]), name
        assert row["passed"], name
        assert all(row["left_out"].values()), "what is left out has a reason"


def test_a_network_that_takes_too_long_or_too_much_has_a_row_that_says_so(
    benchmark: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    popen = subprocess.Popen

    def command(code: str) -> None:
        monkeypatch.setattr(
            benchmark.subprocess, "Popen", lambda _, env, **streams: popen([sys.executable, "-c", code], **streams)
        )

    known = 'import json, sys; print(json.dumps({"size": 32}), flush=True); '
    command(known + "import time; time.sleep(60)")
    assert benchmark.try_one("VGG16", None, 0.5, 1000) == {"size": 32, "outcome": "stopped after 0 s"}
    command(known + "x = bytearray(300 << 20); sys.stdin.read(); import time; time.sleep(60)")
    row = benchmark.try_one("VGG16", None, 60, 100)
    assert (row["size"], row["outcome"]) == (32, "stopped: it needs more than 100 MB")
    command(known + "sys.exit('no such thing')")
    assert benchmark.try_one("VGG16", None, 60, 1000)["outcome"] == "failed: no such thing"
