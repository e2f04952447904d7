"""`classify.py --serve` under load: photos wait for others only so long, and one bad photo stops no other."""

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from gemelo.edge.device import service as module
from gemelo.edge.device.model import Model
from gemelo.edge.device.service import Service
from gemelo.edge.device.whole import Pack
from gemelo.errors import ImageError, ImageTooLargeError
from gemelo.http_server import Reply
from tests.hostile.costly import COSTLY

AT_ONCE = min(module._PHOTOS_AT_ONCE, os.cpu_count() or 1)


@pytest.fixture
def golden(made: Path) -> bytes:
    return min((made / "goldens").glob("*.png")).read_bytes()


@pytest.fixture
def service(made: Path) -> Service:
    return Service(Model(Pack.open(made)), wait=0.05)


def test_a_photo_that_waits_too_long_gets_a_503(service: Service, golden: bytes) -> None:
    begun, go_on = threading.Semaphore(0), threading.Event()
    prepare = service.model.prepare

    def slow(*arguments: Any) -> Any:
        begun.release()
        assert go_on.wait(20)
        return prepare(*arguments)

    service.model.prepare = slow  # type: ignore[method-assign]
    replies: list[Reply] = []
    threads = [threading.Thread(target=lambda: replies.append(service.post("/", {}, golden))) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    assert all(begun.acquire(timeout=20) for _ in threads)
    refused = service.post("/", {}, golden)
    assert (refused.status, dict(refused.headers)["Retry-After"], refused.close) == (503, "1", True)
    assert "too many at once" in json.loads(refused.body)["error"]
    assert service.get("/health", {}).status == 200
    go_on.set()
    for thread in threads:
        thread.join()
    assert [reply.status for reply in replies] == [200] * AT_ONCE
    assert service.post("/", {}, golden).status == 200


def test_a_photo_that_fails_gives_its_place_back(
    service: Service, golden: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*arguments: Any) -> Any:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("gemelo.preprocessing.Image.new", fails)
        for _ in range(AT_ONCE + 1):
            reply = service.post("/", {}, golden)
            assert reply.status == 413
            value = json.loads(reply.body)
            assert value == value | {
                "error": "the photo: it does not fit into memory",
                "kind": "ImageTooLargeError",
            }
    assert service.post("/", {}, golden).status == 200


def test_costly_photos_among_others_stop_none(service: Service, golden: bytes, tmp_path: Path) -> None:
    paths = []
    for number, (_, _, make, _) in enumerate(COSTLY):
        bad, good = tmp_path / f"{number:03}a", tmp_path / f"{number:03}b"
        bad.write_bytes(make())
        good.write_bytes(golden)
        paths += [bad, good]
    answers = [answer for _, answer in service.model.answer_all(paths)]
    assert all(isinstance(answer, ImageTooLargeError) for answer in answers[::2])
    assert not any(isinstance(answer, ImageError) for answer in answers[1::2])
