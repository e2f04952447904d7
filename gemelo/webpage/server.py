"""The server of `gemelo serve`: the files of one page and nothing else, with headers that make it fast and tight."""

import contextlib
from http import HTTPStatus
from pathlib import Path
from typing import Any

from gemelo.http_server import Limits, Reply, Server, Site, listen
from gemelo.webpage import headers as own
from gemelo.webpage.content import INSIDE
from gemelo.webpage.packing import media_type
from gemelo.webpage.table import Entry, Table

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8765
LIMITS = Limits(connections=256)  # of a class of students; a browser opens six
_PORTS = 20


def bind(root: Path, host: str = DEFAULT_HOST, port: int | None = None, *, verbose: bool = False) -> Server:
    """A server for the page in a folder, listening already; run its `serve_forever`.

    Args:
        root: The page's folder.
        host: Loopback by default; 0.0.0.0 for all of the network.
        port: None takes 8765, or the next that is free; 0 any.
        verbose: One line on standard error for each request.

    Raises:
        UsageError: The port is taken, or the host is not this machine's.
    """
    ports = range(DEFAULT_PORT, DEFAULT_PORT + _PORTS) if port is None else [port]
    return listen(PageSite(Table(root)), host, ports, LIMITS, option="--port", verbose=verbose)


class PageSite(Site):
    """The files of a page.

    Args:
        table: What is there.
    """

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, target: str, headers: Any) -> Reply:
        """A file, in the tightest coding that the client reads, or that the client has it already."""
        name = own.name_of(target)
        if name is None:
            return self.refusal(HTTPStatus.BAD_REQUEST, target, headers)
        entry = self._table.find(name)
        if entry is None:
            return self.refusal(HTTPStatus.NOT_FOUND, target, headers)
        if own.has_tag(headers.get("If-None-Match"), entry.sha256):
            return Reply(HTTPStatus.NOT_MODIFIED, headers=(("ETag", f'W/"{entry.sha256}"'), *_headers(entry)))
        try:
            data, coding = self._table.body(entry, own.accepted(headers.get("Accept-Encoding")))
        except OSError:
            return self.refusal(HTTPStatus.NOT_FOUND, target, headers)
        # One hash for all codings of a file: what is packed is the same only in what it means.
        packed = () if coding is None else (("Content-Encoding", coding),)
        tag = f'"{entry.sha256}"' if coding is None else f'W/"{entry.sha256}"'
        return Reply(HTTPStatus.OK, data, media_type(entry.name), (("ETag", tag), *packed, *_headers(entry)))

    def refusal(self, status: int, target: str, headers: Any) -> Reply:
        """The status in plain text."""
        text = f"{int(status)} {HTTPStatus(status).phrase}\n".encode()
        allow = (("Allow", "GET, HEAD"),) if status == HTTPStatus.METHOD_NOT_ALLOWED else ()
        return Reply(status, text, "text/plain; charset=utf-8", (*allow, *_headers(None)))


def _headers(entry: Entry | None) -> tuple[tuple[str, str], ...]:
    """How long a file may be kept and what it may do; None for what is no file."""
    kept = "no-store" if entry is None else own.cache_control(entry.name)
    policy = _policy(entry)
    tight = () if policy is None else (("Content-Security-Policy", policy),)
    return (("Cache-Control", kept), ("Vary", "Accept-Encoding"), *tight, *own.SECURITY.items())


def _policy(entry: Entry | None) -> str | None:
    """What a document or a service worker may do; None for what can do nothing: there it would be bytes for nothing."""
    if entry is not None and not own.is_active(entry.name):
        return None
    if entry is not None and entry.name.startswith(INSIDE) and entry.name.endswith(".html"):
        with contextlib.suppress(OSError):
            return own.report_policy(entry.path.read_bytes())
    return own.POLICY + own.FRAMES
