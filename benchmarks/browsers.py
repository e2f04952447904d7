"""Pages of whole bundles in Chromium, Firefox and WebKit: does the self-test pass, and every artifact in Compare?

    python benchmarks/browsers.py BUNDLE...

Each page is opened in a new profile, proves itself, and then runs every artifact that it has, by every runtime on wasm.
What it found goes into benchmarks/results/browsers.json.
"""

import argparse
import contextlib
import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import sync_playwright

from gemelo.store.bundle import Bundle
from gemelo.webpage import make_page

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.browser import engines  # noqa: E402
from tests.browser.host import Host  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results" / "browsers.json"
ROWS = """() => [...document.querySelectorAll("tr[data-artifact]")]
  .filter((row) => /\\/wasm\\//.test(row.dataset.artifact)).map((row) => row.dataset.artifact)"""


def main() -> None:
    """Visit, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundles", nargs="+", type=Path)
    given = parser.parse_args()
    found: dict[str, dict[str, object]] = {}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        pages = {Bundle.open(path).name: path for path in given.bundles}
        for name, path in pages.items():
            make_page(path, root / name)
        photo = min((given.bundles[0] / "goldens").iterdir())
        with Host(root, Path(folder) / "log") as host:
            for engine in all_engines():
                for name in pages:
                    with engine.tab() as tab:
                        found[f"{engine.name}, {name}"] = visit(tab, f"{host.url}{name}/", photo)
                    print(engine.name, name, found[f"{engine.name}, {name}"], flush=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n")


def all_engines() -> Iterator[engines.Engine]:
    """The three browsers, one after another."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        yield engines.chromium(browser)
        browser.close()
        with engines.firefox(playwright) as engine:
            yield engine
    with contextlib.ExitStack() as stack:
        yield stack.enter_context(engines.webkit())


def visit(tab: engines.Tab, url: str, photo: Path) -> dict[str, object]:
    """The badge, and what became of every artifact in Compare."""
    tab.open(url)
    tab.wait("#status .badge.good", "verified")
    badge = tab.texts("#status .badge")[0]
    tab.choose(photo)
    tab.wait(".headline")
    tab.click("#tabs a[href='#compare']")
    tab.wait(".frame canvas")
    rows: list[str] = tab.run(ROWS)
    for name in rows:
        row = f"tr[data-artifact='{name}']"
        tab.click(f"{row} button")
        tab.wait(f"{row}[data-state=done], {row}[data-state=failed]", count=1)
    failed = [name for name in rows if tab.texts(f"tr[data-artifact='{name}'][data-state=failed]")]
    return {"badge": badge, "passed": [name for name in rows if name not in failed], "failed": failed}


if __name__ == "__main__":
    main()
