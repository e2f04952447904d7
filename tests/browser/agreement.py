"""Where a browser's answer to a photo and Python's differ."""

import functools

import numpy as np

from gemelo.contract import Contract, decode, prepare
from gemelo.errors import ImageError
from gemelo.files import sha256_bytes
from tests.browser.contract_page import Answer, ContractPage, Question
from tests.goldens import make

CONTRACTS = tuple(make.CONTRACTS.values())

Photos = dict[str, bytes]
Answers = dict[str, Answer]


@functools.cache
def python_s_answer(data: bytes, contracts: tuple[Contract, ...] = CONTRACTS) -> tuple[str, ...] | ImageError:
    """The digests that a browser must come to, or the refusal."""
    try:
        tensors = [prepare(data, contract).tobytes() for contract in contracts]
        return (sha256_bytes(decode(data).tobytes()), *map(sha256_bytes, tensors))
    except ImageError as refused:
        return refused


def answers_of(twin: ContractPage, photos: Photos, *, wasm: bool = False) -> Answers:
    """What the browser makes of each photo, asked in one question."""
    answers = twin.ask_all([Question(data, CONTRACTS, wasm=wasm) for data in photos.values()])
    return dict(zip(photos, answers, strict=True))


def disagreements(twin: ContractPage, photos: Photos, *, wasm: bool = False) -> dict[str, str]:
    """What is wrong with the answer, by photo, for photos that Python reads."""
    wrong = {}
    for name, answer in answers_of(twin, photos, wasm=wasm).items():
        if answer.error or answer.crash:
            wrong[name] = answer.crash or f"refused: {answer.error}"
        elif answer.digests != python_s_answer(photos[name]) or answer.size != decode(photos[name]).size:
            wrong[name] = f"{_differing(twin, photos[name], wasm)} bytes differ"
    return wrong


def _differing(twin: ContractPage, data: bytes, wasm: bool) -> int:
    """How many bytes differ after decoding and after resizing."""
    answer = twin.ask(Question(data, CONTRACTS, whole=True, wasm=wasm))
    expected = [np.asarray(decode(data)), *(prepare(data, contract) for contract in CONTRACTS)]
    return sum(int((ours != theirs.ravel()).sum()) for ours, theirs in zip(answer.parts, expected, strict=True))
