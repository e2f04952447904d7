"""Mutated bundles, runs, packs and pages, used in every way: only errors of gemelo's tree, and nothing written outside.

Everything runs in this process, under an audit hook that sees each file that is opened. A case is bounded by an alarm.
"""

import contextlib
import ctypes
import io
import os
import shutil
import signal
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.hostile.images import BUNDLE
from benchmarks.hostile.measured import MOST_MB, MOST_SECONDS, _kilobytes
from benchmarks.hostile.record import counted, progress
from benchmarks.hostile.spoil import spoil
from benchmarks.hostile.uses import APP_SECONDS, Use, uses
from gemelo.errors import GemeloError

RUN = Path("runs/drawings")
KINDS = ("bundle", "bundle", "bundle", "run", "pack", "page")
_TOLD = 20
_REFUSED = ("SchemaError", "MissingFileError", "UnsafePathError", "LabelMismatchError", "TamperedFileError")


class _Watch:
    """What is written outside of a folder, and what is read in a folder that nobody may read."""

    def __init__(self) -> None:
        self.sandbox: str | None = None
        self.seen: list[str] = []
        sys.addaudithook(self._hook)

    def taken(self) -> list[str]:
        """What was seen since the last time."""
        found, self.seen = list(dict.fromkeys(self.seen)), []
        return found

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.sandbox is None or event not in _EVENTS:
            return
        sandbox, self.sandbox = self.sandbox, None  # not to hear itself
        try:
            path = arguments[1 if event in ("os.rename", "os.link", "os.symlink") else 0]
            writes = event != "open" or bool((arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
            inside_another = event == "os.remove" and arguments[1] != -1  # as rmtree does; its folder is judged itself
            if isinstance(path, str | bytes) and not inside_another:
                self._judge(event, os.path.realpath(os.fsdecode(path)), writes, sandbox)
        finally:
            self.sandbox = sandbox

    def _judge(self, event: str, path: str, writes: bool, sandbox: str) -> None:
        if writes and not path.startswith((sandbox, "/dev/null", "/proc/")) and not path.endswith(".pyc"):
            self.seen.append(f"written outside: {event} {path}")
        if not writes and path.startswith((f"{sandbox}/in/outside", "/dev/zero", "/etc/passwd")):
            self.seen.append(f"read outside: {path}")


_EVENTS = {"open", "os.rename", "os.mkdir", "os.remove", "os.symlink", "os.link", "os.truncate", "shutil.rmtree"}


def run(seed: int, numbers: Sequence[int], keep: str | None) -> dict[str, Any]:
    """Use each mutated folder in all the ways there are for its kind."""
    os.environ["GEMELO_TRACEBACK"] = "1"  # what is outside the tree is raised, and seen here
    suite = _Suite(seed, keep)
    with tempfile.TemporaryDirectory() as folder, _alarm():
        originals = _originals(Path(folder))
        _warm_up(originals, Path(folder) / "sandbox")
        for number in progress(numbers, "manifests"):
            kind = KINDS[number % len(KINDS)]
            suite.case(number, kind, originals[kind], Path(folder) / "sandbox")
    return {"count": len(numbers), **suite.result()}


class _Suite:
    def __init__(self, seed: int, keep: str | None) -> None:
        self._seed, self._keep, self._watch = seed, keep, _Watch()
        self._failed, self._ends, self._slowest, self._largest = list[dict[str, Any]](), list[str](), 0.0, 0.0

    def case(self, number: int, kind: str, original: Path, sandbox: Path) -> None:
        """Mutate a copy and use it."""
        root = Path(shutil.copytree(original, sandbox / "in" / "it"))
        what = spoil(kind, root, self._seed, number)
        tempfile.tempdir = str(sandbox)
        try:
            first, *more = uses(kind, number).items()
            if self._use(number, what, root, *first) in _REFUSED and more:
                more = [more[number % len(more)]]  # all others would be refused by the same words
            for each in more:
                self._use(number, what, root, *each)
        finally:
            tempfile.tempdir = None
        shutil.rmtree(sandbox)

    def _use(self, number: int, what: str, root: Path, name: str, use: Use) -> str:
        self._watch.sandbox = os.path.realpath(root.parents[1])
        end, seconds, mb = _attempt(use, root)
        self._watch.sandbox = None
        self._ends.append("outside" if end.startswith("outside") else end)
        self._slowest, self._largest = max(self._slowest, seconds), max(self._largest, mb)
        if faults := [*_faults(end, seconds, mb), *self._watch.taken()]:
            row = {"number": number, "what": what, "use": name, "end": end, "faults": faults}
            self._failed.append({**row, "seconds": round(seconds, 2), "mb": round(mb)})
            print(self._failed[-1], flush=True)
            _keep(self._keep, number, root)
        return end

    def result(self) -> dict[str, Any]:
        """Ends and faults, counted."""
        faults = counted(fault for row in self._failed for fault in row["faults"])
        measured = {"slowest_s": round(self._slowest, 2), "largest_mb": round(self._largest)}
        head = {"uses": len(self._ends), "ends": counted(self._ends), **measured}
        return {**head, "faults": faults, "failed": self._failed[:_TOLD]}


def _originals(folder: Path) -> dict[str, Path]:
    from gemelo.edge.build import make_pack
    from gemelo.webpage import make_page

    pack = make_pack(BUNDLE, folder / "pack").path
    return {"bundle": BUNDLE, "run": RUN, "pack": pack, "page": make_page(BUNDLE, folder / "page").path}


def _warm_up(originals: dict[str, Path], sandbox: Path) -> None:
    """Use what nobody mutated: it must do, and what is imported or loaded once is not measured."""
    for kind, original in originals.items():
        for name, use in uses(kind, 0).items():
            end = _attempt(use, Path(shutil.copytree(original, sandbox / "in" / "it")))[0]
            if end != "done":
                raise SystemExit(f"{kind}: {name}: {end}")
            shutil.rmtree(sandbox)


def _attempt(use: Use, root: Path) -> tuple[str, float, float]:
    """How it ended, CPU seconds, and megabytes gained."""
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    before, start, told = _kilobytes("VmRSS"), time.process_time(), io.StringIO()
    signal.alarm(APP_SECONDS)
    with contextlib.redirect_stdout(told), contextlib.redirect_stderr(told), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            code = use(root)
            end = f"exit {code}" if isinstance(code, int) and code else "done"
        except GemeloError as error:
            from gemelo.terminal.text import complain

            complain(error.message, error.hint)
            end = type(error).__name__
        except BaseException as error:
            end = f"outside: {type(error).__name__}: {error}"[:300]
    signal.alarm(0)
    if strange := {letter for letter in told.getvalue() if not letter.isprintable() and letter != "\n"}:
        end = f"outside: control characters on the terminal: {sorted(strange)!r}"
    return end, time.process_time() - start, (_kilobytes("VmHWM") - before) / 1024


def _keep(folder: str | None, number: int, root: Path) -> None:
    if folder is not None and not (Path(folder) / str(number)).exists():
        shutil.copytree(root, Path(folder) / str(number), symlinks=True)


def _faults(end: str, seconds: float, mb: float) -> list[str]:
    found = ["outside the error tree"] if end.startswith("outside") else []
    return [*found, *(["too slow"] if seconds > MOST_SECONDS else []), *(["too much memory"] if mb > MOST_MB else [])]


@contextlib.contextmanager
def _alarm() -> Iterator[None]:
    def ring(*_: object) -> None:
        raise TimeoutError(f"no end in {APP_SECONDS} s")

    before = signal.signal(signal.SIGALRM, ring)
    try:
        yield
    finally:
        signal.signal(signal.SIGALRM, before)
