"""Progress of work that takes longer than people like to wait in the dark."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Step(Protocol):
    """One piece of work whose end is known."""

    def __call__(self, done: int = 1, note: str = "") -> None:
        """So many more are done, in any thread; `note` stands behind the bar."""
        ...


class Progress(Protocol):
    """Where work reports to."""

    def step(self, what: str, total: int) -> AbstractContextManager[Step]:
        """Begin a piece of work: `with progress.step("decoding", 8000) as done: ... done()`."""
        ...

    def note(self, text: str) -> None:
        """Say something that somebody should know before the work goes on."""
        ...


class Silent:
    """Says nothing: for libraries and tests."""

    @contextmanager
    def step(self, what: str, total: int) -> Iterator[Step]:
        """Begin a piece of work."""
        yield say_nothing

    def note(self, text: str) -> None:
        """Say something."""


def say_nothing(done: int = 1, note: str = "") -> None:
    """A step that nobody watches."""


SILENT = Silent()


def interactive() -> bool:
    """Return whether standard error is a terminal that can redraw a line; a notebook cannot."""
    return sys.stderr.isatty() and "JPY_PARENT_PID" not in os.environ


class Bars:
    """What a step does, on standard error: a bar on a terminal, elsewhere a line at its start and now and then."""

    @contextmanager
    def step(self, what: str, total: int) -> Iterator[Step]:
        """Begin a piece of work."""
        with _bar(what, total) if interactive() else _lines(what, total) as done:
            yield done

    def note(self, text: str) -> None:
        """Say something, on a line of its own."""
        from gemelo.terminal.text import shown

        _say(shown(text))


@contextmanager
def _bar(what: str, total: int) -> Iterator[Step]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as RichProgress

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description:<20}"),
        BarColumn(bar_width=10),
        MofNCompleteColumn(),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
        TextColumn("{task.fields[note]}"),
    )
    with RichProgress(*columns, console=Console(file=sys.stderr)) as bar:
        task = bar.add_task(what, total=total, note="")
        yield lambda done=1, note="": bar.update(task, advance=done, note=note)


@contextmanager
def _lines(what: str, total: int, pause: float = 10.0) -> Iterator[Step]:
    started, count, latest, over = time.monotonic(), 0, "", threading.Event()
    lock = threading.Lock()
    _say(f"{what} ({total})" if total > 1 else what)

    def done(done: int = 1, note: str = "") -> None:
        nonlocal count, latest
        with lock:
            count, latest = count + done, note or latest
        if not done and note:  # a part begins
            _say(f"  {what}: {note}")

    def tell() -> None:
        while not over.wait(pause):
            _say(f"  {what}: {count} of {total}{f', {latest}' if latest else ''}, {time.monotonic() - started:.0f} s")

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield done
    finally:
        over.set()
        teller.join()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
