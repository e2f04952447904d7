"""A page with nothing but the contract's twin in a worker: what Chromium makes of a photo, asked from Python."""

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
from playwright.sync_api import Page

from gemelo.contract import DEFAULT_MAX_PIXELS, Contract

# What the worker answers: digests, and the bytes themselves where they are asked for.
_WORKER = """
const hex = async (bytes) => Array.from(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)),
  (byte) => byte.toString(16).padStart(2, "0")).join("");
const rgbOf = ({ data }) => {
  const rgb = new Uint8Array(data.length / 4 * 3);
  for (let from = 0, to = 0; from < data.length; from += 4) {
    rgb[to++] = data[from]; rgb[to++] = data[from + 1]; rgb[to++] = data[from + 2];
    if (data[from + 3] !== 255) throw new Error("a pixel is not opaque");
  }
  return rgb;
};
const load = (format) => import(new URL(`${format}.js`, self.location.href));
const decoders = new contract.Decoders(load);
const wasm = new contract.Decoders(load);
wasm.proved = async () => ({ jpeg: false, webp: false, canvas: false });
const framed = async (file, kind) => {
  const bitmap = await createImageBitmap(file);
  return decoders.frame(kind === "video" ? new VideoFrame(bitmap, { timestamp: 0 }) : bitmap);
};
const answer = async ({ bytes, contracts, maxPixels, frame, whole, forced }) => {
  try {
    const start = performance.now();
    const file = new Blob([bytes]);
    const pixels = await (frame ? framed(file, frame) : contract.decode(file, forced ? wasm : decoders, maxPixels));
    const decoded = performance.now();
    const tensors = contracts.map((value) => contract.prepare(pixels, contract.parseContract(value)));
    const ms = { decode: decoded - start, resize: performance.now() - decoded };
    const parts = [rgbOf(pixels), ...tensors];
    const digests = await Promise.all(parts.map(hex));
    return { width: pixels.width, height: pixels.height, digests, parts: whole ? parts : [], ms };
  } catch (thrown) {
    if (thrown.name !== "PhotoError") throw thrown;
    const { kind, what, message, detail } = thrown;
    return { error: { kind, what, message, detail } };
  }
};
self.onmessage = async ({ data }) => {
  if (data.proof) return self.postMessage({ proof: await decoders.proved() });
  try { self.postMessage(await answer(data)); } catch (thrown) { self.postMessage({ crash: String(thrown.stack) }); }
};
"""

_PAGE = """<!doctype html><meta charset="utf-8"><title>contract</title><script>
const worker = new Worker("worker.js");
const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
const textOf = (bytes) => {
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
};
window.ask = (base64, rest) => new Promise((done) => {
  worker.onmessage = ({ data }) => done({ ...data, parts: (data.parts ?? []).map(textOf) });
  worker.postMessage({ bytes: bytesOf(base64), ...rest });
});
</script>"""


@dataclass(frozen=True)
class Answer:
    """What the twin made of one photo.

    Attributes:
        size: (width, height) of the upright photo; (0, 0) where it was refused.
        digests: sha256 of the decoded RGB bytes, then of each contract's tensor.
        parts: the same bytes, where they were asked for.
        error: kind, what, message and detail of a PhotoError, or None.
        ms: of decoding and of resizing.
    """

    size: tuple[int, int]
    digests: tuple[str, ...]
    parts: tuple[NDArray[np.uint8], ...]
    error: dict[str, str] | None
    ms: dict[str, float]


class ContractPage:
    """The page in Chromium; one question at a time."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def ask(
        self,
        data: bytes,
        contracts: Sequence[Contract] = (),
        *,
        max_pixels: int = DEFAULT_MAX_PIXELS,
        frame: str | None = None,
        whole: bool = False,
        wasm: bool = False,
    ) -> Answer:
        """Decode and prepare.

        Args:
            data: Of the photo's file.
            contracts: What it shall become.
            max_pixels: The limit.
            frame: "bitmap" or "video": as a camera's frame.
            whole: Bring the bytes, too.
            wasm: Decode JPEG and WebP in WASM, whatever the browser can do.
        """
        rest: dict[str, Any] = {"maxPixels": max_pixels, "frame": frame, "whole": whole, "forced": wasm}
        rest["contracts"] = [contract.to_json() for contract in contracts]
        text = base64.b64encode(data).decode("ascii")
        value: dict[str, Any] = self._page.evaluate("([text, rest]) => ask(text, rest)", [text, rest])
        if "crash" in value:
            raise AssertionError(f"the worker failed: {value['crash']}")
        parts = tuple(np.frombuffer(base64.b64decode(part), np.uint8) for part in value["parts"])
        size = (value.get("width", 0), value.get("height", 0))
        return Answer(size, tuple(value.get("digests", ())), parts, value.get("error"), value.get("ms", {}))

    def proof(self) -> dict[str, bool]:
        """What the browser itself was proved to do exactly: "jpeg", "webp", "canvas"."""
        value: dict[str, Any] = self._page.evaluate("ask('', { proof: true })")
        return dict(value["proof"])


def build(web_demo: Path, folder: Path) -> None:
    """Write index.html, worker.js, and the decoders in WASM."""
    esbuild = [str(web_demo / "node_modules" / ".bin" / "esbuild"), "--bundle", "--target=es2022"]
    esbuild += ["--log-level=warning", *(f"--loader:.{name}=binary" for name in ("jpg", "webp", "wasm"))]
    worker = ["src/contract.ts", "--format=iife", "--global-name=contract", f"--outfile={folder / 'worker.js'}"]
    decoders = [f"src/photo/wasm/{name}.ts" for name in ("jpeg", "webp")]
    for more in ([*worker, f"--footer:js={_WORKER}"], [*decoders, "--format=esm", f"--outdir={folder}"]):
        subprocess.run([*esbuild, *more], cwd=web_demo, check=True, timeout=120)
    (folder / "index.html").write_text(_PAGE, encoding="utf-8")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: pytest shows what matters."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder's address while it is served on the loopback."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
