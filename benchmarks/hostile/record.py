"""Results of the hostile suites: one section each in benchmarks/results/hostile.json."""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

TARGET = Path(__file__).resolve().parents[1] / "results" / "hostile.json"
_EVERY_SECONDS = 10.0


def save(suite: str, part: str, result: dict[str, Any]) -> None:
    """Print the result of a part of a suite, and write it beside those of the others."""
    print(json.dumps(result, indent=1, ensure_ascii=True), flush=True)
    whole = json.loads(TARGET.read_text(encoding="utf-8")) if TARGET.is_file() else {}
    whole[suite] = {**whole.get(suite, {}), part: result}
    text = json.dumps(whole, indent=1, sort_keys=True)
    TARGET.write_text(text + "\n", encoding="utf-8")


def progress(items: Sequence[T] | range, what: str) -> Iterator[Any]:
    """The items, with a line now and then on how far it is."""
    last = time.monotonic()
    for done, item in enumerate(items):
        if time.monotonic() - last > _EVERY_SECONDS:
            last = time.monotonic()
            print(f"{what}: {done} of {len(items)}", flush=True)
        yield item


def counted(values: Iterable[str]) -> dict[str, int]:
    """How often each value occurs, the most frequent first."""
    table: dict[str, int] = {}
    for value in values:
        table[value] = table.get(value, 0) + 1
    return dict(sorted(table.items(), key=lambda row: (-row[1], row[0])))
