"""Several visitors at once: all are answered, nobody gets another's photo, the memory is given back."""

from collections.abc import Callable
from pathlib import Path

from benchmarks.app_load import load, photo_sets, resident


def test_many_visitors_at_once(tiny: Path, serve_app: Callable[..., str]) -> None:
    url = serve_app("--bundle", tiny)
    pid = serve_app.processes[-1].pid  # type: ignore[attr-defined]
    result = load(url, pid, photo_sets(None, 6, 6), forget=0)
    assert result["answered"] == 36
    assert result["strangers"] == 0
    # The sessions of those who left are still remembered: small pictures and numbers, no files.
    assert resident(pid) < 1.15 * result["resident_mb"][0]
