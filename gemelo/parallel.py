"""Work on all cores, its results in the order of what was asked."""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

# Native code that lasts longer than this after Ctrl-C is not waited for.
_GRACE_SECONDS = 10.0


def cores() -> int:
    """How many this process may use."""
    # Threads, not processes: Pillow decodes and resizes without the GIL, and nothing has to be pickled or spawned.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def chunks(work: Callable[[T], R], items: Iterable[T], size: int) -> Iterator[list[tuple[T, R]]]:
    """Do the work of many items, a chunk to a thread; the next chunks are at work while one is looked at.

    Args:
        work: On one item, in any thread.
        items: Taken as they are needed, from the caller's thread.
        size: Of a chunk.

    Yields:
        Each chunk: its items, each with what came of it.
    """
    source = iter(items)
    pool = ThreadPoolExecutor(cores())
    ahead: deque[Future[list[tuple[T, R]]]] = deque()
    try:
        while True:
            while len(ahead) <= cores() and (chunk := list(islice(source, size))):
                ahead.append(pool.submit(lambda chunk: [(item, work(item)) for item in chunk], chunk))
            if not ahead:
                return
            yield ahead.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def side_by_side(work: Callable[[T, threading.Event], R], items: Sequence[T], most: int) -> list[R]:
    """Do long work of a few items, each in one thread from its beginning to its end.

    When one fails, or on Ctrl-C, the others are told to stop.

    Args:
        work: On one item, in any thread. It ends soon once its event is set; what it returns then is not used.
        items: Begun in their order.
        most: How many at once.

    Returns:
        What came of each item, in their order.

    Raises:
        BaseException: What the work of an item raised; of several, the first item's.
    """
    todo, results, errors = deque(enumerate(items)), dict[int, R](), dict[int, BaseException]()
    stopped = threading.Event()

    def run() -> None:
        while todo and not stopped.is_set():
            try:
                index, item = todo.popleft()
            except IndexError:  # another thread took it
                return
            try:
                results[index] = work(item, stopped)
            except BaseException as exc:
                errors[index] = exc
                stopped.set()

    _in_threads(run, min(most, len(items)), stopped)
    if errors:
        raise errors[min(errors)]
    return [results[index] for index in range(len(items))]


def _in_threads(run: Callable[[], None], count: int, stopped: threading.Event) -> None:
    """Run it in so many threads; on Ctrl-C, stop them and wait for a while."""
    # Daemons: a runtime that never returns must not keep the interpreter from ending.
    threads = [threading.Thread(target=run, daemon=True) for _ in range(count)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    except BaseException:
        stopped.set()
        end = time.monotonic() + _GRACE_SECONDS
        for thread in threads:
            if thread.ident is not None:  # it was started
                thread.join(max(0.0, end - time.monotonic()))
        raise
