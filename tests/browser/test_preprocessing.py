"""The preprocessing in three browsers against Python: the same bytes after decoding and resizing, the same refusals."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gemelo.errors import (
    CorruptImageError,
    EmptyImageError,
    ImageError,
    ImageTooLargeError,
    UnsupportedImageError,
)
from gemelo.preprocessing import OWN_FITS, Preprocessing, decode
from gemelo.preprocessing.file_kinds import kind_of
from tests.browser.agreement import PREPROCESSINGS, Answers, Photos, answers_of, disagreements, python_s_answer
from tests.browser.derived_photos import FORMS
from tests.browser.engines import Engine
from tests.browser.odd_photos import ODD_PHOTOS
from tests.browser.preprocessing_page import Answer, PreprocessingPage, Question
from tests.goldens import make, png
from tests.hostile.photos import HOSTILE_PHOTOS

EXPECTED: dict[str, Any] = json.loads(make.EXPECTED.read_text(encoding="utf-8"))
NAMES = sorted(EXPECTED["images"])
# Rows that are bytes; folders, pipes and links are the file system's, and nothing a browser is handed.
HOSTILE = {row.name: row for row in HOSTILE_PHOTOS if row.make.__name__ == "make"}
KINDS = {
    EmptyImageError: "empty",
    CorruptImageError: "corrupt",
    UnsupportedImageError: "unsupported",
    ImageTooLargeError: "too-large",
}


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Photos:
    return {name: row.make(tmp_path_factory.mktemp("hostile")).read_bytes() for name, row in HOSTILE.items()}


@pytest.fixture(scope="session")
def odd() -> Photos:
    return {name: make_photo() for name, make_photo in ODD_PHOTOS.items()}


@pytest.fixture(scope="module")
def golden_answers(decoder: PreprocessingPage, goldens: Photos) -> Answers:
    return answers_of(decoder, goldens)


@pytest.fixture(scope="module")
def hostile_answers(decoder: PreprocessingPage, hostile: Photos) -> Answers:
    return answers_of(decoder, hostile)


@pytest.fixture(scope="module")
def odd_answers(decoder: PreprocessingPage, odd: Photos) -> Answers:
    return answers_of(decoder, odd)


@pytest.mark.parametrize("name", NAMES)
def test_a_golden_is_the_same_bytes(golden_answers: Answers, goldens: Photos, name: str) -> None:
    answer = golden_answers[name]
    assert (answer.error, answer.crash) == (None, None)
    assert answer.size == decode(goldens[name]).size
    assert answer.digests == python_s_answer(goldens[name])
    assert dict(zip(make.PREPROCESSINGS, answer.digests[1:], strict=True)) == EXPECTED["images"][name]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("form", FORMS)
def test_200_photos_differ_in_no_byte(decoder: PreprocessingPage, photos: Photos, form: str) -> None:
    derived = {name: FORMS[form](data, number) for number, (name, data) in enumerate(photos.items())}
    wrong = disagreements(decoder, derived)
    assert not wrong, f"{len(wrong)} of {len(photos)} photos differ: {wrong}"


def check_alike(data: bytes, answer: Answer) -> None:
    """Read by both with the same bytes, or refused by both for the same reason."""
    expected = python_s_answer(data)
    assert answer.crash is None
    if kind_of(data) == "heic":  # which Python reads where pillow-heif is installed
        assert answer.error is not None
        assert answer.error["what"] == "heic"
        return
    if not isinstance(expected, ImageError):
        assert answer.error is None
        assert answer.digests == expected
        return
    said = expected.message.removeprefix("<bytes>: ")
    assert answer.error is not None, f"Python refuses it: {said}"
    assert answer.error["kind"] == KINDS[type(expected)]
    if said == "damaged or truncated":  # the page may say why
        assert answer.error["message"].split(":")[0] == said
    else:
        assert answer.error["message"] == said


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: name.replace(" ", "-"))
def test_a_hostile_photo_is_refused_or_read_alike(hostile_answers: Answers, hostile: Photos, name: str) -> None:
    answer = hostile_answers[name]
    check_alike(hostile[name], answer)
    assert (answer.error is None) == (HOSTILE[name].error is None)


@pytest.mark.filterwarnings("ignore::UserWarning")  # Pillow's, of damaged EXIF blocks and animations
@pytest.mark.parametrize("name", ODD_PHOTOS)
def test_an_odd_photo_is_refused_or_read_alike(odd_answers: Answers, odd: Photos, name: str) -> None:
    check_alike(odd[name], odd_answers[name])


def test_all_values_under_all_alphas(decoder: PreprocessingPage) -> None:
    value, alpha = np.mgrid[0:256, 0:256].astype(np.uint8)
    rgba = np.stack([value, value.T, 255 - value, alpha], axis=2)
    image = Image.fromarray(rgba)
    photos = {
        "PNG": png.encode_png(rgba, png.RGBA),
        "grey PNG": png.encode_png(rgba[:, :, 2:], png.GREY_ALPHA),
        "lossless WebP": make.saved(image, "WEBP", lossless=True, exact=True),
        "lossy WebP": make.saved(image, "WEBP", quality=80, exact=True),
    }
    assert disagreements(decoder, photos) == {}


@pytest.mark.parametrize("kind", ["bitmap", "video"])
def test_a_camera_s_frame_is_read_as_it_is(engine: Engine, decoder: PreprocessingPage, kind: str) -> None:
    if kind == "video" and engine.name == "webkit":
        pytest.skip("WebKitGTK has no VideoFrame")
    data = make.saved(make.card(), "PNG")
    answer = decoder.ask(Question(data, PREPROCESSINGS, frame=kind))
    assert answer.crash is None
    assert answer.size == (make.WIDTH, make.HEIGHT)
    assert answer.digests == python_s_answer(data)


def test_the_limit_is_said_before_a_pixel_is_decoded(decoder: PreprocessingPage) -> None:
    data = make.saved(make.card(500, 450), "JPEG")
    scan = data.index(b"\xff\xda") + 20
    broken = data[:scan] + bytes(50) + data[scan + 50 :]
    limits = (224_999, 200_000, 123_456)
    *refused, read = decoder.ask_all(
        [*(Question(broken, max_pixels=n) for n in limits), Question(data, max_pixels=225_000)]
    )
    for limit, answer in zip(limits, refused, strict=True):
        with pytest.raises(ImageTooLargeError) as expected:
            decode(broken, limit)
        assert answer.error is not None
        assert (answer.error["kind"], answer.error["what"]) == ("too-large", "pixels")
        assert f"<bytes>: {answer.error['message']}" == expected.value.message
    assert read.error is None


@pytest.fixture(scope="session")
def large() -> bytes:
    """24 megapixels, larger than a piece of the canvas in both directions, and turned."""
    rng = np.random.default_rng(8)
    small = Image.fromarray(rng.integers(0, 256, (30, 90, 3), np.uint8))
    return make.saved(small.resize((10_000, 2_400)), "JPEG", quality=60, exif=make._exif(6))


@pytest.mark.timeout(120)
def test_a_photo_of_24_megapixels_is_the_same(decoder: PreprocessingPage, large: bytes) -> None:
    answer = decoder.ask(Question(large, PREPROCESSINGS[:1]))
    assert answer.size == (2_400, 10_000)
    assert answer.digests == python_s_answer(large, PREPROCESSINGS[:1])


@pytest.fixture(scope="session")
def any_size() -> Sequence[Question]:
    """Photos of sixty sizes, for preprocessings of sixty others in every fit."""
    rng = np.random.default_rng(20)
    questions = []
    for round in range(60):
        width, height, to_width, to_height = (int(2 ** rng.uniform(0, 8.5)) for _ in range(4))
        image = Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8))
        preprocessings = tuple(
            Preprocessing(to_width, to_height, channels, fit) for fit in OWN_FITS for channels in (1, 3)
        )
        questions.append(Question(make.saved(image, "PNG" if round % 2 else "BMP"), preprocessings))
    return questions


@pytest.mark.timeout(120)
def test_any_size_and_mode_is_the_same(decoder: PreprocessingPage, any_size: Sequence[Question]) -> None:
    for question, answer in zip(any_size, decoder.ask_all(any_size), strict=True):
        assert answer.digests == python_s_answer(question.data, tuple(question.preprocessings)), answer.size
