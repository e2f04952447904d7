"""Text for a terminal, without the time that importing rich takes."""

import json
import os
import sys
from contextlib import suppress
from typing import Any

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_CODES = {"bold": "1", "dim": "2", "red": "31", "yellow": "33"}


def shown(text: str) -> str:
    """Text on one line: control characters and bytes that are no text are escaped; no-break spaces stay."""
    whole = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(c if c.isprintable() or c == "\u00a0" else repr(c)[1:-1] for c in whole)


def complain(message: str, hint: str | None = None) -> None:
    """Print an error, with the hint below it, on standard error."""
    if sys.stderr is None:  # where there is none, print would take standard output
        return
    color = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    lines = [("\033[1;31merror:\033[0m " if color else "error: ") + shown_lines(message)]
    lines += [f"  {line}" for line in shown_lines(hint or "").splitlines()]
    with suppress(OSError):
        print("\n".join(lines), file=sys.stderr, flush=True)


def shown_lines(text: str) -> str:
    """Text of several lines, each escaped as `shown` does."""
    return "\n".join(shown(line) for line in text.split("\n"))


def spreadsheet_cell(text: str) -> str:
    """Text from outside as a cell of a CSV file: escaped, and never a formula that a spreadsheet would run."""
    plain = shown(text)
    return f"'{plain}" if text.startswith(_FORMULA) else plain


def styled(text: str, style: str) -> str:
    """The text in bold, dim, red or yellow on a terminal; as it is elsewhere."""
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return text
    return f"\033[{_CODES[style]}m{text}\033[0m"


def print_json(value: Any) -> None:
    """JSON on standard output; ASCII only, so that any name survives any terminal."""
    print(json.dumps(value, indent=2))
