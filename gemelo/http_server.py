"""The HTTP server behind `gemelo serve` and behind `classify.py --serve` of a pack.

It parses strictly, limits connections, bodies and waiting, and refuses what the pages of other sites send. What is
answered is up to a `Site`. It is built on the standard library's `http.server`, because a device has no other.
"""

import contextlib
import errno
import io
import os
import socket
import sys
import threading
import time
import traceback
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from email.message import Message
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from socketserver import TCPServer
from typing import Any

from gemelo.errors import UsageError
from gemelo.http_strict import Patience, is_request_line, malformed, read_head, stranger

_PIECE = 1 << 18
_PIECE_SECONDS = 30.0  # for each piece of a reply, so that no client holds a place for ever
_DRAIN_SECONDS = 10.0
_LINGER_SECONDS = 2.0
_LINGER_BYTES = 64 << 20


@dataclass(frozen=True)
class Limits:
    """What a server spends on its clients.

    Attributes:
        connections: Open at once; each is a thread. One more gets a 503.
        body: Longest body of a request, in bytes.
        bodies: Bytes of all bodies that are in memory at once.
        seconds: A client's time for a request, and for beginning the next one on the same connection.
    """

    connections: int = 32
    body: int = 0
    bodies: int = 0
    seconds: float = 15.0


@dataclass(frozen=True)
class Reply:
    """An answer.

    Attributes:
        status: Of HTTP.
        body: Its bytes.
        kind: Their media type.
        headers: Others.
        close: Whether the connection is of no more use.
    """

    status: int
    body: bytes = b""
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    close: bool = False


class Site(ABC):
    """The pages and answers of a server."""

    @abstractmethod
    def get(self, target: str, headers: Any) -> Reply:
        """The reply to a GET or HEAD."""

    def post(self, target: str, headers: Any, body: bytes) -> Reply:
        """The reply to a POST that `may_post` allows."""
        return self.refusal(HTTPStatus.METHOD_NOT_ALLOWED, target, headers)

    def may_post(self, target: str, headers: Any) -> Reply | None:
        """Why nothing can be posted there; None where it can."""
        return self.refusal(HTTPStatus.METHOD_NOT_ALLOWED, target, headers)

    @abstractmethod
    def refusal(self, status: int, target: str, headers: Any) -> Reply:
        """The words for a request that is refused; of one that could not be read, target and headers are empty."""


class Server(ThreadingHTTPServer):
    """Serves one site until it is shut down; a thread for each connection.

    Args:
        site: Who answers.
        address: Host and port; port 0 takes a free one.
        limits: What it spends.
        verbose: One line on standard error for each request.
    """

    daemon_threads = True
    request_queue_size = 128  # a class of students opens the page at once

    def __init__(self, site: Site, address: tuple[str, int], limits: Limits, *, verbose: bool = False) -> None:
        self.site = site
        self.limits = limits
        self.verbose = verbose
        self._slots = threading.BoundedSemaphore(limits.connections)
        self._changed = threading.Condition()
        self._working = 0
        self._bodies = 0
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)
        self.is_local = ip_address(self.server_name).is_loopback

    def server_bind(self) -> None:
        """Bind, without asking a name server who we are, as the base class does."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    @property
    def url(self) -> str:
        """Where this machine's own browser finds it."""
        host = self.server_name
        if ip_address(host).is_unspecified:
            host = "::1" if ":" in host else "127.0.0.1"
        return f"http://{f'[{host}]' if ':' in host else host}:{self.server_port}/"

    @contextlib.contextmanager
    def working(self) -> Iterator[None]:
        """A request that is being answered: `drain` waits for it."""
        with self._changed:
            self._working += 1
        try:
            yield
        finally:
            with self._changed:
                self._working -= 1
                self._changed.notify_all()

    def drain(self) -> None:
        """Wait until no request is being answered, but not for ever."""
        with self._changed:
            self._changed.wait_for(lambda: self._working == 0, _DRAIN_SECONDS)

    @contextlib.contextmanager
    def room(self, length: int) -> Iterator[bool]:
        """Memory for a body; False where there is not so much left."""
        with self._changed:
            fits = self._bodies + length <= self.limits.bodies
            self._bodies += length if fits else 0
        try:
            yield fits
        finally:
            with self._changed:
                self._bodies -= length if fits else 0

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer a connection in a thread, or 503 where all places are taken."""
        if not self._slots.acquire(blocking=False):
            busy = replace(self.site.refusal(HTTPStatus.SERVICE_UNAVAILABLE, "", {}), close=True)
            with contextlib.suppress(OSError):
                request.settimeout(1.0)
                request.sendall(_head(busy) + busy.body)
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # no thread could be started; one that was started gives the place back itself
            self._slots.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Give the place back at the end."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error; anything else is one line, or all of it with GEMELO_TRACEBACK."""
        error = sys.exc_info()[1]
        if os.environ.get("GEMELO_TRACEBACK"):
            traceback.print_exc()
        elif not isinstance(error, ConnectionError | TimeoutError):
            print(f"error: a request failed: {type(error).__name__}: {error}", file=sys.stderr, flush=True)


def listen(
    site: Site, host: str, ports: Iterable[int], limits: Limits, *, option: str, verbose: bool = False
) -> Server:
    """A server that listens already, at the first port that is free; run its `serve_forever`.

    Args:
        site: Who answers.
        host: Of this machine.
        ports: To try in turn; 0 takes any.
        limits: What it spends.
        option: What the port is called on the command line.
        verbose: One line on standard error for each request.

    Raises:
        UsageError: The ports are taken, or the host is not this machine's.
    """
    ports = list(ports)
    for port in ports:
        try:
            return Server(site, (host, port), limits, verbose=verbose)
        except OSError as exc:
            if exc.errno == errno.EADDRINUSE:
                continue
            raise UsageError(f"cannot listen on {host} port {port}: {exc.strerror or exc}") from exc
        except OverflowError as exc:
            raise UsageError(f"port {port} is outside 0-65535") from exc
        except ValueError as exc:
            raise UsageError(f"{host} is no name of a host") from exc
    what = f"port {ports[0]} of {host} is taken" if len(ports) == 1 else f"ports {ports[0]}-{ports[-1]} are all taken"
    raise UsageError(what, hint=f"choose another {option}, or {option} 0 for any that is free")


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    request_version = "HTTP/1.0"
    requestline = path = command = ""
    headers = Message()
    raw_requestline = b""

    def setup(self) -> None:
        super().setup()
        self.patience = Patience(self.connection)
        self.rfile = io.BufferedReader(self.patience, 1 << 16)

    def handle_one_request(self) -> None:
        """Answer a request, or 408 where its rest does not come in time."""
        self.patience.allow(self.server.limits.seconds)
        super().handle_one_request()
        if self.patience.late and self.patience.heard:
            self.send_error(HTTPStatus.REQUEST_TIMEOUT)

    def parse_request(self) -> bool:
        """Refuse a head that is not to the letter; leave the rest to the base class."""
        self.path = self.command = ""
        self.headers = Message()
        self.requestline = str(self.raw_requestline, "latin-1").rstrip("\r\n")
        if not is_request_line(self.raw_requestline):
            self.send_error(HTTPStatus.BAD_REQUEST)
            return False
        head = read_head(self.rfile)
        if isinstance(head, int):
            self.send_error(head)
            return False
        stream, self.rfile = self.rfile, io.BytesIO(head)
        try:
            return super().parse_request()
        finally:
            self.rfile = stream

    def do_GET(self) -> None:
        with self.server.working():
            status = self._stranger()
            if status is None and (self.headers.get("Content-Length", "0").strip() != "0" or self._is_chunked()):
                status = HTTPStatus.BAD_REQUEST  # nobody reads that body: it would be taken for the next request
            self._reply(self.server.site.get(self.path, self.headers) if status is None else self._refusal(status))

    do_HEAD = do_GET  # noqa: N815  the base class finds methods by name

    def do_POST(self) -> None:
        with self.server.working():
            self._reply(self._unwanted() or self._posted())

    def handle_expect_100(self) -> bool:
        """Say whether a body is wanted to a client that asks first."""
        refused = self._unwanted()
        if refused is not None:
            self._reply(refused)
            return False
        super().handle_expect_100()
        self.wfile.flush()  # the client waits for it
        return True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the base class refuses by itself: methods it does not know, requests that are none."""
        unknown = code == HTTPStatus.NOT_IMPLEMENTED
        self._reply(self._refusal(HTTPStatus.METHOD_NOT_ALLOWED if unknown else code))

    def log_message(self, format: str, *args: Any) -> None:
        """One line for each request, where they are wanted."""
        if self.server.verbose:
            line = f"{self.client_address[0]} {format % args}"
            print("".join(letter if letter.isprintable() else "?" for letter in line), file=sys.stderr, flush=True)

    def log_error(self, format: str, *args: Any) -> None:
        """Refusals are logged as requests are."""

    def _posted(self) -> Reply:
        length = int(self.headers["Content-Length"])
        with self.server.room(length) as fits:
            if not fits:
                return self._refusal(HTTPStatus.SERVICE_UNAVAILABLE)
            body = self.rfile.read(length)
            if len(body) != length:
                return self._refusal(HTTPStatus.BAD_REQUEST)
            return self.server.site.post(self.path, self.headers, body)

    def _unwanted(self) -> Reply | None:
        """Why a body is not even read."""
        if (status := self._stranger()) is not None:
            return self._refusal(status)
        if (refused := self.server.site.may_post(self.path, self.headers)) is not None:
            return replace(refused, close=True)
        length = self.headers.get("Content-Length")
        if length is None:
            return self._refusal(HTTPStatus.LENGTH_REQUIRED)
        return self._refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE) if int(length) > self.server.limits.body else None

    def _stranger(self) -> int | None:
        """Why a request is not looked at: it could be read in two ways, or another site sends it."""
        if malformed(self.headers, self.request_version):
            return HTTPStatus.BAD_REQUEST
        return stranger(self.headers, self.server.is_local)

    def _is_chunked(self) -> bool:
        return "Transfer-Encoding" in self.headers

    def _refusal(self, status: int) -> Reply:
        return replace(self.server.site.refusal(status, self.path, self.headers), close=True)

    def _reply(self, reply: Reply) -> None:
        """Send a reply, and where the connection is of no more use, end it so that the client still reads why."""
        self.log_request(reply.status)
        self.wfile.write(_head(reply))
        body = b"" if self.command == "HEAD" else reply.body
        for start in range(0, len(body), _PIECE):
            self.connection.settimeout(_PIECE_SECONDS)
            self.wfile.write(body[start : start + _PIECE])
        self.connection.settimeout(_PIECE_SECONDS)
        self.wfile.flush()  # before the work counts as done
        if reply.close:
            self.close_connection = True
            _linger(self.connection)


def _head(reply: Reply) -> bytes:
    """The lines above a reply's body."""
    fields = [("Server", "gemelo"), ("Date", formatdate(usegmt=True)), *reply.headers]
    if reply.status != HTTPStatus.NOT_MODIFIED:
        fields += [("Content-Type", reply.kind), ("Content-Length", str(len(reply.body)))]
    fields += [("Connection", "close")] if reply.close else []
    lines = [f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}", *(": ".join(field) for field in fields)]
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1")


def _linger(connection: socket.socket) -> None:
    """Read on for a moment what the client is still sending: closing at once would take the reply from it."""
    until, left = time.monotonic() + _LINGER_SECONDS, _LINGER_BYTES
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        while left > 0 and (wait := until - time.monotonic()) > 0:
            connection.settimeout(wait)
            count = len(connection.recv(1 << 16))
            if not count:
                return
            left -= count
