"""How soon the app answers the first photo of a visitor: in Chromium, from the choice of the file to the answer drawn.

    python benchmarks/app_first.py --bundle bundles/lecture --out benchmarks/results/app_first.json

Each time the app is started anew, as by `make app`: its model is loaded when the page is opened, not before. `opened`
is the time from the address to a page that takes a photo, `answered` that from the photo to its answer.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from benchmarks.app_load import app, photo_sets

_BROWSER = ["--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"]
_PATIENCE = 60_000


def main() -> None:
    """Measure and print; save with --out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--photo", type=Path, help="By default a drawing of 640x480.")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--out", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=given.chromium, args=_BROWSER)
        photo = given.photo or _drawing(Path(folder))
        pairs = [_once(browser, given.bundle, photo) for _ in range(given.times)]
        browser.close()
    opened, answered = (sorted(round(one, 3) for one in times) for times in zip(*pairs, strict=True))
    result = {"opened_s": opened, "answered_s": answered, "median_s": statistics.median(answered)}
    print(json.dumps(result, indent=1))
    if given.out:
        given.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def _once(browser: Browser, bundle: Path, photo: Path) -> tuple[float, float]:
    with app(bundle, 120) as (url, _):
        context = browser.new_context()
        page = context.new_page()
        page.set_default_timeout(_PATIENCE)
        start = time.perf_counter()
        page.goto(f"{url}/?lang=en")
        page.get_by_text("Try these six drawings").wait_for()
        opened = time.perf_counter() - start
        start = time.perf_counter()
        page.locator("[data-testid=stFileUploader] input[type=file]").set_input_files(photo)
        page.locator(".gm .printed").wait_for()
        answered = time.perf_counter() - start
        context.close()
    return opened, answered


def _drawing(folder: Path) -> Path:
    ((name, data),) = photo_sets(None, 1, 1)[0]
    path = folder / name
    path.write_bytes(data)
    return path


if __name__ == "__main__":
    main()
