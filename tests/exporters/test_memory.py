"""Garbage of a conversion is found while it goes on, and the collector is afterwards what it was before."""

import gc

import pytest

from exporters.memory import given_back


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
