"""Where a browser's answer to a photo and Python's differ."""

import functools

import numpy as np

from gemelo.errors import ImageError
from gemelo.preprocessing import Preprocessing, decode, prepare
from gemelo.store.files import sha256_bytes
from tests.browser.preprocessing_page import Answer, PreprocessingPage, Question
from tests.goldens import make

PREPROCESSINGS = tuple(make.PREPROCESSINGS.values())

Photos = dict[str, bytes]
Answers = dict[str, Answer]


@functools.cache
def python_s_answer(
    data: bytes, preprocessings: tuple[Preprocessing, ...] = PREPROCESSINGS
) -> tuple[str, ...] | ImageError:
    """The digests that a browser must come to, or the refusal."""
    try:
        tensors = [prepare(data, preprocessing).tobytes() for preprocessing in preprocessings]
        return (sha256_bytes(decode(data).tobytes()), *map(sha256_bytes, tensors))
    except ImageError as refused:
        return refused


def answers_of(decoder: PreprocessingPage, photos: Photos, *, wasm: bool = False) -> Answers:
    """What the browser makes of each photo, asked in one question."""
    answers = decoder.ask_all([Question(data, PREPROCESSINGS, wasm=wasm) for data in photos.values()])
    return dict(zip(photos, answers, strict=True))


def disagreements(decoder: PreprocessingPage, photos: Photos, *, wasm: bool = False) -> dict[str, str]:
    """What is wrong with the answer, by photo, for photos that Python reads."""
    wrong = {}
    for name, answer in answers_of(decoder, photos, wasm=wasm).items():
        if answer.error or answer.crash:
            wrong[name] = answer.crash or f"refused: {answer.error}"
        elif answer.digests != python_s_answer(photos[name]) or answer.size != decode(photos[name]).size:
            wrong[name] = f"{_differing(decoder, photos[name], wasm)} bytes differ"
    return wrong


def _differing(decoder: PreprocessingPage, data: bytes, wasm: bool) -> int:
    """How many bytes differ after decoding and after resizing."""
    answer = decoder.ask(Question(data, PREPROCESSINGS, whole=True, wasm=wasm))
    expected = [np.asarray(decode(data)), *(prepare(data, preprocessing) for preprocessing in PREPROCESSINGS)]
    return sum(int((ours != theirs.ravel()).sum()) for ours, theirs in zip(answer.parts, expected, strict=True))
