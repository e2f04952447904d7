"""A folder of drawings in the lecture's layout: training_set/{cats,dogs} and test_set/{cats,dogs}."""

import io
import multiprocessing
import os
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import PIL

from gemelo.errors import RuntimeFailure, SchemaError, UnknownNameError, UsageError
from gemelo.progress import SILENT, Progress
from gemelo.store.files import atomic_directory, read_json, write_json
from gemelo.synthetic.photo import SIZE, SPECIES, draw_photo

SPLITS = ("training_set", "test_set")
QUALITY = 85
MINIMUM = 20
# Raise when the drawings change, so that an older folder is not taken for this version's.
EDITION = 1

Counts: TypeAlias = dict[str, dict[str, int]]

_MARKER = ".drawing.json"
_CHUNK = 24
# Starting processes costs more than drawing so few.
_ALONE = 96


def draw_dataset(
    folder: str | os.PathLike[str],
    count: int,
    *,
    seed: int = 0,
    labels: Sequence[str] = ("cats", "dogs"),
    size: tuple[int, int] = SIZE,
    progress: Progress = SILENT,
    workers: int | None = None,
) -> Counts:
    """Draws a labeled data set: every fifth drawing of each label is for testing.

    A drawing depends on the seed, its label and its number only, never on `count` or `workers`. The folder
    appears when all is drawn. If it is there already and holds just this drawing, nothing is done.

    Args:
        folder: where to; must not exist or be empty.
        count: how many drawings, divided evenly among the labels.
        seed: another seed, other drawings.
        labels: the folders to draw, of "cats" and "dogs".
        size: the shortest and the longest side there may be, in pixels.
        progress: told of every few dozen drawings.
        workers: how many processes draw; as many as there are cores if None.

    Returns:
        {"training_set": {label: n}, "test_set": {label: n}}.

    Raises:
        UsageError: the folder holds something else, or a number makes no sense.
        UnknownNameError: a label that cannot be drawn.
        StorageError: the disk is full, or may not be written to.
    """
    target = Path(folder)
    _check(count, labels, size, seed)
    if workers is not None and workers < 1:
        raise UsageError(f"{workers} workers cannot draw", hint="give 1 or more")
    counts = _share_out(count, labels)
    marker = {"edition": EDITION, "pillow": PIL.__version__, "seed": seed, "size": list(size), "counts": counts}
    if _occupied(target, marker, counts):
        return counts
    jobs = [(str(path), label, seed, number, size) for path, label, number in _plan(counts)]
    with atomic_directory(target) as work:
        for split, classes in counts.items():
            for label in classes:
                (work / split / label).mkdir(parents=True)
        _draw_all(work, jobs, workers or os.cpu_count() or 1, progress)
        write_json(work / _MARKER, marker)
    return counts


def drawing_bytes(label: str, seed: int, number: int, size: tuple[int, int] = SIZE) -> bytes:
    """The JPEG file of drawing `number` of `label`."""
    rng = np.random.default_rng([seed, zlib.crc32(label.encode()), number])
    stream = io.BytesIO()
    draw_photo(label, rng, size=size).save(stream, "JPEG", quality=QUALITY)
    return stream.getvalue()


def _check(count: int, labels: Sequence[str], size: tuple[int, int], seed: int) -> None:
    unknown = [label for label in labels if label not in SPECIES]
    if unknown:
        raise UnknownNameError("label", unknown[0], SPECIES)
    if not labels or len(set(labels)) != len(labels):
        raise UsageError(f"labels {list(labels)}: name each label to draw once")
    if count < MINIMUM:
        raise UsageError(f"{count} drawings are too few to learn from", hint=f"ask for at least {MINIMUM}")
    if not 32 <= size[0] <= size[1] <= 4096:
        hint = "give two numbers, 32 <= short <= long <= 4096"
        raise UsageError(f"sides from {size[0]} to {size[1]} pixels", hint=hint)
    if seed < 0:
        raise UsageError(f"seed {seed} is negative", hint="give 0 or more")


def _share_out(count: int, labels: Sequence[str]) -> Counts:
    each = [count // len(labels) + (i < count % len(labels)) for i in range(len(labels))]
    tested = [n // 5 for n in each]
    training = {label: n - t for label, n, t in zip(labels, each, tested, strict=True)}
    return {"training_set": training, "test_set": dict(zip(labels, tested, strict=True))}


def _plan(counts: Counts) -> Iterator[tuple[Path, str, int]]:
    """Path below the folder, label and number of every drawing; numbers run on from training to test."""
    for label, trained in counts["training_set"].items():
        for number in range(1, trained + counts["test_set"][label] + 1):
            split = SPLITS[0] if number <= trained else SPLITS[1]
            yield Path(split, label, f"{SPECIES[label]}.{number}.jpg"), label, number


def _occupied(target: Path, marker: dict[str, Any], counts: Counts) -> bool:
    """Whether `target` already is this very drawing; refuses anything else that is not an empty folder."""
    if not target.exists() and not target.is_symlink():
        return False
    if not target.is_dir():
        raise UsageError(f"{target} is a file, not a folder", hint="choose another place")
    if not any(target.iterdir()):
        return False
    if _marker_of(target) != marker:
        raise UsageError(f"{target} is not empty", hint="choose another folder, or remove this one first")
    missing = [path for path, _, _ in _plan(counts) if not (target / path).is_file()]
    if missing:
        raise UsageError(
            f"{target} was drawn before, but {missing[0]} and {len(missing) - 1} more are gone",
            hint="remove the folder and draw again",
        )
    return True


def _marker_of(target: Path) -> Any:
    path = target / _MARKER
    try:
        return read_json(path) if path.is_file() else None
    except SchemaError:
        return None


_Job: TypeAlias = tuple[str, str, int, int, tuple[int, int]]


def _draw_all(work: Path, jobs: list[_Job], workers: int, progress: Progress) -> None:
    chunks = [(str(work), jobs[i : i + _CHUNK]) for i in range(0, len(jobs), _CHUNK)]
    drawn = map(_draw_chunk, chunks) if workers == 1 or len(jobs) <= _ALONE else _in_parallel(chunks, workers)
    with progress.step("drawing", len(jobs)) as done:
        for n in drawn:
            done(n)


def _in_parallel(chunks: list[tuple[str, list[_Job]]], workers: int) -> Iterator[int]:
    # Spawned, not forked: the caller may hold threads, and a fork of them can hang.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(chunks)), mp_context=context) as pool:
        try:
            yield from pool.map(_draw_chunk, chunks)
        except BrokenProcessPool as exc:
            hint = "draw again; if memory is short, with fewer workers"
            raise RuntimeFailure("a drawing process was killed", hint=hint) from exc
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _draw_chunk(chunk: tuple[str, list[_Job]]) -> int:
    root, jobs = chunk
    for path, label, seed, number, size in jobs:
        Path(root, path).write_bytes(drawing_bytes(label, seed, number, size))
    return len(jobs)
