"""What is answered over HTTP, without the HTTP: a photo posted becomes JSON, an error its words and a status."""

import io
import json
import os
import re
import threading
from dataclasses import dataclass
from typing import Any

from gemelo.edge.device.model import Model
from gemelo.errors import (
    CorruptImageError,
    EmptyImageError,
    GemeloError,
    ImageError,
    ImageTooLargeError,
    UnsupportedImageError,
)
from gemelo.http_strict import TOO_MANY
from gemelo.terminal.answers import row_of

MOST_BODY = 20 << 20
# Bodies that are in memory at the same time: a device has little of it.
_MOST_BODIES = 4 * MOST_BODY
# A photo takes up to 480 MB while it is decoded (gemelo/limits.py).
_PHOTOS_AT_ONCE = 2
# A photo takes up to two seconds: who waits longer is told to come back.
_WAIT_SECONDS = 5.0
_STATUS: dict[type[ImageError], int] = {
    EmptyImageError: 400,
    ImageTooLargeError: 413,
    UnsupportedImageError: 415,
    CorruptImageError: 422,
}
_ALLOWED = {"/": "GET, HEAD, POST", "/health": "GET, HEAD"}
_BOUNDARY = re.compile(r'boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)
_FORM = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>gemelo</title>
<h1>What is on this photo?</h1>
<form method="post" enctype="multipart/form-data">
<input type="file" name="photo" accept="image/*" required> <button>Answer</button>
</form>
</html>
"""


@dataclass(frozen=True)
class Reply:
    """What is answered.

    Attributes:
        status: Of HTTP.
        body: Its bytes.
        kind: Their media type.
        more: Other headers.
        close: Whether the connection is of no more use.
    """

    status: int
    body: bytes
    kind: str = "application/json"
    more: tuple[tuple[str, str], ...] = ()
    close: bool = False


class Service:
    """Answers requests with a model; may be asked by many threads at once.

    Args:
        model: Loaded.
        top: How many labels for each photo; None for all.
        most_body: Longer bodies are refused, in bytes.
        wait: Seconds that a photo waits for others that are being decoded.
    """

    def __init__(
        self, model: Model, top: int | None = None, most_body: int = MOST_BODY, wait: float = _WAIT_SECONDS
    ) -> None:
        self.model = model
        self.top = top
        self.most_body = most_body
        self.wait = wait
        self.answered = 0
        self._at_once = threading.BoundedSemaphore(min(_PHOTOS_AT_ONCE, os.cpu_count() or 1))
        self._lock = threading.Lock()
        self._room = _MOST_BODIES

    def get(self, target: str) -> Reply:
        """Answer a GET: a form, the state of health, or that there is no such thing."""
        path = _path(target)
        if path == "/health":
            return json_reply(200, self._health())
        if path == "/":
            return Reply(200, _FORM.encode(), "text/html; charset=utf-8")
        return refusal(404)

    def post(self, target: str, kind: str, body: bytes) -> Reply:
        """Answer a POST.

        Args:
            target: The path asked for.
            kind: The body's media type: `multipart/form-data`, or anything: photos are known by their bytes.
            body: A photo, or a form with one.
        """
        if (refused := self.may_post(target)) is not None:
            return refused
        try:
            photo = _Body(_of_form(kind, body) if kind.lower().startswith("multipart/") else body)
            if not self._at_once.acquire(timeout=self.wait):
                return busy()
            try:
                answer = self.model.attempt(photo, self.top)
            finally:
                self._at_once.release()
        except ValueError as exc:
            return error_reply(400, str(exc), "UsageError")
        except GemeloError as exc:
            return error_reply(500, exc.message, type(exc).__name__)
        if isinstance(answer, ImageError):
            row = row_of("", answer, sure=False)
            return json_reply(_STATUS.get(type(answer), 400), {key: row[key] for key in row if key != "path"})
        with self._lock:
            self.answered += 1
        row = row_of("", answer, self.model.is_sure(answer))
        return json_reply(200, {key: value for key, value in row.items() if key != "path"})

    def may_post(self, target: str) -> Reply | None:
        """Why nothing can be posted there; None where it can."""
        path = _path(target)
        if path not in _ALLOWED:
            return refusal(404)
        return None if path == "/" else wrong_method(target)

    def reserve(self, length: int) -> bool:
        """Take so much of the memory for bodies; False where there is not so much left."""
        with self._lock:
            if length > self._room:
                return False
            self._room -= length
            return True

    def release(self, length: int) -> None:
        """Give it back."""
        with self._lock:
            self._room += length

    def _health(self) -> dict[str, Any]:
        pack = self.model.pack
        known = {"name": pack.name, "variant": pack.variant, "labels": pack.labels, "pack": pack.id}
        return {"status": "ok", **known, "answered": self.answered}


def busy() -> Reply:
    """That there is no room for one more photo just now."""
    return Reply(503, TOO_MANY, more=(("Retry-After", "1"),), close=True)


def json_reply(status: int, value: Any, close: bool = False) -> Reply:
    """A value as JSON."""
    return Reply(status, json.dumps(value).encode() + b"\n", close=close)


def error_reply(status: int, message: str, kind: str, close: bool = False) -> Reply:
    """An error in the words that it has everywhere."""
    return json_reply(status, {"error": message, "kind": kind}, close)


def refusal(status: int, close: bool = False) -> Reply:
    """A request that is not looked at any further."""
    from http import HTTPStatus

    return error_reply(status, f"{status} {HTTPStatus(status).phrase}", "HTTPError", close)


def wrong_method(target: str, close: bool = False) -> Reply:
    """A method that is not for that path, with those that are."""
    path = _path(target)
    reply = refusal(405 if path in _ALLOWED else 404, close)
    more = (("Allow", _ALLOWED[path]),) if path in _ALLOWED else ()
    return Reply(reply.status, reply.body, reply.kind, more, close)


class _Body(io.BytesIO):
    """A posted photo, with a name for messages."""

    name = "the photo"


def _path(target: str) -> str:
    return target.split("?", 1)[0]


def _of_form(kind: str, body: bytes) -> bytes:
    """The first file of a form (RFC 7578).

    Raises:
        ValueError: There is none.
    """
    found = _BOUNDARY.search(kind)
    if found is None:
        raise ValueError("the form has no boundary")
    mark = b"--" + (found[1] or found[2]).encode("latin-1", "replace")
    for part in (b"\r\n" + body).split(b"\r\n" + mark)[1:]:
        if part.startswith(b"--"):
            break
        head, separator, content = part.partition(b"\r\n\r\n")
        if separator and b"filename" in head.lower():
            return content
    raise ValueError('the form has no file: curl -F "photo=@photo.jpg"')
