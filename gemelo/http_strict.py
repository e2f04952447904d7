"""Strict rules for HTTP requests, shared by all servers of gemelo: `gemelo serve`, `classify.py --serve` and the app.

A request that two parsers could read in two ways is refused before anything else looks at it (RFC 9112, sections 2.2,
5.1, 6.1 and 11.2).
"""

import io
import re
import socket
import time
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

_MOST_HEAD = 1 << 15
_MOST_FIELDS = 100
_REQUEST_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+ [!-~]+ HTTP/[0-9]\.[0-9]\r\n")
_FIELD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[ \t]*[^\x00-\x08\x0a-\x1f\x7f]*\r\n")
_LENGTH = re.compile(r"[0-9]{1,1000}")


class Patience(io.RawIOBase):
    """A socket's bytes, until a time: a client that sends a byte now and then is not waited for longer than another."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__()
        self._connection = connection
        self._until = 0.0
        self.heard = False
        self.late = False

    def allow(self, seconds: float) -> None:
        """Begin anew."""
        self._until = time.monotonic() + seconds
        self.heard = False

    def readable(self) -> bool:
        """For io."""
        return True

    def readinto(self, buffer: Any) -> int:
        """For io."""
        left = self._until - time.monotonic()
        try:
            if left <= 0:
                raise TimeoutError
            self._connection.settimeout(left)
            count = self._connection.recv_into(buffer)
        except TimeoutError:
            self.late = True
            raise
        self.heard = True
        return count


def is_request_line(line: bytes) -> bool:
    """Whether a request begins to the letter: a method, a target and a version, one space between them."""
    return _REQUEST_LINE.fullmatch(line) is not None


def read_head(stream: Any) -> bytes | int:
    """The lines of a head up to the empty one; a status of HTTP where they are no head."""
    lines: list[bytes] = []
    size = 0
    while True:
        line: bytes = stream.readline(_MOST_HEAD - size + 1)
        size += len(line)
        if size > _MOST_HEAD or len(lines) > _MOST_FIELDS:
            return 431
        lines.append(line)
        if line == b"\r\n":
            return b"".join(lines)
        if not _FIELD.fullmatch(line):
            return 400


def malformed(headers: Any, version: str) -> bool:
    """Whether a request's length or host could be read in two ways."""
    lengths, hosts = headers.get_all("Content-Length", []), headers.get_all("Host", [])
    if len(lengths) > 1 or any(not _LENGTH.fullmatch(length.strip()) for length in lengths):
        return True
    if lengths and "Transfer-Encoding" in headers:
        return True
    return len(hosts) > 1 or (not hosts and version != "HTTP/1.0")


def is_here(host: str) -> bool:
    """Whether a Host header means this machine: any other name that leads to loopback is another site's trick."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or name.endswith(".localhost") or ip_address(name).is_loopback
    except ValueError:
        return False


def stranger(headers: Any, local: bool) -> int | None:
    """The status for a request that another site's page sends; None for this one's.

    Args:
        headers: Of the request, not malformed.
        local: Whether only this machine may ask: then a name that leads to loopback and is not this machine's is
            another site's trick (DNS rebinding).
    """
    host = headers.get("Host")
    if host is not None and local and not is_here(host):
        return 421
    origin = headers.get("Origin")
    if origin is not None and (host is None or _netloc(origin) != host.strip().lower()):
        return 403
    return None


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin.strip().lower()).netloc
    except ValueError:
        return ""
