"""A built page of a few bytes, and a bundle with something for every runtime, so that pages are made without Node."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gemelo.store.bundle import Artifact, Bundle, ParityRow
from gemelo.store.files import read_json, sha256_bytes, write_json
from tests.support.bundles import make_bundle, reseal

HTML = b"""<!doctype html>
<html lang="en">
  <head>
    <title>gemelo</title>
    <script type="module" src="app/main-ABCD2345.js"></script>
  </head>
  <body></body>
</html>
"""
MAIN = b"export const words = 'one two three';\n" * 60
# Stands for what brotli made: nothing here unpacks it, the server hands it out as it is.
BROTLI = b"brotli of main"
RUNTIMES = {
    "tfjs": ["app/tfjs-AAAA2345.js", "runtimes/tfjs/tfjs-backend-wasm-simd.wasm"],
    "onnx": ["app/onnx-BBBB2345.js", "app/ort-wasm-CCCC2345.js", "runtimes/onnx/ort-wasm.wasm"],
    "litert": ["runtimes/litert/litert.wasm"],
}
FORMATS = {"tfjs": "tfjs", "onnx": "onnx", "litert": "tflite"}
CODE = [path for paths in RUNTIMES.values() for path in paths]
FILES = {
    "index.html": HTML,
    "manifest.webmanifest": b'{"name": "gemelo", "short_name": "gemelo", "start_url": "./"}',
    "icon.svg": b"<svg xmlns='http://www.w3.org/2000/svg'>" + b"<g></g>" * 300 + b"</svg>",
    "icon-192.png": bytes(range(256)) * 8,
    "gemelo.js": b"".join(
        [
            b"const __URLS__ = {\n",
            *(f'  "{path}": new URL("./{path}", import.meta.url).href,\n'.encode() for path in CODE),
            b"};\nexport const load = () => __URLS__;\n",
        ]
    ),
    "gemelo.d.ts": b"export declare function load(): unknown;\n",
    "sw.js": b"self.oninstall = () => null;\n",
    "app/main-ABCD2345.js": MAIN,
    "app/page-EFGH2345.css": b"body { color: red }\n" * 80,
    "app/tfjs-AAAA2345.js": b"export const tfjs = 1;\n",
    "app/onnx-BBBB2345.js": b"export const onnx = 1;\n",
    "app/ort-wasm-CCCC2345.js": b"export const ort = 1;\n",
    "runtimes/tfjs/tfjs-backend-wasm-simd.wasm": b"\0asm" + b"tfjs" * 500,
    "runtimes/onnx/ort-wasm.wasm": b"\0asm" + b"onnx" * 500,
    "runtimes/litert/litert.wasm": b"\0asm" + b"lite" * 500,
}
SHELL = ["index.html", "app/main-ABCD2345.js", "app/page-EFGH2345.css"]


def make_assets(folder: Path) -> Path:
    """Write what `make web` writes, in small."""
    for path, data in FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    (folder / "app/main-ABCD2345.js.br").write_bytes(BROTLI)
    table = {path: {"bytes": len(data), "sha256": sha256_bytes(data)} for path, data in FILES.items()}
    runtimes = {name: {"format": FORMATS[name], "first": paths, "files": paths} for name, paths in RUNTIMES.items()}
    write_json(folder / "assets.json", {"files": table, "shell": SHELL, "runtimes": runtimes})
    return folder


def make_full_bundle(root: Path, **more: Any) -> Bundle:
    """A written bundle with artifacts for all runtimes, a quantized one and layers; only onnx/fp32 can really be run.

    Args:
        root: Where it goes.
        more: Other fields of its manifest.
    """
    bundle = make_bundle(root)
    made = [
        _file(root, "onnx", "int8", "onnx/int8.onnx", b"int8" * 400),
        _file(root, "tfjs", "fp32", "tfjs/fp32/model.json", MODEL),
        _file(root, "tflite", "fp32", "tflite/fp32.tflite", b"TFL3" * 400),
    ]
    for name in ("layers.json", "tfjs/model.json", "layers.onnx"):
        _write(root / "layers" / name, b'{"schema": 1}')
    report = read_json(root / "parity.json")
    answers = report["artifacts"][0]["goldens"]
    rows = [{**report["artifacts"][0], "format": a.format, "variant": a.variant, "goldens": answers} for a in made]
    write_json(root / "parity.json", {**report, "artifacts": [report["artifacts"][0], *rows]})
    return reseal(bundle, **{"artifacts": [bundle.artifacts[0], *made], "layers": "layers/layers.json", **more})


MODEL = (
    b'{"format": "graph-model", "weightsManifest": [{"paths": ["group1-shard1of1.bin"], '
    b'"weights": [{"name": "w", "shape": [600], "dtype": "float32"}]}]}'
)


def _file(root: Path, format: str, variant: str, path: str, data: bytes) -> Artifact:
    _write(root / path, data)
    if path.endswith("model.json"):
        _write((root / path).with_name("group1-shard1of1.bin"), np.arange(600, dtype="<f4").tobytes())
    return replace(Artifact.of(root, format, variant, path), parity=ParityRow(accuracy=0.75))


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def command(assets: Path, *arguments: str | Path) -> list[str]:
    """The command line of gemelo with that built page."""
    words = json.dumps(["gemelo", *map(str, arguments)])
    script = (
        "import sys; from pathlib import Path; from gemelo.webpage import assets; from gemelo.cli import main\n"
        f"assets.FOLDER = Path({str(assets)!r}); sys.argv = {words}\n"
        "main()"
    )
    return [sys.executable, "-c", script]


def run_page_command(assets: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `gemelo` with that built page and return what it printed."""
    return subprocess.run(command(assets, *arguments), capture_output=True, text=True, timeout=120, check=False)
