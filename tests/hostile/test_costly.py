"""Memory and time that a photo takes: what the limits say is true, and costly files are refused before they cost it."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gemelo import limits
from gemelo.preprocessing.image_integrity import webp_size
from gemelo.preprocessing.parts import count_parts, needed_bytes
from tests.goldens import png
from tests.hostile.costly import COSTLY, animated_webp, rle_bmp, said_to_be
from tests.support.bundles import make_bundle

# What Python, Pillow and NumPy take beside the photo.
_SLACK = 40e6
_MEASURE = """
import json, sys, time
from pathlib import Path
from gemelo.preprocessing import Preprocessing, prepare
from gemelo.errors import GemeloError

def peak():
    status = Path("/proc/self/status").read_text()
    return 1024 * int(status.split("VmHWM:")[1].split()[0])

preprocessing = Preprocessing(64, 64)
for warm in sys.argv[1].split(":"):
    prepare(warm, preprocessing)
rows = []
for path in sys.argv[2:]:
    before, start = peak(), time.process_time()
    try:
        prepare(path, preprocessing)
        kind = ""
    except GemeloError as exc:
        kind = type(exc).__name__
    rows.append({"seconds": time.process_time() - start, "bytes": peak() - before, "kind": kind})
print(json.dumps(rows))
"""
# Room for a small photo, and not for a large one.
_WITHOUT_MEMORY = """
import resource, sys
from pathlib import Path
import gemelo

def size():
    return 1024 * int(Path("/proc/self/status").read_text().split("VmSize:")[1].split()[0])

photos = sys.argv[2:]
with gemelo.load(sys.argv[1], "onnx", threads=1) as classifier:
    assert all(isinstance(answer, list) for _, answer in classifier.predict_all([photos[0]] * 3))
    most = size() + (60 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    for path, answer in classifier.predict_all(photos):
        print(Path(path).name, answer[0].label if isinstance(answer, list) else repr(answer))
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="measured by /proc")


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def measure(tmp_path: Path, photos: dict[str, bytes]) -> list[dict[str, Any]]:
    """CPU seconds and peak memory of each photo, in a process of its own."""
    paths = [tmp_path / name for name in photos]
    for path, data in zip(paths, photos.values(), strict=True):
        path.write_bytes(data)
    small = Image.new("RGB", (16, 16))
    warm = [tmp_path / f"warm.{kind}" for kind in ("jpeg", "png", "webp", "bmp", "gif")]
    for path in warm:
        path.write_bytes(encoded(small, path.suffix[1:].upper()))
    command = [sys.executable, "-c", _MEASURE, ":".join(map(str, warm)), *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return list(json.loads(done.stdout))


def palette_png(width: int, height: int) -> bytes:
    rows = np.zeros((height, width, 1), np.uint8)
    return png.encode_png(rows, png.PALETTE, chunks=[(b"PLTE", b"\1\2\3" * 256), (b"tRNS", b"\x80" * 256)])


# Each at a size that takes some 100 MB, for it takes time to decode what takes 480.
AT_THE_LIMIT: dict[str, Callable[[], bytes]] = {
    "rgba.png": lambda: encoded(Image.new("RGBA", (5_000, 4_000), (1, 2, 3, 4)), "PNG", compress_level=1),
    "palette.png": lambda: palette_png(5_000, 4_000),
    "lossless.webp": lambda: encoded(Image.new("RGBA", (3_000, 2_000), (1, 2, 3, 4)), "WEBP", lossless=True),
    "lossy.webp": lambda: encoded(Image.new("RGB", (3_000, 2_000), (1, 2, 3)), "WEBP", method=0),
    "animated.webp": lambda: animated_webp(3_000, 2_000),
    "rle.bmp": lambda: rle_bmp(3_000, 3_000, (b"\xff\1" * 11 + b"\xc3\1\0\0") * 3_000),
    "turned.jpg": lambda: said_to_be(turned(), 5_000, 4_000, b"\xff\xc0"),
    "progressive.jpg": lambda: encoded(Image.new("RGB", (4_000, 3_000)), "JPEG", progressive=True, subsampling=0),
    "cmyk.jpg": lambda: encoded(Image.new("CMYK", (5_000, 4_000)), "JPEG"),
}


def turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    return encoded(Image.new("RGB", (16, 16)), "JPEG", exif=exif)


def size_of(name: str, data: bytes) -> tuple[int, int]:
    if name.endswith(".webp"):
        return webp_size(data)
    with Image.open(io.BytesIO(data)) as image:
        return image.size


@pytest.mark.parametrize("name", AT_THE_LIMIT)
def test_a_photo_takes_no_more_memory_than_is_said(name: str, tmp_path: Path) -> None:
    data = AT_THE_LIMIT[name]()
    [row] = measure(tmp_path, {name: data})
    kind = {"jpg": "JPEG"}.get(name.split(".")[1], name.split(".")[1].upper())
    said = needed_bytes(kind, size_of(name, data), count_parts(kind, data))
    assert row["kind"] == ""
    assert row["bytes"] <= said + _SLACK
    assert said < 2 * row["bytes"] + 2 * _SLACK  # nor is so much said that photos are refused for nothing


def test_the_limit_leaves_room_for_the_rest() -> None:
    assert limits.MEMORY_PER_PIXEL * limits.MAX_PIXELS + _SLACK < 500 << 20
    assert limits.PIXEL_BYTES * (limits.MAX_PIXELS + limits.MAX_RESIZED_PIXELS) + _SLACK < 500 << 20


def test_costly_photos_are_refused_at_once(tmp_path: Path) -> None:
    rows = measure(tmp_path, {file: make() for _, file, make, _ in COSTLY})
    assert len(rows) == len(COSTLY)
    for (name, *_), row in zip(COSTLY, rows, strict=True):
        assert row["kind"] == "ImageTooLargeError", name
        assert row["seconds"] < 0.5, name
        assert row["bytes"] < _SLACK, name


def test_a_photo_that_does_not_fit_into_memory_stops_no_other(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "tiny").path
    good = min((bundle / "goldens").glob("*.png"))
    large = tmp_path / "large.png"
    large.write_bytes(encoded(Image.new("RGB", (6_000, 6_000)), "PNG"))
    command = [sys.executable, "-c", _WITHOUT_MEMORY, str(bundle), *map(str, (good, large, good))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    first, second, third = done.stdout.splitlines()
    assert first == third
    assert second.startswith("large.png ImageTooLargeError(")
    assert "does not fit into memory" in second
