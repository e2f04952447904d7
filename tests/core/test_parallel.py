"""Work on all cores: in order, not further ahead than it must, and over when the caller is gone."""

import threading
import time
from collections.abc import Iterator

import pytest

from gemelo.parallel import chunks, cores


def test_every_item_in_its_order() -> None:
    def slow_at_first(item: int) -> int:
        time.sleep(0.02 if item < 3 else 0)
        return item * item

    found = list(chunks(slow_at_first, iter(range(11)), 3))
    assert [len(chunk) for chunk in found] == [3, 3, 3, 2]
    assert [pair for chunk in found for pair in chunk] == [(i, i * i) for i in range(11)]


def test_nothing_of_nothing() -> None:
    assert list(chunks(str, [], 4)) == []


def test_takes_no_more_than_is_soon_needed() -> None:
    taken = 0

    def counted() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    found = chunks(str, counted(), 2)
    next(found)
    assert taken <= 2 * (cores() + 1)
    found.close()  # type: ignore[attr-defined]


def test_an_error_reaches_the_caller_and_no_thread_stays() -> None:
    before = threading.active_count()
    with pytest.raises(ZeroDivisionError):
        list(chunks(lambda item: 1 // item, [2, 1, 0, 1], 1))
    assert threading.active_count() == before


def test_a_caller_who_leaves_waits_for_none_that_has_not_begun() -> None:
    done: list[int] = []

    def noted(item: int) -> None:
        time.sleep(0.01)
        done.append(item)

    for chunk in chunks(noted, range(100), 1):
        assert chunk == [(0, None)]
        break
    time.sleep(0.05)
    assert len(done) <= 2 * cores() + 2
