"""Answers as they come: a line for each."""

import json
import time
from typing import Any


def print_row(row: dict[str, Any]) -> None:
    """One line of JSON, at once: who reads it waits for it."""
    print(json.dumps(row), flush=True)


def now() -> str:
    """The time here, with its offset, as ISO 8601 has it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")
