"""`gemelo bench`: every artifact that this machine runs, in processes of its own, and Keras beside them."""

import json
from pathlib import Path
from typing import Any

import pytest

from gemelo.bench import BenchReport, bench, choose
from gemelo.bench.child import repeat
from gemelo.errors import MissingDependencyError, RuntimeFailure, UnknownNameError, UsageError
from gemelo.runtimes import tflite
from gemelo.store.bundle import Bundle
from tests.support.bundles import make_bundle
from tests.support.cli import run_gemelo

QUICK: dict[str, Any] = {"seconds": 0.05, "rounds": 1, "batches": (1, 4)}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("bench") / "tiny").path


@pytest.fixture(scope="module")
def report(small_bundle: Path, small_run: Path) -> BenchReport:
    return bench(small_bundle, keras_run=small_run, **QUICK)


def test_every_artifact_and_keras_are_measured(report: BenchReport, small_bundle: Path) -> None:
    names = [artifact.name for artifact in Bundle.open(small_bundle).artifacts]
    assert [timing.name for timing in report.artifacts] == [*names, "keras"]
    for timing in report.artifacts:
        # On a busy machine one call in twenty may take longer than the first.
        assert min(timing.cold_ms, timing.p95_ms) >= timing.warm_ms > 0
        assert set(timing.images_per_second) == {"1", "4"}
        assert min(timing.images_per_second.values()) > 0
        assert timing.peak_bytes > 20e6
        assert timing.bytes > 1000
        assert timing.version
        assert (timing.photo_ms is None) == (timing.name == "keras")
    assert report.left_out == {}


def test_node_s_memory_is_counted(report: BenchReport) -> None:
    peak = {timing.name: timing.peak_bytes for timing in report.artifacts}
    assert peak["tfjs/fp32"] > peak["onnx/fp32"] + 20e6


def test_names_choose_formats_and_artifacts(small_bundle: Path) -> None:
    bundle = Bundle.open(small_bundle)
    assert [a.name for a in choose(bundle, ["tflite/int8", "tfjs"])] == [
        *("tfjs/fp32", "tfjs/fp16", "tfjs/uint8"),
        "tflite/int8",
    ]
    with pytest.raises(UnknownNameError, match="onnx/int4"):
        choose(bundle, ["onnx", "onnx/int4"])


@pytest.mark.parametrize("wrong", [{"seconds": 0}, {"seconds": 1e9}, {"rounds": 0}, {"batches": (0,)}])
def test_impossible_numbers_are_refused(tiny: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="seconds must be"):
        bench(tiny, **{**QUICK, **wrong})


def test_a_runtime_that_is_not_installed_is_left_out(small_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> str:
        raise MissingDependencyError("ai-edge-litert", "pip install 'gemelo[litert]'")

    monkeypatch.setattr(tflite, "version", missing)
    report = bench(small_bundle, ["onnx/fp32", "tflite/fp32"], **QUICK)
    assert [timing.name for timing in report.artifacts] == ["onnx/fp32"]
    assert report.left_out == {"tflite/fp32": "ai-edge-litert is not installed"}
    with pytest.raises(UsageError, match=r"nothing here can be run: tflite/fp32: ai-edge-litert"):
        bench(small_bundle, ["tflite/fp32"], **QUICK)


def test_a_process_that_fails_is_named(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tiny))
    (tiny / "numpy.py").write_text("raise SystemExit('no numbers today')\n", encoding="utf-8")
    try:
        with pytest.raises(RuntimeFailure, match="onnx/fp32: its process failed: no numbers today"):
            bench(tiny, **QUICK)
    finally:
        (tiny / "numpy.py").unlink()


def test_a_run_without_its_model_is_refused(tiny: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no model\.keras"):
        bench(tiny, keras_run=tmp_path, **QUICK)


def test_the_first_calls_are_not_counted() -> None:
    calls: list[int] = []
    times = repeat(lambda: calls.append(1), 0.01)
    assert len(calls) == len(times) + 5
    assert min(times) >= 0


def test_the_command_prints_a_table_and_json(tiny: Path) -> None:
    quick = ("--seconds", "0.05", "--rounds", "1")
    table = run_gemelo("bench", tiny, *quick)
    assert table.returncode == 0
    head = table.stdout.splitlines()[1].split()
    assert head[:3] == ["artifact", "size", "cold"]
    assert max(map(len, table.stdout.splitlines())) <= 80
    value = json.loads(run_gemelo("bench", tiny, *quick, "--json").stdout)
    assert value["artifacts"][0]["name"] == "onnx/fp32"
    assert value["bundle"] == "tiny"


@pytest.mark.parametrize(
    "arguments", [("--batches", "x"), ("--only", "keras"), ("--rounds", "0"), ("--run", "nowhere")]
)
def test_wrong_usage_is_exit_2(tiny: Path, arguments: tuple[str, str]) -> None:
    done = run_gemelo("bench", tiny, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
