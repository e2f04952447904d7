"""The limits on photos: one set of numbers, in Python, in TypeScript and in the docs."""

import ast
import operator
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gemelo import limits
from gemelo.errors import ImageTooLargeError, UnsupportedImageError
from gemelo.preprocessing import DEFAULT_MAX_PIXELS, Preprocessing, decode, image_integrity, prepare
from gemelo.preprocessing.parts import check_parts, check_work, count_parts
from tests.goldens.make import card, saved
from tests.hostile.costly import jpeg, segment, with_scans

NUMBERS = {name: value for name, value in vars(limits).items() if name.isupper() and isinstance(value, int | float)}
_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {ast.Mult: operator.mul, ast.Pow: operator.pow}


def value_of(text: str) -> float:
    """A product of numbers, as TypeScript has it."""

    def evaluate(node: ast.expr) -> Any:
        if isinstance(node, ast.BinOp):
            return _OPERATORS[type(node.op)](evaluate(node.left), evaluate(node.right))
        assert isinstance(node, ast.Constant)
        return node.value

    return float(evaluate(ast.parse(text, mode="eval").body))


def test_typescript_has_the_same_numbers(project: Path) -> None:
    text = (project / "web_demo/src/photo/limits.ts").read_text(encoding="utf-8")
    rows = re.findall(r"^export const ([A-Z_]+) = (.+);$", text, re.MULTILINE)
    assert {name: value_of(value) for name, value in rows} == NUMBERS
    assert len(NUMBERS) == 14
    assert DEFAULT_MAX_PIXELS == limits.MAX_PIXELS


def test_the_docs_have_the_same_numbers(project: Path) -> None:
    text = (project / "docs/photos.md").read_text(encoding="utf-8").split("## Limits on photos")[1]
    rows = dict(re.findall(r"^\| (.+?) \| (.+?) \|$", text, re.MULTILINE))
    memory = limits.MEMORY_PER_PIXEL * limits.MAX_PIXELS / 1e6
    pixels = f"{limits.MAX_PIXELS / 1e6:g} megapixels"
    scanned = limits.MAX_SCANNED_PICTURES * limits.MAX_PIXELS / 1e6
    webp, jpeg_bytes = memory / limits.WEBP_PIXEL_BYTES, memory / (limits.PIXEL_BYTES + 6)
    small = f"small parts of the file (segments, chunks or blocks of less than {limits.SMALL_PART_BYTES:,} bytes)"
    expected = {
        "pixels of the photo": pixels,
        "longest side": f"{limits.MAX_SIDE:,} pixels",
        "size of the file": f"{limits.MAX_FILE_BYTES >> 20} MiB",
        "memory for decoding, with the file": f"{memory:g} MB",
        "height of the photo times width of the model's input": f"{limits.MAX_RESIZED_PIXELS / 1e6:g} megapixels",
        small: f"{limits.MAX_SMALL_PARTS:,}",
        "blocks of metadata to unpack (EXIF, Photoshop resources, compressed texts)": f"{limits.MAX_PARSED_PARTS}",
        "scans of a progressive JPEG": f"{limits.MAX_SCANS}",
        "scans of a progressive JPEG, multiplied by its pixels": f"{scanned:,g} megapixels",
        "pixels of a BMP in run-length encoding": f"{limits.MAX_RUN_PIXELS / 1e6:g} megapixels",
        "size of a BMP file in run-length encoding": f"{limits.MAX_RUN_BYTES >> 20} MiB",
        "WebP": f"{webp:g} megapixels",
        "progressive JPEG without color subsampling": f"{jpeg_bytes:g} megapixels",
    }
    del rows["What"], rows["Format"]
    assert {name: value for name, value in rows.items() if not name.startswith("---")} == expected


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (0, 0)])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P"])
def test_empty_pictures_are_refused(size: tuple[int, int], mode: str) -> None:
    image = Image.new(mode, size)
    for call in (lambda: prepare(image, Preprocessing(8, 8)), lambda: decode(image)):
        with pytest.raises(UnsupportedImageError, match="0"):
            call()


@pytest.mark.parametrize("shape", [(0, 5, 3), (5, 0, 3), (0, 0), (5, 0, 1)])
def test_empty_arrays_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(UnsupportedImageError, match="shape"):
        prepare(np.zeros(shape, np.uint8), Preprocessing(8, 8))


@pytest.mark.parametrize("source", [np.zeros((70_000, 1), np.uint8), Image.new("L", (1, 70_000))], ids=["array", "PIL"])
def test_the_longest_side_holds_for_every_source(source: Any) -> None:
    with pytest.raises(ImageTooLargeError, match=r"1x70000 has a side of more than 65,535 pixels"):
        prepare(source, Preprocessing(8, 8))


def test_what_resizing_makes_is_limited() -> None:
    thin = np.zeros((12_000, 2), np.uint8)
    with pytest.raises(ImageTooLargeError, match="4096x12000 pixels, the limit is 48 megapixels"):
        prepare(thin, Preprocessing(4096, 8))
    assert prepare(thin, Preprocessing(4096, 8, fit="pad")).shape == (8, 4096, 3)  # which makes it narrow first
    assert prepare(thin, Preprocessing(4096, 8, fit="crop")).shape == (8, 4096, 3)  # which cuts it first


@pytest.mark.parametrize(
    ("kind", "data", "file_bytes", "coefficients"),
    [
        ("JPEG", jpeg(segment(0xE2, bytes(60_000)) * 200), 40_000_000, 0),
        ("JPEG", jpeg(progressive=True), 20_000_000, 3),
        ("PNG", saved(card(), "PNG"), 150_000_000, 0),
        ("BMP", saved(card(), "BMP"), 192_000_000, 0),
    ],
    ids=["JPEG", "progressive", "PNG", "BMP"],
)
def test_a_camera_s_64_megapixels_are_within_the_limits(
    kind: str, data: bytes, file_bytes: int, coefficients: int
) -> None:
    width, height = 9_216, 6_912
    parts = count_parts(kind, data)
    check_parts("x", parts)
    assert parts.scans == (10 if coefficients else 0)
    parts.file_bytes, parts.coefficient_bytes = file_bytes, coefficients * width * height
    limits.check_size("x", (width, height), limits.MAX_PIXELS)
    check_work("x", kind, (width, height), parts, limits.MAX_PIXELS)


def test_a_higher_limit_on_pixels_raises_memory_and_scans() -> None:
    parts = count_parts("JPEG", with_scans(17))
    with pytest.raises(ImageTooLargeError, match="17 scans of 8000x8000"):
        check_work("x", "JPEG", (8_000, 8_000), parts, limits.MAX_PIXELS)
    check_work("x", "JPEG", (8_000, 8_000), parts, 2 * limits.MAX_PIXELS)
    parts = count_parts("WEBP", saved(card(), "WEBP"))
    with pytest.raises(ImageTooLargeError, match=r"1025 MB of memory, the limit is 480 MB"):
        check_work("x", "WEBP", (8_000, 8_000), parts, limits.MAX_PIXELS)
    check_work("x", "WEBP", (8_000, 8_000), parts, 3 * limits.MAX_PIXELS)
    # A lower limit on pixels is none on metadata.
    check_work("x", "WEBP", (100, 100), parts, 10_000)


def test_walks_end_where_the_file_ends() -> None:
    for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP"):
        whole = saved(card(), kind, **({"progressive": True} if kind == "JPEG" else {}))
        for length in range(0, len(whole), 13):
            assert count_parts(kind, whole[:length]).file_bytes == length


def test_a_large_png_is_unpacked_from_small_pieces() -> None:
    # What is left of a piece is copied for every megabyte that comes out of it.
    noise = np.random.default_rng(1).integers(0, 256, (700, 700, 3), np.uint8)
    data = saved(Image.fromarray(noise), "PNG")
    pieces = [len(piece) for piece in image_integrity._png_stream(data)]
    assert max(pieces) <= 1 << 16
    assert sum(pieces) > 1_400_000
    assert image_integrity.png_pixel_damage(data, (700, 700)) is None
    assert str(image_integrity.png_pixel_damage(data, (700, 701))) == "the pixels end too early"
