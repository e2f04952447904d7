"""Work on all cores, its results in the order of what was asked."""

import heapq
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Generic, TypeVar, cast

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


class Beside(Generic[T, R]):
    """Long work of a few items, each in one thread from its beginning to its end, beside what the owner does.

    If the work of an item fails, or the owner leaves the context, all running work is asked to stop.
    """

    def __init__(self, work: Callable[[T, threading.Event], R], order: Callable[[T], int] = lambda _: 0) -> None:
        """Nothing is begun yet.

        Args:
            work: On one item. It ends soon once its event is set; what it returns then is not used.
            order: Of two items that wait, the one with the lower number is begun first.
        """
        self._work, self._order = work, order
        self._lock, self._stopped = threading.Lock(), threading.Event()
        self._waiting: list[tuple[int, int, T]] = []
        self._results: list[R | BaseException | None] = []
        self._threads: list[threading.Thread] = []

    def add(self, item: T) -> None:
        """Have one more to do."""
        with self._lock:
            heapq.heappush(self._waiting, (self._order(item), len(self._results), item))
            self._results.append(None)

    def start(self, most: int) -> None:
        """Let so many threads be at work, if there is work for them."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        for _ in range(min(most - len(self._threads), len(self._waiting))):
            # Daemons: a runtime that never returns must not keep the interpreter from ending.
            thread = threading.Thread(target=self._run, daemon=True)
            self._threads.append(thread)
            thread.start()

    def results(self, most: int) -> list[R]:
        """Wait for the results of all items, in the order in which they were added.

        Raises:
            BaseException: What the work of an item raised; of several, the first item's.
        """
        self.start(most)
        while self._threads:
            for thread in self._threads:
                thread.join()
            self.start(0 if self._stopped.is_set() else most)
        for result in self._results:
            if isinstance(result, BaseException):
                raise result
        return cast("list[R]", self._results)

    def __enter__(self) -> "Beside[T, R]":
        return self

    def __exit__(self, *_: object) -> None:
        """Stop what is still going on, and wait for it for a while."""
        self._stopped.set()
        end = time.monotonic() + _GRACE_SECONDS
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, end - time.monotonic()))

    def _run(self) -> None:
        while not self._stopped.is_set():
            with self._lock:
                if not self._waiting:
                    return
                _, index, item = heapq.heappop(self._waiting)
            try:
                self._results[index] = self._work(item, self._stopped)
            except BaseException as exc:
                self._results[index] = exc
                self._stopped.set()
