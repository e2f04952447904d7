"""Ctrl-C in the middle of something long: say what is left, and how to go on."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer


@contextmanager
def interruptible(hint: str) -> Iterator[None]:
    """Turn Ctrl-C into a sentence and exit code 130."""
    try:
        yield
    except KeyboardInterrupt as exc:
        print(f"\ninterrupted\n  {hint}", file=sys.stderr)
        raise typer.Exit(130) from exc
