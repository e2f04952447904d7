"""Progress of work that takes longer than people like to wait in the dark."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Step(Protocol):
    """One piece of work whose end is known."""

    def __call__(self, done: int = 1, note: str = "") -> None:
        """So many more are done; `note` stands behind the bar."""
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


class Bars:
    """A bar on standard error for each step, on a terminal; one line for each step elsewhere."""

    @contextmanager
    def step(self, what: str, total: int) -> Iterator[Step]:
        """Begin a piece of work."""
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as RichProgress

        columns = (
            TextColumn("{task.description:<20}"),
            BarColumn(bar_width=10),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True),
            TextColumn("{task.fields[note]}"),
        )
        with RichProgress(*columns, console=Console(file=sys.stderr)) as bar:
            task = bar.add_task(what, total=total, note="")
            yield lambda done=1, note="": bar.update(task, advance=done, note=note)

    def note(self, text: str) -> None:
        """Say something, on a line of its own."""
        from gemelo.cli.text import shown

        print(shown(text), file=sys.stderr, flush=True)
