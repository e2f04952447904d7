"""How many bytes a first visit to the page of each bundle takes, and how large its folder is.

    python -m benchmarks.visits --photo photo.jpg models/cats_vs_dogs models/cats_vs_dogs_224

Over the wire from `gemelo serve`, from an empty cache to the first answer, the self-test included. Bytes do not depend
on how busy the machine is; the milliseconds beside them do.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from benchmarks.page import launch, serve_ours, summary, visit
from gemelo.store.bundle import Bundle
from gemelo.store.files import write_json
from gemelo.webpage import make_page

RESULTS = Path(__file__).parent / "results" / "visits.json"


def measure(browser: Browser, bundle: Path, photo: Path, turns: int) -> dict[str, Any]:
    """One bundle: a first visit, and the folder for a static host."""
    with serve_ours(bundle) as url, tempfile.TemporaryDirectory() as folder:
        seen = [visit(browser, url, photo) for _ in range(turns)]
        site = make_page(bundle, Path(folder) / "site").path
        size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
    return {"bundle": Bundle.open(bundle).name, "folder": size, **summary(seen)}


def main() -> None:
    """Measure all of them, print, and write results/visits.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundles", nargs="+", type=Path)
    parser.add_argument("--photo", required=True, type=Path)
    parser.add_argument("--turns", type=int, default=3)
    given = parser.parse_args()
    with sync_playwright() as playwright:
        browser = launch(playwright)
        rows = [measure(browser, bundle, given.photo, given.turns) for bundle in given.bundles]
        browser.close()
    print(json.dumps(rows, indent=1))
    write_json(RESULTS, rows)


if __name__ == "__main__":
    main()
