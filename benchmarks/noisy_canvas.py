"""Visits to a page in browsers that change what a page reads from a canvas: how many answers are wrong?

    python benchmarks/noisy_canvas.py --bundle bundles/lecture --photos FOLDER [--count 50] [--loads 20]

Chromium changes about one pixel in 200, 5,000 and 50,000: the same ones for the same picture, others at every reading,
or the same colors wherever they are. Firefox has `privacy.resistFingerprinting`. On every load the page proves itself,
then classifies photos. An answer that differs from Python's by more than 1e-5 is wrong, unless the page refuses the
photo and says why.
"""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from gemelo.webpage import make_page

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser import engines  # noqa: E402
from tests.browser.classified import by_browser, by_python, wrong  # noqa: E402
from tests.browser.host import Host  # noqa: E402
from tests.browser.noise import Kind, with_noise  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results" / "noisy_canvas.json"
KINDS: tuple[Kind, ...] = ("picture", "call", "color")
REASON = "this browser changes the pixels"


def main() -> None:
    """Visit, print and write the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", required=True, type=Path)
    parser.add_argument("--photos", required=True, type=Path)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--loads", type=int, default=20)
    given = parser.parse_args()
    found = sorted(path for path in given.photos.rglob("*") if path.is_file())
    photos = found[:: max(1, len(found) // given.count)][: given.count]
    results = {}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        root = Path(folder) / "root"
        page = make_page(given.bundle, root / "page").path
        (root / "photos").mkdir()
        for number, path in enumerate(photos):
            shutil.copy(path, root / "photos" / f"{number:03}")
        with Host(root, Path(folder) / "log") as host:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            chromium = engines.chromium(browser)
            for one_in in (200, 5_000, 50_000):
                for kind in KINDS:
                    copy = with_noise(page, root / f"{kind}-{one_in}", "app/worker-*.js", kind, one_in=one_in)
                    name = f"chromium, 1 pixel in {one_in:,}, by {kind}"
                    results[name] = visits(chromium, host, copy.name, photos, given)
            browser.close()
            with engines.firefox(playwright, {"privacy.resistFingerprinting": True}) as firefox:
                results["firefox, privacy.resistFingerprinting"] = visits(firefox, host, "page", photos, given)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")


def visits(
    engine: engines.Engine, host: Host, page: str, photos: list[Path], given: argparse.Namespace
) -> dict[str, int]:
    """Loads, answers, refusals that give the reason, and wrong answers."""
    expected = by_python(given.bundle, photos)
    urls = [f"{host.url}photos/{number:03}" for number in range(len(photos))]
    found = {"loads": given.loads, "answered": 0, "refused": 0, "wrong": 0}
    for _ in range(given.loads):
        with engine.tab() as tab:
            tab.open(f"{host.url}{page}/")
            tab.wait("#status .badge.good", "verified")
            answers = by_browser(tab, f"{host.url}{page}/", urls)
        found["refused"] += sum(isinstance(answer, str) for answer in answers)
        found["answered"] += sum(not isinstance(answer, str) for answer in answers)
        found["wrong"] += len(wrong(answers, expected, REASON))
    print(page, found, flush=True)
    return found


if __name__ == "__main__":
    main()
