"""How many planted faults `gemelo compare` names rightly, and how often it sees one where there is none.

Usage: python -m benchmarks.planted_faults [--out benchmarks/results/planted_faults.json] [NAME...]

Needs bundles/drawings (`make demo`). The photos are drawings, some of them with an EXIF orientation.
"""

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

from benchmarks.planted.cases import Case, clean, faults, said
from gemelo.compare import Asked, CompareOptions, compare
from gemelo.compare.report import CompareReport
from gemelo.errors import GemeloError
from gemelo.store.files import write_json
from gemelo.synthetic import draw_dataset

_TURNED = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270, 3: Image.Transpose.ROTATE_180}


@dataclass(frozen=True)
class Row:
    """What came of one pair."""

    name: str
    expected: str
    found: str
    right: bool
    cpu_seconds: float
    sentence: str = ""


@dataclass(frozen=True)
class Result:
    """The whole."""

    faults: int
    named: int
    clean: int
    alarms: int
    rows: list[Row] = field(default_factory=list)


def main() -> int:
    """Run all cases, or those whose name has one of the words."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path)
    parser.add_argument("names", nargs="*")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        photos = draw(Path(folder) / "drawn")
        planted, equal = ([_run(case, photos) for case in cases if _wanted(case, given.names)]
                          for cases in (faults(photos), clean(photos)))  # fmt: skip
    result = Result(
        faults=len(planted),
        named=sum(row.right for row in planted),
        clean=len(equal),
        alarms=sum(not row.right for row in equal),
        rows=[*planted, *equal],
    )
    print(f"{result.named} of {result.faults} faults named, {result.alarms} alarms on {result.clean} clean pairs")
    if given.out is not None:
        write_json(given.out, result)
    return 0


def draw(folder: Path) -> Path:
    """Forty drawings in two folders; every fourth is turned, and its EXIF orientation says so."""
    draw_dataset(folder, 120, seed=11)
    photos = folder.with_name("photos")
    for label in ("cats", "dogs"):
        (photos / label).mkdir(parents=True)
        paths = sorted(path for path in folder.rglob("*.jpg") if path.parent.name == label)[:20]
        for i, path in enumerate(paths):
            image: Image.Image = Image.open(path)
            exif = Image.Exif()
            if i % 4 == 0:
                orientation = list(_TURNED)[i // 4 % 3]
                image = image.transpose(_TURNED[orientation])
                exif[0x0112] = orientation
            image.save(photos / label / path.name, quality=95, exif=exif)
    return photos


def _wanted(case: Case, names: list[str]) -> bool:
    return not names or any(name in case.name for name in names)


def _run(case: Case, photos: Path) -> Row:
    started = time.process_time()
    expected = case.stage or case.layer or "agree"
    with tempfile.TemporaryDirectory() as folder:
        paths = case.make(Path(folder))
        asked = Asked(paths, said(case.common), {1: said(case.own)})
        try:
            report = compare(asked, photos, CompareOptions(tolerance=case.tolerance, layers=case.layer is not None))
            found, sentence = _found(report, case)
        except GemeloError as exc:
            found, sentence = "error", str(exc)
    row = Row(case.name, expected, found, found == expected, round(time.process_time() - started, 1), sentence)
    print(f"{'ok   ' if row.right else 'WRONG'} {row.name}: {found} ({row.cpu_seconds} s) {sentence}", flush=True)
    return row


def _found(report: CompareReport, case: Case) -> tuple[str, str]:
    (pair,) = report.pairs
    if pair.passed:
        return "agree", f"to {pair.max_difference:.1e}"
    if case.layer is not None and pair.cause is None and pair.departure is not None:
        return pair.departure.here.name if pair.departure.here else "no layer", pair.departure.sentence
    if pair.cause is not None:
        return pair.cause.stage, pair.cause.sentence
    return "nothing", pair.reasons[0]


if __name__ == "__main__":
    sys.exit(main())
