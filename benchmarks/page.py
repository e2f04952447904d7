"""A first visit to the page, beside one that uses tf.min.js: bytes and time from an empty cache to the first answer.

    python benchmarks/page.py --bundle bundles/lecture --photo photo.jpg

Both load the same graph model and answer the same photo, in turn, in one Chromium, each visit with an empty cache.
`gemelo serve` serves the one; the other is served from memory with every file packed by brotli at its best. The photo
is chosen as soon as there is a place for it. Ours proves itself on the goldens first; the peer shows what it gets.
"""

import argparse
import json
import re
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from playwright.sync_api import Browser, Playwright, Request, sync_playwright

from gemelo.store.bundle import Bundle
from gemelo.webpage.packing import media_type

ROOT = Path(__file__).resolve().parents[1]
PEER = ROOT / "benchmarks" / "page_peer"
TFJS = "@tensorflow/tfjs@4.22.0"
OURS = "gemelo, TF.js wasm, self-test included"
ARGUMENTS = ("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking")
# Milliseconds since the navigation began, as soon as an answer stands in the page.
WATCH = """new MutationObserver(() => {
  if (window.answered === undefined && document.querySelector(".headline, #answer:not(:empty)") !== null) {
    window.answered = performance.now();
  }
}).observe(document, { childList: true, subtree: true });"""
PACK = """const [{ brotliCompressSync: pack }, fs] = [require("node:zlib"), require("node:fs")];
for (const path of process.argv.slice(1)) fs.writeFileSync(path + ".br", pack(fs.readFileSync(path)));"""


def main() -> None:
    """Measure, print, and write benchmarks/results/page.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", required=True, type=Path)
    parser.add_argument("--photo", required=True, type=Path)
    parser.add_argument("--turns", type=int, default=7)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_peer(given.bundle, Path(folder))
        with serve_ours(given.bundle) as ours, serve_peer(Path(folder)) as peer:
            pages = {OURS: ours, "tf.min.js, webgl (its choice)": peer, "tf.min.js, cpu": f"{peer}#cpu"}
            result = measure(pages, given.photo, given.turns)
    result["bundle"] = Bundle.open(given.bundle).name
    print(json.dumps(result, indent=1))
    target = ROOT / "benchmarks" / "results" / "page.json"
    target.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def measure(pages: dict[str, str], photo: Path, turns: int) -> dict[str, Any]:
    """Visit each page in turn, so that a drift of the machine meets all alike; one turn before them is not counted."""
    visits: dict[str, list[tuple[int, float]]] = {name: [] for name in pages}
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for turn in range(turns + 1):
            for name, url in pages.items():
                seen = visit(browser, url, photo)
                if turn:
                    visits[name].append(seen)
        version = browser.version
        browser.close()
    rows = {name: summary(seen) for name, seen in visits.items()}
    ratios = {
        name: {key: round(row[key] / rows[OURS][key], 2) for key in ("bytes", "ms, median")}
        for name, row in rows.items()
        if name != OURS
    }
    return {"pages": rows, "ratios to gemelo": ratios, "turns": turns, "chromium": version}


def launch(playwright: Playwright) -> Browser:
    """The machine's own Chromium where there is one, else playwright's."""
    chromium = next((path for name in ("chromium", "google-chrome") if (path := shutil.which(name))), None)
    return playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))


def visit(browser: Browser, url: str, photo: Path) -> tuple[int, float]:
    """Bytes over the wire, and milliseconds, of one first visit."""
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(WATCH)
    finished: list[Request] = []
    page.on("requestfinished", lambda request: finished.append(request))  # noqa: PLW0108  it must bear attributes
    page.goto(url, wait_until="commit")
    page.set_input_files("input[type=file]", str(photo))
    page.locator(".headline, #answer:not(:empty)").first.wait_for()
    milliseconds, moment = page.evaluate("[answered, performance.timeOrigin + answered]")
    # What was asked for later is no part of the first answer.
    sizes = [r.sizes() for r in list(finished) if r.url.startswith("http") and r.timing["startTime"] <= moment]
    context.close()
    return sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes), float(milliseconds)


def summary(seen: list[tuple[int, float]]) -> dict[str, Any]:
    """Medians, and the spread of the times."""
    times = [ms for _, ms in seen]
    spread = [round(min(times)), round(max(times))]
    median = round(statistics.median(times))
    return {"bytes": round(statistics.median(b for b, _ in seen)), "ms, median": median, "ms, spread": spread}


@contextmanager
def serve_ours(bundle: Path) -> Iterator[str]:
    """`gemelo serve` on a free port."""
    command = [sys.executable, "-m", "gemelo", "serve", str(bundle), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        found = re.search(r"http://\S+", line)
        if found is None:
            raise SystemExit(f"gemelo serve did not start: {line}")
        yield found[0]
    finally:
        process.terminate()
        process.wait()


def write_peer(bundle: Path, folder: Path) -> None:
    """The peer's files and each packed beside it: its page, tf.min.js from npm, the bundle's graph model."""
    printed = subprocess.run([sys.executable, ROOT / "tools" / "npm.py"], check=True, capture_output=True, text=True)
    npm = Path(printed.stdout.strip())
    subprocess.run([npm, "pack", "--silent", TFJS], check=True, cwd=folder, stdout=subprocess.DEVNULL)
    archive = next(folder.glob("*.tgz"))
    with tarfile.open(archive) as package:
        library = package.extractfile("package/dist/tf.min.js")
        (folder / "tf.min.js").write_bytes(library.read() if library else b"")
    archive.unlink()
    opened = Bundle.open(bundle)
    model = [opened.file(path) for path in opened.artifact("tfjs", "fp32").files]
    for path in [*PEER.iterdir(), *model]:
        shutil.copy(path, folder / path.name)
    subprocess.run([npm.parent / "node", "-e", PACK, *sorted(folder.iterdir())], check=True)


class _Peer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def __init__(self, files: dict[str, bytes], *arguments: Any) -> None:
        self.files = files
        super().__init__(*arguments)

    def do_GET(self) -> None:
        name = self.path.strip("/") or "index.html"
        self.send_response(200 if name in self.files else 404)
        data = self.files.get(name, b"")
        head = {"Content-Type": media_type(name), "Content-Encoding": "br", "Content-Length": str(len(data))}
        for key, value in head.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: whoever measures is not to write."""


@contextmanager
def serve_peer(folder: Path) -> Iterator[str]:
    """The packed files of a folder, from memory."""
    files = {path.name.removesuffix(".br"): path.read_bytes() for path in folder.glob("*.br")}
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Peer, files))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    main()
