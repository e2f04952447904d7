"""Work on all cores: in order, not further ahead than it must, and over when the caller is gone."""

import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from gemelo import parallel
from gemelo.parallel import Beside, chunks, cores


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


def done_by(work: Callable[[int, threading.Event], object], count: int) -> list[object]:
    """The results of so many items, two at once."""
    with Beside(work) as beside:
        for item in range(count):
            beside.add(item)
        return beside.results(2)


def test_beside_each_other_no_more_than_allowed_and_in_order() -> None:
    at_work, most, lock, both = 0, 0, threading.Lock(), threading.Barrier(2)

    def square(item: int, _stopped: threading.Event) -> int:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        both.wait(60)  # two of them are really at work at the same time
        with lock:
            at_work -= 1
        return item * item

    assert done_by(square, 6) == [0, 1, 4, 9, 16, 25]
    assert most == 2
    assert done_by(square, 0) == []


def test_begun_while_the_owner_does_something_else() -> None:
    begun: list[int] = []
    first, rest = threading.Event(), threading.Event()

    def work(item: int, _stopped: threading.Event) -> int:
        begun.append(item)
        first.set()
        assert rest.wait(60)
        return item

    with Beside(work, lambda item: -item) as beside:
        for item in (1, 2, 3):
            beside.add(item)
            beside.start(1)
            assert first.wait(60)
        assert begun == [1]
        rest.set()
        assert beside.results(1) == [1, 2, 3]
    assert begun == [1, 3, 2], "the last in the order first"


def test_one_that_fails_stops_the_others() -> None:
    begun: list[int] = []

    def work(item: int, stopped: threading.Event) -> None:
        begun.append(item)
        if item == 1:
            raise ValueError("the second")
        assert stopped.wait(60)

    with pytest.raises(ValueError, match="the second"):
        done_by(work, 9)
    assert sorted(begun) == [0, 1]


@pytest.fixture
def ctrl_c() -> Iterator[Callable[[], None]]:
    """Press Ctrl-C, from any thread."""
    main, before = threading.main_thread().ident, signal.signal(signal.SIGINT, signal.default_int_handler)
    watched = signal.set_wakeup_fd(-1)  # or `end_when_stuck`, of an earlier test, may end this process in ten seconds
    assert main is not None
    yield lambda: signal.pthread_kill(main, signal.SIGINT)
    signal.signal(signal.SIGINT, before)
    signal.set_wakeup_fd(watched)


def test_ctrl_c_stops_what_heeds_it_and_waits_for_it(ctrl_c: Callable[[], None]) -> None:
    ended: list[int] = []

    def work(item: int, stopped: threading.Event) -> None:
        if item == 1:
            ctrl_c()
        assert stopped.wait(60)
        ended.append(item)

    with pytest.raises(KeyboardInterrupt):
        done_by(work, 9)
    assert sorted(ended) == [0, 1]


def test_ctrl_c_does_not_wait_for_what_never_returns(
    ctrl_c: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "_GRACE_SECONDS", 0.0)
    released = threading.Event()

    def work(_item: int, _stopped: threading.Event) -> None:
        ctrl_c()
        released.wait(60)

    with pytest.raises(KeyboardInterrupt):
        done_by(work, 1)
    released.set()
