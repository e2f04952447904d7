"""Memory of conversions: what would take too much is left out; garbage is found while they go on."""

import gc
import re
from pathlib import Path

import pytest

from exporters import memory
from exporters.export import export
from exporters.memory import given_back
from exporters.source import ExportSource
from gemelo.store.bundle import Bundle
from gemelo.store.run import Run


class _Copy:
    """Something that holds itself, as the nodes and the graph of tf2onnx hold each other."""

    alive = 0

    def __init__(self) -> None:
        self.itself = [self for _ in range(1)]
        self.nodes = [[self] for _ in range(2000)]
        _Copy.alive += 1

    def __del__(self) -> None:
        _Copy.alive -= 1


def test_copies_do_not_pile_up() -> None:
    most = 0
    with given_back():
        for _ in range(100):
            _Copy()
            most = max(most, _Copy.alive)
        assert most <= 10
    assert _Copy.alive == 0


def test_the_collector_is_afterwards_as_before() -> None:
    usual = gc.get_threshold()

    def fail() -> None:
        assert gc.get_threshold() != usual
        raise ValueError("the converter failed")

    with pytest.raises(ValueError, match="the converter failed"), given_back():
        fail()
    assert gc.get_threshold() == usual
    assert gc.get_freeze_count() == 0


def test_what_takes_more_than_there_is_is_left_out(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system would end a converter that takes too much, and the whole export with it."""
    weights = ExportSource.from_run(run).weight_bytes
    monkeypatch.setattr(memory, "available", lambda: 10 * weights)
    result = export(run.path, tmp_path / "bundle", variants=["onnx/fp32", "tfjs/fp32"])
    assert [artifact.name for artifact in Bundle.open(tmp_path / "bundle").artifacts] == ["onnx/fp32"]
    [failure] = result.report.left_out
    assert (failure.name, failure.stage) == ("tfjs/fp32", "conversion")
    words = r"tfjs/fp32: converting .* takes about .* GB of memory, of which .* GB are left"
    assert re.search(words, "; ".join(failure.reasons))


def test_what_the_system_says_is_left() -> None:
    left = memory.available()
    assert left is None or 1 << 24 < left < 1 << 50
    memory.need(10, 1000, "onnx/fp32")
