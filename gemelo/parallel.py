"""Work on all cores, its results in the order of what was asked."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


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
