"""`classify.py --serve`: what is answered to a photo that is posted, as JSON or as a page for browsers."""

import io
import json
import os
import re
import threading
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from gemelo.edge.device.model import Model
from gemelo.edge.device.page import POLICY, page
from gemelo.errors import (
    CorruptImageError,
    EmptyImageError,
    GemeloError,
    ImageError,
    ImageTooLargeError,
    UnsupportedImageError,
)
from gemelo.http_server import Limits, Reply, Site, listen
from gemelo.preprocessing import Images
from gemelo.terminal.answers import row_of
from gemelo.terminal.text import shown
from gemelo.terminal.until_stopped import UntilStopped

_MOST_BODY = 20 << 20
# A class of students; and a device has little memory for photos.
LIMITS = Limits(connections=32, body=_MOST_BODY, bodies=4 * _MOST_BODY)
# A photo takes up to 480 MB while it is decoded (gemelo/limits.py).
_PHOTOS_AT_ONCE = 2
# A photo takes up to two seconds. A request that has waited this long is told to try again later.
_WAIT_SECONDS = 5.0
_STATUS: dict[type[ImageError], int] = {
    EmptyImageError: 400,
    ImageTooLargeError: 413,
    UnsupportedImageError: 415,
    CorruptImageError: 422,
}
_REFUSED = {
    413: (f"the photo: more than {_MOST_BODY >> 20} MiB", "ImageTooLargeError"),
    503: ("too many at once: try again", "HTTPError"),
}
_ALLOWED = {"/": "GET, HEAD, POST", "/health": "GET, HEAD"}
# "no-referrer" would have a browser send the form with the origin "null", which is refused as another site's.
_REFERRER = ("Referrer-Policy", "same-origin")
_BOUNDARY = re.compile(r'boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))', re.IGNORECASE)


def serve(service: "Service", host: str, port: int) -> int:
    """Serve until SIGTERM or Ctrl-C; photos being answered then are answered first.

    Raises:
        UsageError: The port is taken, or the host is not this machine's.
    """
    with listen(service, host, [port], LIMITS, option="--serve") as server:
        print(f"serving {server.url}   (Ctrl-C stops it)", flush=True)
        if not server.is_local:
            print(f"  others on the network reach it too: --host {shown(host)}", flush=True)
        with UntilStopped():
            server.serve_forever()
        server.drain()
    print("stopped", flush=True)
    return 0


class Service(Site):
    """Answers photos.

    Args:
        model: Loaded.
        top: How many labels for each photo; None for all.
        wait: Seconds that a photo waits for others that are being decoded.
    """

    def __init__(self, model: Model, top: int | None = None, wait: float = _WAIT_SECONDS) -> None:
        self.model = model
        self.top = top
        self.wait = wait
        self.answered = 0
        self._at_once = threading.BoundedSemaphore(min(_PHOTOS_AT_ONCE, os.cpu_count() or 1))
        self._lock = threading.Lock()

    def get(self, target: str, headers: Any) -> Reply:
        """A form, the state of health, or that there is no such thing."""
        path = _path(target)
        if path == "/health":
            return _json(200, self._health())
        return self._page(200, {}) if path == "/" else self.refusal(404, target, headers)

    def may_post(self, target: str, headers: Any) -> Reply | None:
        """Why nothing can be posted there; None where it can."""
        return None if _path(target) == "/" else self.refusal(HTTPStatus.METHOD_NOT_ALLOWED, target, headers)

    def post(self, target: str, headers: Any, body: bytes) -> Reply:
        """Answer a photo, or a form with one: photos are known by their bytes."""
        kind = headers.get("Content-Type", "")
        try:
            photo = _Body(_of_form(kind, body) if kind.lower().startswith("multipart/") else body)
            if not self._at_once.acquire(timeout=self.wait):
                return self.refusal(503, target, headers)
            try:
                image = self.model.prepare(photo)
                answer = self.model.ranked(image, self.top)
            finally:
                self._at_once.release()
        except ValueError as exc:
            return self._said(400, {"error": str(exc), "kind": "UsageError"}, headers)
        except ImageError as exc:
            return self._said(_STATUS.get(type(exc), 400), _without_path(row_of("", exc, sure=False)), headers)
        except GemeloError as exc:
            return self._said(500, {"error": exc.message, "kind": type(exc).__name__}, headers)
        with self._lock:
            self.answered += 1
        row = _without_path(row_of("", answer, self.model.is_sure(answer)))
        return self._said(200, row, headers, image)

    def refusal(self, status: int, target: str, headers: Any) -> Reply:
        """A request that is not looked at any further, with the methods that are for its path."""
        allowed = _ALLOWED.get(_path(target))
        if status == HTTPStatus.METHOD_NOT_ALLOWED and allowed is None:
            status = HTTPStatus.NOT_FOUND
        words, kind = _REFUSED.get(status, (f"{int(status)} {HTTPStatus(status).phrase}", "HTTPError"))
        reply = self._said(status, {"error": words, "kind": kind}, headers)
        allow = [("Allow", allowed)] if allowed and status == HTTPStatus.METHOD_NOT_ALLOWED else []
        busy = [("Retry-After", "1")] if status == HTTPStatus.SERVICE_UNAVAILABLE else []
        return replace(reply, headers=(*reply.headers, *allow, *busy), close=bool(busy))

    def _said(self, status: int, value: dict[str, Any], headers: Any, image: Images | None = None) -> Reply:
        """An answer or an error: a page for browsers, JSON for programs."""
        wants_page = "text/html" in headers.get("Accept", "")
        return self._page(status, value, image) if wants_page else _json(status, value)

    def _page(self, status: int, value: dict[str, Any], image: Images | None = None) -> Reply:
        body = page(self.model.pack, value, image)
        return Reply(status, body, "text/html; charset=utf-8", _tight(POLICY))

    def _health(self) -> dict[str, Any]:
        pack = self.model.pack
        known = {"name": pack.name, "variant": pack.variant, "labels": pack.labels, "pack": pack.id}
        return {"status": "ok", **known, "answered": self.answered}


class _Body(io.BytesIO):
    """A posted photo, with a name for messages."""

    name = "the photo"


def _json(status: int, value: dict[str, Any]) -> Reply:
    return Reply(status, json.dumps(value).encode() + b"\n", "application/json", _tight("default-src 'none'"))


def _tight(policy: str) -> tuple[tuple[str, str], ...]:
    """What a browser may do with a reply."""
    policy += "; base-uri 'none'; frame-ancestors 'none'"
    own = ("Content-Security-Policy", policy), ("X-Content-Type-Options", "nosniff"), _REFERRER
    return ("Cache-Control", "no-store"), ("Vary", "Accept"), *own


def _without_path(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key != "path"}


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
