"""Every fit and filter against the libraries themselves, and TypeScript (Node) against Python: how many bytes differ?

    python benchmarks/resampling.py FOLDER... [--photos 200] [--no-cuts] [--seed 17]

So many photos below the folders, evenly spread, and cuts of odd sizes from a canvas that is tiled with them, and noise,
each for one of a few sizes of inputs in turn. What is found goes into benchmarks/results/resampling.json, beside what
other runs found, after every few photos.
"""

import argparse
import json
import os
import platform
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from gemelo.errors import ImageError
from gemelo.preprocessing import Preprocessing, decode, prepare
from gemelo.runtimes._node import find_node

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.libraries import all_ways, resized  # noqa: E402

RESULTS = ROOT / "benchmarks" / "results" / "resampling.json"
INPUTS = ((224, 224), (96, 96), (64, 64), (28, 28), (57, 33), (224, 160))
CUTS = (
    *((1, 1), (1, 7), (7, 1), (3, 501), (501, 3), (49, 98), (224, 224), (448, 448), (672, 672), (640, 427)),
    *((427, 640), (1280, 853), (333, 501), (2, 900)),
)
BATCH = 10
PACKAGES = ("pillow", "opencv-python-headless", "tensorflow", "keras", "numpy")
Bytes = NDArray[np.uint8]
# Bytes that were compared, and how many differ from the library and from Python.
Row = dict[str, int]

# Reads photos and Python's bytes, and answers with the counts of differing bytes, a line for each photo.
_PROGRAM = """
import { prepare } from "./preprocessing.mjs";
const chunks = []; for await (const chunk of process.stdin) chunks.push(chunk);
const all = Buffer.concat(chunks);
for (let at = 0; at < all.length; ) {
  const { width, height, ways } = JSON.parse(all.subarray(at + 4, (at += 4 + all.readUInt32LE(at))));
  const data = all.subarray(at, (at += 4 * width * height));
  const counts = ways.map((way) => {
    const bytes = prepare({ width, height, data }, way);
    let differing = 0;
    for (let i = 0; i < bytes.length; i++) differing += bytes[i] === all[at + i] ? 0 : 1;
    at += bytes.length;
    return differing;
  });
  console.log(JSON.stringify(counts));
}
"""


def main() -> None:
    """Compare, and write the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--photos", type=int, default=200)
    parser.add_argument("--no-cuts", action="store_true", help="photos alone")
    parser.add_argument("--seed", type=int, default=17)
    given = parser.parse_args()
    images = list(images_of(given.folders, given.photos, given.seed))
    images = images[: given.photos] if given.no_cuts else images
    name = f"{given.photos} photos" + ("" if given.no_cuts else f", {len(CUTS)} cuts, {len(CUTS)} of noise")
    start, rows = time.monotonic(), dict[str, Row]()
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder))
        for done in compare(images, Path(folder), rows):
            total = {key: sum(row[key] for row in rows.values()) for key in ("bytes", "library", "typescript")}
            seconds = round(time.monotonic() - start)
            write(name, {"seed": given.seed, "done": done, "seconds": seconds, **total, "ways": rows})
            print(f"{done} of {len(images)}: {total}", file=sys.stderr, flush=True)


def write(name: str, found: dict[str, Any]) -> None:
    """Put what a run found beside what others did."""
    node = subprocess.run([find_node(), "--version"], capture_output=True, text=True, check=True).stdout.strip()
    versions = {each: version(each) for each in PACKAGES} | {"python": platform.python_version(), "node": node}
    inputs = [f"{width}x{height}" for width, height in INPUTS]
    results = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    facts = {"inputs": inputs, "versions": {**versions, "machine": platform.machine()}}
    RESULTS.write_text(json.dumps({**results, name: {**facts, **found}}, indent=1) + "\n")


def images_of(folders: Sequence[Path], count: int, seed: int) -> Iterator[Bytes]:
    """The photos, cuts from a canvas tiled with them, and noise of the same sizes."""
    rng = np.random.default_rng(seed)
    paths = sorted(path for folder in folders for path in folder.rglob("*.jpg"))
    photos = [np.asarray(decode(paths[i])) for i in np.linspace(0, len(paths) - 1, count).astype(int)]
    yield from photos
    tiles = [np.resize(photos[i], (96, 128, 3)) for i in rng.integers(0, len(photos), 100)]
    canvas = np.concatenate([np.concatenate(tiles[i : i + 10], axis=1) for i in range(0, 100, 10)], axis=0)
    for width, height in CUTS:
        left, top = (int(rng.integers(0, full - side + 1)) for full, side in ((1280, width), (960, height)))
        yield np.ascontiguousarray(canvas[top : top + height, left : left + width])
        yield rng.integers(0, 256, (height, width, 3), np.uint8)


def build(folder: Path) -> None:
    """Write the TypeScript as a module for Node, and the program that asks it."""
    esbuild = [str(ROOT / "web_demo" / "node_modules" / ".bin" / "esbuild"), "src/preprocessing.ts", "--bundle"]
    loaders = [f"--loader:.{name}=binary" for name in ("jpg", "webp", "wasm")]
    out = [
        "--format=esm",
        "--platform=node",
        "--target=es2022",
        "--log-level=error",
        f"--outfile={folder / 'preprocessing.mjs'}",
    ]
    subprocess.run([*esbuild, *loaders, *out], cwd=ROOT / "web_demo", check=True, timeout=120)
    (folder / "ask.mjs").write_text(_PROGRAM, encoding="utf-8")


def compare(images: list[Bytes], folder: Path, rows: dict[str, Row]) -> Iterator[int]:
    """Count, by fit and filter, the bytes that were compared and those that differ; yield how many images are done."""
    for start in range(0, len(images), BATCH):
        batch = images[start : start + BATCH]
        made = [_made(rgb, INPUTS[(start + k) % len(INPUTS)]) for k, rgb in enumerate(batch)]
        for rgb, ours, counts in zip(batch, made, _typescript(batch, made, folder), strict=True):
            for (way, found), differing in zip(ours.items(), counts, strict=True):
                row = rows.setdefault(f"{way.fit}, {way.filter}", {"bytes": 0, "library": 0, "typescript": 0})
                row["bytes"] += found.size
                row["library"] += int((found != resized(rgb, way)).sum())
                row["typescript"] += differing
        yield start + len(batch)


def _made(rgb: Bytes, size: tuple[int, int]) -> dict[Preprocessing, Bytes]:
    """What Python makes of a photo in every way that leaves anything of it."""
    return {way: found for way in all_ways(*size) if (found := _prepared(rgb, way)) is not None}


def _prepared(rgb: Bytes, way: Preprocessing) -> Bytes | None:
    """None where nothing would be left of the photo."""
    try:
        return prepare(rgb, way)
    except ImageError:
        return None


def _typescript(images: list[Bytes], made: list[dict[Preprocessing, Bytes]], folder: Path) -> list[list[int]]:
    """How many bytes TypeScript makes otherwise, for each photo and way."""
    asked = bytearray()
    for rgb, ours in zip(images, made, strict=True):
        ways: list[dict[str, Any]] = [way.to_json() for way in ours]
        head = json.dumps({"width": rgb.shape[1], "height": rgb.shape[0], "ways": ways}).encode()
        rgba = np.concatenate([rgb, np.full((*rgb.shape[:2], 1), 255, np.uint8)], axis=2)
        asked += struct.pack("<I", len(head)) + head + rgba.tobytes() + b"".join(map(np.ndarray.tobytes, ours.values()))
    done = subprocess.run([find_node(), folder / "ask.mjs"], input=asked, capture_output=True, check=True, timeout=600)
    return [json.loads(line) for line in done.stdout.splitlines()]


if __name__ == "__main__":
    main()
