"""A page with the preprocessing's TypeScript in a worker: what a browser makes of photos, asked from Python."""

import base64
import functools
import http.server
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemelo.preprocessing import DEFAULT_MAX_PIXELS, Preprocessing
from gemelo.store.files import sha256_bytes
from tests.browser.engines import Tab

# What the worker answers: digests, and the bytes themselves where they are asked for.
_WORKER = """
const hex = async (bytes) => Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)),
  (byte) => byte.toString(16).padStart(2, "0")).join("");
const textOf = (bytes) => {
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
};
const rgbOf = ({ data }) => {
  const rgb = new Uint8Array(data.length / 4 * 3);
  for (let from = 0, to = 0; from < data.length; from += 4) {
    rgb[to++] = data[from]; rgb[to++] = data[from + 1]; rgb[to++] = data[from + 2];
    if (data[from + 3] !== 255) throw new Error("a pixel is not opaque");
  }
  return rgb;
};
const load = (format) => import(new URL(`${format}.js`, self.location.href));
const decoders = new preprocessing.Decoders(load);
const wasm = new preprocessing.Decoders(load);
wasm.proved = async () => ({ jpeg: false, webp: false, canvas: false });
const framed = async (file, kind) => {
  const bitmap = await createImageBitmap(file);
  return decoders.frame(kind === "video" ? new VideoFrame(bitmap, { timestamp: 0 }) : bitmap);
};
const answer = async (file, { preprocessings, maxPixels, frame, whole, forced }) => {
  try {
    const start = performance.now();
    const chosen = forced ? wasm : decoders;
    const pixels = await (frame ? framed(file, frame) : preprocessing.decode(file, chosen, maxPixels));
    const decoded = performance.now();
    const wanted = preprocessings.map((value) => preprocessing.parsePreprocessing(value));
    const tensors = wanted.map((one) => preprocessing.prepare(pixels, one));
    const ms = { decode: decoded - start, resize: performance.now() - decoded };
    const parts = [rgbOf(pixels), ...tensors];
    const digests = Promise.all(parts.map(hex)); // awaited at the end: meanwhile the next photo is decoded
    const { width, height } = pixels;
    return { width, height, digests, parts: whole ? parts.map(textOf) : [], ms };
  } catch (thrown) {
    const { name, kind, what, message, detail, stack } = thrown;
    return name === "PhotoError" ? { error: { kind, what, message, detail } } : { crash: `${thrown}\\n${stack}` };
  }
};
self.onmessage = async ({ data: { photos, questions } }) => {
  if (questions === null) return self.postMessage(await decoders.proved());
  const bytes = await (await fetch(photos)).arrayBuffer();
  const answers = [];
  for (const question of questions) {
    answers.push(await answer(new Blob([bytes.slice(question.start, question.end)]), question));
  }
  for (const one of answers) one.digests = (await one.digests) ?? [];
  self.postMessage(answers);
};
"""

_PAGE = """<!doctype html><meta charset="utf-8"><title>preprocessing</title>"""

_ASK = """(photos, questions) => new Promise((done, fail) => {
  const worker = window.worker ??= new Worker("worker.js");
  worker.onmessage = ({ data }) => done(data);
  worker.onerror = ({ message }) => fail(new Error(message));
  worker.postMessage({ photos, questions });
})"""


@dataclass(frozen=True)
class Question:
    """What is asked of one photo.

    Attributes:
        data: The file's bytes.
        preprocessings: What it is prepared for.
        max_pixels: As in `gemelo.preprocessing.decode`.
        frame: "bitmap" or "video": decoded by the browser and handed over as a camera's frame.
        whole: Whether the bytes are wanted too.
        wasm: Decode JPEG and WebP in WASM, whatever the browser can do.
    """

    data: bytes
    preprocessings: Sequence[Preprocessing] = ()
    max_pixels: int = DEFAULT_MAX_PIXELS
    frame: str | None = None
    whole: bool = False
    wasm: bool = False


@dataclass(frozen=True)
class Answer:
    """What the browser made of one photo.

    Attributes:
        size: (width, height) of the upright photo; (0, 0) where it was refused.
        digests: sha256 of the decoded RGB bytes, then of each preprocessing's tensor.
        parts: the same bytes, where they were asked for.
        error: kind, what, message and detail of a PhotoError, or None.
        crash: Any other error.
        ms: of decoding and of resizing.
    """

    size: tuple[int, int]
    digests: tuple[str, ...]
    parts: tuple[NDArray[np.uint8], ...]
    error: dict[str, str] | None
    crash: str | None
    ms: dict[str, float]

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Answer":
        parts = tuple(np.frombuffer(base64.b64decode(part), np.uint8) for part in value.get("parts", ()))
        size = (value.get("width", 0), value.get("height", 0))
        digests = tuple(value.get("digests", ()))
        return cls(size, digests, parts, value.get("error"), value.get("crash"), value.get("ms", {}))


@dataclass(frozen=True)
class Site:
    """The page as it is served.

    Attributes:
        folder: Its files; photos are put there.
        url: Its address.
    """

    folder: Path
    url: str


class PreprocessingPage:
    """The page in a browser. Many photos in one question are answered much faster than one by one."""

    def __init__(self, site: Site, tab: Tab) -> None:
        self._site, self._tab = site, tab
        tab.open(site.url)

    def ask_all(self, questions: Sequence[Question]) -> list[Answer]:
        """Decode and prepare each photo; the answers in the same order."""
        photos = b"".join(question.data for question in questions)
        (self._site.folder / "photos").write_bytes(photos)
        asked, end = [], 0
        for question in questions:
            start, end = end, end + len(question.data)
            preprocessings = [preprocessing.to_json() for preprocessing in question.preprocessings]
            asked.append(
                {"start": start, "end": end, "preprocessings": preprocessings, "maxPixels": question.max_pixels}
            )
            asked[-1] |= {"frame": question.frame, "whole": question.whole, "forced": question.wasm}
        # By another name each time: a browser may keep what it has fetched.
        name = f"photos?{sha256_bytes(photos)}"
        return [Answer.from_json(value) for value in self._tab.run(_ASK, name, asked)]

    def ask(self, question: Question) -> Answer:
        """Decode and prepare one photo."""
        return self.ask_all([question])[0]

    def proof(self) -> dict[str, bool]:
        """What the browser itself was proved to do exactly: "jpeg", "webp", "canvas"."""
        return dict(self._tab.run(_ASK, None, None))


def build(web_demo: Path, folder: Path) -> None:
    """Write index.html, worker.js, and the decoders in WASM."""
    esbuild = [str(web_demo / "node_modules" / ".bin" / "esbuild"), "--bundle", "--target=es2022"]
    esbuild += ["--log-level=warning", *(f"--loader:.{name}=binary" for name in ("jpg", "webp", "wasm"))]
    worker = [
        "src/preprocessing.ts",
        "--format=iife",
        "--global-name=preprocessing",
        f"--outfile={folder / 'worker.js'}",
    ]
    decoders = [f"src/photo/wasm/{name}.ts" for name in ("jpeg", "webp")]
    for more in ([*worker, f"--footer:js={_WORKER}"], [*decoders, "--format=esm", f"--outdir={folder}"]):
        subprocess.run([*esbuild, *more], cwd=web_demo, check=True, timeout=120)
    (folder / "index.html").write_text(_PAGE, encoding="utf-8")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: pytest shows what matters."""


@contextmanager
def served(folder: Path) -> Iterator[Site]:
    """The folder, served on the loopback."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield Site(folder, f"http://127.0.0.1:{server.server_address[1]}/")
        finally:
            server.shutdown()
