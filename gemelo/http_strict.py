"""What both of gemelo's servers have in common: strict parsing, and bounds on connections and on patience.

`gemelo serve` and a pack's `classify.py --serve` mix these into the standard library's `http.server`, because a device
has no other. A request that two parsers could read in two ways is answered 400 before anything else looks at it
(RFC 9112, sections 2.2, 5.1, 6.1 and 11.2).
"""

import contextlib
import io
import re
import socket
import threading
import time
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

# A client has so many seconds to say its request, and so many to begin the next one on the same connection.
REQUEST_SECONDS = 15.0
_MOST_HEAD = 1 << 15
_MOST_FIELDS = 100
_REQUEST_LINE = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+ [!-~]+ HTTP/[0-9]\.[0-9]\r\n")
_FIELD = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[ \t]*[^\x00-\x08\x0a-\x1f\x7f]*\r\n")
_LENGTH = re.compile(r"[0-9]{1,1000}")
TOO_MANY = b'{"error": "too many at once: try again", "kind": "HTTPError"}\n'
_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(TOO_MANY), TOO_MANY)
)


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


class StrictHandler:
    """Mixed into `BaseHTTPRequestHandler`: reads a request's head strictly, and within a time.

    Attributes:
        seconds: How long a client may take for a request.
    """

    seconds = REQUEST_SECONDS
    connection: Any
    rfile: Any
    raw_requestline: bytes
    request_version = "HTTP/1.0"
    requestline = path = command = ""

    def setup(self) -> None:
        """Read through `Patience`."""
        super().setup()  # type: ignore[misc]
        self.patience = Patience(self.connection)
        self.rfile = io.BufferedReader(self.patience, 1 << 16)

    def handle_one_request(self) -> None:
        """Answer a request, or 408 where its rest does not come in time."""
        self.patience.allow(self.seconds)
        super().handle_one_request()  # type: ignore[misc]
        if self.patience.late and self.patience.heard:
            self.send_error(408)

    def parse_request(self) -> bool:
        """Refuse a head that is not to the letter; leave the rest to the base class."""
        self.command, self.requestline = "", str(self.raw_requestline, "latin-1").rstrip("\r\n")
        if not _REQUEST_LINE.fullmatch(self.raw_requestline):
            self.send_error(400)
            return False
        head = _read_head(self.rfile)
        if isinstance(head, int):
            self.send_error(head)
            return False
        stream, self.rfile = self.rfile, io.BytesIO(head)
        try:
            return bool(super().parse_request())  # type: ignore[misc]
        finally:
            self.rfile = stream

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer a request that is refused, and close the connection."""
        raise NotImplementedError


def _read_head(stream: Any) -> bytes | int:
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


class BoundedServer:
    """Mixed into `ThreadingHTTPServer`: limits open connections; one beyond the limit gets a 503.

    Attributes:
        most_connections: Each is a thread.
    """

    most_connections = 32
    daemon_threads = True
    request_queue_size = 128  # a class of students opens the page at once

    def __init__(self, *arguments: Any) -> None:
        self._slots = threading.BoundedSemaphore(self.most_connections)
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer a connection in a thread, or 503 where all places are taken."""
        if not self._slots.acquire(blocking=False):
            with contextlib.suppress(OSError):
                request.settimeout(1.0)
                request.sendall(_BUSY)
            self.shutdown_request(request)  # type: ignore[attr-defined]
            return
        try:
            super().process_request(request, client_address)  # type: ignore[misc]
        except RuntimeError:  # no thread could be started; one that was started gives the place back itself
            self._slots.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Give the place back at the end."""
        try:
            super().process_request_thread(request, client_address)  # type: ignore[misc]
        finally:
            self._slots.release()
