"""Folders of image files through Python and through the page's TypeScript in browsers: where do they disagree?

    python benchmarks/decoding.py FOLDER... [--engine chromium] [--wasm] [--changed]

Every file below the folders is decoded and prepared by both, and the bytes are compared; or both must refuse it. What
is found goes into benchmarks/results/decoding.json, beside what earlier runs found in other browsers.

`--wasm` decodes JPEG and WebP in WASM, whatever the browser can do. `--changed` asks for each photo in more forms: its
EXIF in front, turned in the eight ways, and as a WebP (lossy, lossless, with alpha). `--resist` is for Firefox with
`privacy.resistFingerprinting`.
"""

import argparse
import contextlib
import json
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from gemelo.errors import ImageError

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser import engines  # noqa: E402
from tests.browser.agreement import python_s_answer  # noqa: E402
from tests.browser.derived_photos import FORMS  # noqa: E402
from tests.browser.preprocessing_page import PreprocessingPage, Question, build, served  # noqa: E402
from tests.goldens import make  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results" / "decoding.json"
BATCH = 20
PREPROCESSINGS = tuple(make.PREPROCESSINGS.values())


def main() -> None:
    """Compare, print what differs, and write the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--engine", default="chromium", choices=["chromium", "firefox", "webkit"])
    parser.add_argument("--every", type=int, default=1, help="take one file in so many")
    for flag in ("wasm", "changed", "resist"):
        parser.add_argument(f"--{flag}", action="store_true")
    given = parser.parse_args()
    warnings.simplefilter("ignore")  # Pillow's, of damaged files
    photos = dict(files_of(given.folders, given.every, given.changed))
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as site:
        build(ROOT / "web_demo", Path(folder))
        with started(given.engine, given.resist) as engine, engine.tab() as tab:
            result = compare(PreprocessingPage(site, tab), photos, given.wasm)
    flags = [flag for flag in ("wasm", "changed", "resist") if getattr(given, flag)]
    name = " ".join([given.engine, *flags, *sorted(path.name for path in given.folders)])
    results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    RESULTS.write_text(json.dumps({**results, name: result}, indent=1, sort_keys=True) + "\n")
    print(json.dumps({name: result}, indent=1))


def files_of(folders: list[Path], every: int, changed: bool) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of the files, in as many forms as are wanted."""
    for folder in folders:
        for number, path in enumerate(sorted(p for p in folder.rglob("*") if p.is_file())[::every]):
            data, name = path.read_bytes(), str(path.relative_to(folder))
            if not changed:
                yield name, data
                continue
            for form, change in FORMS.items():
                yield f"{name} {form}", change(data, number)


@contextlib.contextmanager
def started(name: str, resist: bool) -> Iterator[engines.Engine]:
    """One of the three browsers."""
    if name == "webkit":
        with engines.webkit() as engine:
            yield engine
        return
    with sync_playwright() as playwright:
        if name == "firefox":
            with engines.firefox(playwright, {"privacy.resistFingerprinting": resist}) as engine:
                yield engine
            return
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield engines.chromium(browser)
        browser.close()


def compare(page: PreprocessingPage, photos: dict[str, bytes], wasm: bool) -> dict[str, Any]:
    """Counts, and what each file is on which they disagree."""
    found: dict[str, Any] = {"proof": page.proof(), "files": len(photos), "read": 0, "refused": 0, "disagree": {}}
    start, names = time.monotonic(), list(photos)
    for at in range(0, len(names), BATCH):
        part = names[at : at + BATCH]
        answers = page.ask_all([Question(photos[name], PREPROCESSINGS, wasm=wasm) for name in part])
        for name, answer in zip(part, answers, strict=True):
            wanted = python_s_answer(photos[name])
            refused = isinstance(wanted, ImageError)
            found["refused" if refused else "read"] += 1
            if refused != (answer.error is not None) or (not refused and answer.digests != wanted):
                found["disagree"][name] = f"page: {answer.error or answer.crash or 'read'}; Python: {str(wanted)[:99]}"
        print(f"{at + len(part)} of {len(names)}, {len(found['disagree'])} disagree", file=sys.stderr, flush=True)
    return {**found, "seconds": round(time.monotonic() - start, 1)}


if __name__ == "__main__":
    main()
