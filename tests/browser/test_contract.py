"""The contract in Chromium against Python: the same bytes after decoding and after resizing, the same refusals."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

from gemelo.contract import MODES, Contract, decode, prepare
from gemelo.errors import (
    CorruptImageError,
    EmptyImageError,
    ImageError,
    ImageTooLargeError,
    UnsupportedImageError,
)
from gemelo.files import sha256_bytes
from tests.browser.contract_page import Answer, ContractPage, build, served
from tests.browser.odd_photos import ODD_PHOTOS
from tests.conftest import SHARED
from tests.goldens import make, png
from tests.hostile.photos import HOSTILE_PHOTOS, HostilePhoto

EXPECTED: dict[str, Any] = json.loads(make.EXPECTED.read_text(encoding="utf-8"))
NAMES = sorted(EXPECTED["images"])
CONTRACTS = tuple(make.CONTRACTS.values())
# Rows that are bytes; folders, pipes and links are the file system's, and nothing a browser is handed.
HOSTILE = [row for row in HOSTILE_PHOTOS if row.make.__name__ == "make"]
KINDS = {
    EmptyImageError: "empty",
    CorruptImageError: "corrupt",
    UnsupportedImageError: "unsupported",
    ImageTooLargeError: "too-large",
}
# What Pillow's decoders say of damaged pixels: the browser's, and ours, need not use the same words.
DECODER_S_WORDS = re.compile(r"truncated \(\d+ bytes|recognized data stream|broken data stream|unpack_from|: $")


@pytest.fixture(scope="module")
def twin(browser: Browser, project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ContractPage]:
    web_demo = project / "web_demo"
    if not (web_demo / "node_modules").is_dir():
        pytest.skip("web_demo/node_modules is not there: npm ci in web_demo/")
    folder = tmp_path_factory.mktemp("contract")
    build(web_demo, folder)
    with served(folder) as url:
        page = browser.new_page()
        page.goto(url)
        yield ContractPage(page)
        page.close()


def expected_digests(data: bytes, contracts: tuple[Contract, ...] = CONTRACTS) -> tuple[str, ...]:
    tensors = (prepare(data, contract).tobytes() for contract in contracts)
    return (sha256_bytes(decode(data).tobytes()), *map(sha256_bytes, tensors))


def differing(twin: ContractPage, data: bytes) -> int:
    """How many bytes differ after decoding and after resizing."""
    image = decode(data)
    answer = twin.ask(data, CONTRACTS, whole=True)
    assert answer.error is None
    assert answer.size == image.size
    expected = [np.asarray(image), *(prepare(data, contract) for contract in CONTRACTS)]
    return sum(int((ours != theirs.ravel()).sum()) for ours, theirs in zip(answer.parts, expected, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_a_golden_is_the_same_bytes(twin: ContractPage, name: str) -> None:
    data = (make.IMAGES / name).read_bytes()
    answer = twin.ask(data, CONTRACTS)
    assert answer.error is None
    assert answer.size == decode(data).size
    assert answer.digests == expected_digests(data)
    assert dict(zip(make.CONTRACTS, answer.digests[1:], strict=True)) == EXPECTED["images"][name]


def some_photos(count: int) -> list[Path]:
    """So many photos, half of them cats and dogs, evenly spread."""
    folders = [SHARED / name for name in ("cats_vs_dogs", "grocery8")]
    if not all(folder.is_dir() for folder in folders):
        pytest.skip("the photos are not beside the project (shared/data)")
    found = [sorted(path for path in folder.rglob("*") if path.suffix == ".jpg") for folder in folders]
    return [each[i] for each in found for i in np.linspace(0, len(each) - 1, count // 2).astype(int)]


@pytest.mark.timeout(300)
def test_200_photos_differ_in_no_byte(twin: ContractPage) -> None:
    photos = some_photos(200)
    assert len(set(photos)) == 200
    wrong = {path.name: count for path in photos if (count := differing(twin, path.read_bytes()))}
    assert not wrong, f"{sum(wrong.values())} bytes differ in {len(wrong)} of {len(photos)} photos: {wrong}"


def ids(row: HostilePhoto) -> str:
    return row.name.replace(" ", "-")


def python_s_answer(data: bytes) -> tuple[str, ...] | ImageError:
    try:
        return expected_digests(data)
    except ImageError as refused:
        return refused


def check_alike(twin: ContractPage, data: bytes) -> Answer:
    """Read by both with the same bytes, or refused by both for the same reason."""
    answer, expected = twin.ask(data, CONTRACTS), python_s_answer(data)
    if not isinstance(expected, ImageError):
        assert answer.error is None
        assert answer.digests == expected
        return answer
    said = expected.message.removeprefix("<bytes>: ")
    assert answer.error is not None, f"Python refuses it: {said}"
    assert answer.error["kind"] == KINDS[type(expected)]
    if DECODER_S_WORDS.search(said):
        assert answer.error["message"].split(":")[0] == said.split(":")[0]
    else:
        assert answer.error["message"] == said
    return answer


@pytest.mark.timeout(60)
@pytest.mark.parametrize("row", HOSTILE, ids=ids)
def test_a_hostile_photo_is_refused_or_read_alike(twin: ContractPage, row: HostilePhoto, tmp_path: Path) -> None:
    answer = check_alike(twin, row.make(tmp_path).read_bytes())
    assert (answer.error is None) == (row.error is None)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, of damaged EXIF blocks and animations
@pytest.mark.parametrize("name", ODD_PHOTOS)
def test_an_odd_photo_is_refused_or_read_alike(twin: ContractPage, name: str) -> None:
    check_alike(twin, ODD_PHOTOS[name]())


def test_all_values_under_all_alphas(twin: ContractPage) -> None:
    value, alpha = np.mgrid[0:256, 0:256].astype(np.uint8)
    rgba = np.stack([value, value.T, 255 - value, alpha], axis=2)
    for data in (
        png.encode_png(rgba, png.RGBA),
        png.encode_png(rgba[:, :, 2:], png.GREY_ALPHA),
        make.saved(Image.fromarray(rgba), "WEBP", lossless=True, exact=True),
    ):
        assert differing(twin, data) == 0


@pytest.mark.parametrize("kind", ["bitmap", "video"])
def test_a_camera_s_frame_is_read_as_it_is(twin: ContractPage, kind: str) -> None:
    data = make.saved(make.card(), "PNG")
    answer = twin.ask(data, CONTRACTS, frame=kind)
    assert answer.size == (make.WIDTH, make.HEIGHT)
    assert answer.digests == expected_digests(data)


def test_the_limit_is_said_before_a_pixel_is_decoded(twin: ContractPage) -> None:
    data = make.saved(make.card(500, 450), "JPEG")
    scan = data.index(b"\xff\xda") + 20
    broken = data[:scan] + bytes(50) + data[scan + 50 :]
    for limit in (224_999, 200_000, 123_456):
        with pytest.raises(ImageTooLargeError) as refused:
            decode(broken, limit)
        error = twin.ask(broken, max_pixels=limit).error
        assert error is not None
        assert (error["kind"], error["what"]) == ("too-large", "pixels")
        assert f"<bytes>: {error['message']}" == refused.value.message
    assert twin.ask(data, max_pixels=225_000).error is None


@pytest.mark.timeout(120)
def test_a_photo_of_24_megapixels_is_the_same(twin: ContractPage) -> None:
    """Larger than a piece of the canvas in both directions, and turned."""
    rng = np.random.default_rng(8)
    small = Image.fromarray(rng.integers(0, 256, (30, 90, 3), np.uint8))
    data = make.saved(small.resize((10_000, 2_400)), "JPEG", quality=60, exif=make._exif(6))
    answer = twin.ask(data, CONTRACTS[:1])
    assert answer.size == (2_400, 10_000)
    assert answer.digests == expected_digests(data, CONTRACTS[:1])


@pytest.mark.timeout(120)
def test_any_size_and_mode_is_the_same(twin: ContractPage) -> None:
    rng = np.random.default_rng(20)
    for round in range(60):
        width, height, to_width, to_height = (int(2 ** rng.uniform(0, 8.5)) for _ in range(4))
        image = Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8))
        contracts = tuple(Contract(to_width, to_height, channels, mode) for mode in MODES for channels in (1, 3))
        data = make.saved(image, "PNG") if round % 2 else make.saved(image, "BMP")
        answer = twin.ask(data, contracts)
        assert answer.digests == expected_digests(data, contracts), (width, height, to_width, to_height)
