"""Keras's reference outputs against those of Chromium, from the files' bytes: each runtime of a page on wasm, in fp32.

    python benchmarks/browser.py bundles/lecture bundles/compact --photos photos --count 200

The photos are the test photos of the run, in the folder that it was trained on. Each is handed as a file to the page's
own gemelo.js, which decodes, resizes and answers in the browser. Writes benchmarks/results/browser.json.
"""

import argparse
import base64
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page, sync_playwright

from gemelo.store.bundle import Bundle
from gemelo.webpage import bind, make_page

RUNTIMES = ("tfjs", "onnx", "litert")
ARGUMENTS = ("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking")
LOAD = """async (runtime) => {
  const { load } = await import(new URL("gemelo.js", document.baseURI));
  window.classifier = await load({ runtime, backend: "wasm", variant: "fp32" });
  return [window.classifier.choice.runtime, window.classifier.choice.backend, window.classifier.choice.variant];
}"""
ASK = """async (file) => {
  const bytes = Uint8Array.from(atob(file), (letter) => letter.charCodeAt(0));
  const { predictions } = await window.classifier.classify(new Blob([bytes]));
  return [...predictions].sort((a, b) => a.index - b.index).map(({ probability }) => probability);
}"""


def main() -> None:
    """Measure, print, and write benchmarks/results/browser.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundles", nargs="+", type=Path)
    parser.add_argument("--photos", required=True, type=Path)
    parser.add_argument("--count", type=int, default=200)
    given = parser.parse_args()
    chromium = next((path for name in ("chromium", "google-chrome") if (path := shutil.which(name))), None)
    rows = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        for path in given.bundles:
            rows[path.name] = compare(browser.new_page(), path, given.photos, given.count)
            print(path.name, json.dumps(rows[path.name]), flush=True)
        version = browser.version
        browser.close()
    target = Path(__file__).resolve().parent / "results" / "browser.json"
    target.write_text(json.dumps({"bundles": rows, "chromium": version}, indent=1) + "\n", encoding="utf-8")


def compare(page: Page, path: Path, photos: Path, count: int) -> dict[str, Any]:
    """Each runtime's largest difference from Keras and its label changes, over test photos evenly spread."""
    bundle = Bundle.open(path)
    rows = bundle.reference.test
    chosen = [rows[i] for i in np.unique(np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(int))]
    expected = np.stack([image.probabilities for image in chosen])
    found: dict[str, Any] = {"photos": len(chosen)}
    with served(path) as url:
        for runtime in RUNTIMES:
            answers = ask(page, url, runtime, [photos / image.path for image in chosen])
            label_changes = int((answers.argmax(1) != expected.argmax(1)).sum())
            found[runtime] = {"max difference": float(np.abs(answers - expected).max()), "label_changes": label_changes}
    return found


def ask(page: Page, url: str, runtime: str, photos: list[Path]) -> NDArray[np.float64]:
    """(photos, classes): what one runtime makes of the files, by the page's gemelo.js."""
    page.goto(f"{url}nothing")  # of the page's origin and under its policy, without any work of its own
    chosen = page.evaluate(LOAD, runtime)
    if chosen != [runtime, "wasm", "fp32"]:
        raise SystemExit(f"{runtime} did not pass its self-test here: {chosen} answers instead")
    files = (base64.b64encode(photo.read_bytes()).decode("ascii") for photo in photos)
    return np.array([page.evaluate(ASK, file) for file in files])


@contextmanager
def served(bundle: Path) -> Iterator[str]:
    """The bundle's page on a free port of loopback."""
    with TemporaryDirectory() as folder:
        server = bind(make_page(bundle, Path(folder) / "page").path, port=0)
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.url
        finally:
            server.shutdown()
            server.server_close()


if __name__ == "__main__":
    main()
