"""The service over HTTP: bounded in connections, in the length of bodies, and in patience; with an orderly end."""

import contextlib
import os
import socket
import sys
import threading
import time
from typing import Any

from gemelo.edge.device.frames import UntilStopped
from gemelo.edge.device.service import Reply, Service, busy, error_reply, refusal, wrong_method
from gemelo.errors import UsageError
from gemelo.http_strict import REQUEST_SECONDS, BoundedServer, StrictHandler, malformed, stranger
from gemelo.terminal.text import shown

# A class of students; each is a thread.
MOST_CONNECTIONS = 32
_DRAIN_SECONDS = 10.0
_LINGER_SECONDS = 2.0
_LINGER_BYTES = 64 << 20
_PIECE_BYTES = 1 << 16


class _Work:
    """Photos that are being answered, counted."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0

    def __enter__(self) -> None:
        self._add(1)

    def __exit__(self, *_: object) -> None:
        self._add(-1)

    def drain(self) -> None:
        """Wait until there are none, but not for ever."""
        with self._changed:
            self._changed.wait_for(lambda: self._count == 0, _DRAIN_SECONDS)

    def _add(self, number: int) -> None:
        with self._changed:
            self._count += number
            self._changed.notify_all()


class Exchange:
    """One request to the service, read from a connection, and its reply.

    Args:
        service: Who answers.
        headers: Of the request.
        version: Of HTTP, as the request has it.
        stream: Where its body is read from.
        local: Whether only this machine may ask.
    """

    def __init__(self, service: Service, headers: Any, version: str, stream: Any, local: bool) -> None:
        self._service = service
        self._headers = headers
        self._version = version
        self._stream = stream
        self._local = local

    def get(self, target: str) -> Reply:
        """The reply to a GET or HEAD."""
        if (refused := self._stranger()) is not None:
            return refused
        if "Transfer-Encoding" in self._headers or self._headers.get("Content-Length", "0").strip() != "0":
            return refusal(400, close=True)  # nobody reads that body: it would be taken for the next request
        return self._service.get(target)

    def post(self, target: str) -> Reply:
        """The reply to a POST; its body is read only if it is wanted."""
        refused = self.unwanted(target)
        if refused is not None:
            return refused
        length = int(self._headers["Content-Length"])
        if not self._service.reserve(length):
            return busy()
        try:
            body = self._stream.read(length)
            if len(body) != length:
                return refusal(400, close=True)
            return self._service.post(target, self._headers.get("Content-Type", ""), body)
        finally:
            self._service.release(length)

    def unwanted(self, target: str) -> Reply | None:
        """Why a body is not even read."""
        refused = self._stranger() or self._service.may_post(target)
        length = self._headers.get("Content-Length")
        if refused is None and length is None:
            refused = refusal(411)
        elif refused is None and int(length) > self._service.most_body:
            most = self._service.most_body / (1 << 20)
            refused = error_reply(413, f"the photo: more than {most:g} MiB", "ImageTooLargeError")
        if refused is None:
            return None
        return Reply(refused.status, refused.body, refused.kind, refused.more, close=True)

    def _stranger(self) -> Reply | None:
        """Why a request is not looked at: it could be read in two ways, or another site sends it."""
        status = 400 if malformed(self._headers, self._version) else stranger(self._headers, self._local)
        return None if status is None else refusal(status, close=True)


def handler_class(service: Service, local: bool, seconds: float = REQUEST_SECONDS) -> type[Any]:
    """The handler of one connection, for `http.server`, which is imported only where it is wanted: that takes time."""
    from http.server import BaseHTTPRequestHandler

    class Handler(StrictHandler, BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        default_request_version = "HTTP/1.0"  # else a refusal of nonsense would go without its status line
        disable_nagle_algorithm = True
        wbufsize = _PIECE_BYTES

        def do_GET(self) -> None:
            self.reply(exchange_of(self).get(self.path))

        do_HEAD = do_GET  # noqa: N815  the base class finds methods by name

        def do_POST(self) -> None:
            with self.server.work:  # type: ignore[attr-defined]
                self.reply(exchange_of(self).post(self.path))

        def handle_expect_100(self) -> bool:
            refused = exchange_of(self).unwanted(self.path)
            if refused is not None:
                self.reply(refused)
                return False
            super().handle_expect_100()
            self.wfile.flush()  # the client waits for it
            return True

        def reply(self, reply: Reply) -> None:
            send_reply(self, reply)

        def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
            self.reply(wrong_method(self.path, close=True) if code == 501 else refusal(code, close=True))

        def version_string(self) -> str:
            return "gemelo"

        def log_message(self, format: str, *args: Any) -> None:
            """Requests are not logged: photos are nobody's business."""

    def exchange_of(handler: Any) -> Exchange:
        return Exchange(service, handler.headers, handler.request_version, handler.rfile, local)

    Handler.seconds = seconds
    return Handler


def send_reply(handler: Any, reply: Reply) -> None:
    """Send a reply, and where the connection is of no more use, end it so that the client still reads why."""
    handler.connection.settimeout(REQUEST_SECONDS)
    handler.send_response(reply.status)
    own = (("Content-Type", reply.kind), ("Content-Length", str(len(reply.body))), ("Cache-Control", "no-store"))
    tight = (
        ("X-Content-Type-Options", "nosniff"),
        ("Content-Security-Policy", "default-src 'none'; form-action 'self'"),
    )
    close = (("Connection", "close"),) if reply.close else ()
    for name, value in (*own, *tight, *reply.more, *close):
        handler.send_header(name, value)
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(reply.body)
    handler.wfile.flush()  # before the work counts as done
    if reply.close:
        handler.close_connection = True
        _linger(handler.connection)


def _linger(connection: socket.socket) -> None:
    """Read on for a moment what the client is still sending: closing at once would take the reply from it."""
    until, left = time.monotonic() + _LINGER_SECONDS, _LINGER_BYTES
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_WR)
        while left > 0 and (wait := until - time.monotonic()) > 0:
            connection.settimeout(wait)
            count = len(connection.recv(_PIECE_BYTES))
            if not count:
                return
            left -= count


def server_class(most: int = MOST_CONNECTIONS) -> type[Any]:
    """A server of so many connections at once; one more is told to try again."""
    from http.server import ThreadingHTTPServer
    from socketserver import TCPServer

    class Server(BoundedServer, ThreadingHTTPServer):
        most_connections = most

        def __init__(self, address: tuple[str, int], handler: type[Any]) -> None:
            self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
            self.work = _Work()
            super().__init__(address, handler)

        def server_bind(self) -> None:
            """Bind, without asking a name server who we are, as the base class does."""
            TCPServer.server_bind(self)

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that went away is no error; anything else is one line."""
            error = sys.exc_info()[1]
            if os.environ.get("GEMELO_TRACEBACK"):
                super().handle_error(request, client_address)
            elif not isinstance(error, ConnectionError | TimeoutError):
                print(f"error: a request failed: {type(error).__name__}: {error}", file=sys.stderr, flush=True)

    return Server


def serve(service: Service, host: str, port: int) -> int:
    """Serve until SIGTERM or Ctrl-C; photos being answered then are answered first.

    Raises:
        UsageError: The port is taken, or the host is not this machine's.
    """
    from ipaddress import ip_address

    name = "127.0.0.1" if host == "localhost" else host
    try:
        local = ip_address(name).is_loopback
        server = server_class()((name, port), handler_class(service, local))
    except (OSError, OverflowError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or exc
        raise UsageError(f"cannot listen on {host} port {port}: {reason}", hint="choose another --serve PORT") from exc
    with server:
        where = f"[{name}]" if ":" in name else name
        print(f"serving http://{where}:{server.server_address[1]}/   (Ctrl-C stops it)", flush=True)
        if not local:
            print(f"  others on the network reach it too: --host {shown(host)}", flush=True)
        with UntilStopped():
            server.serve_forever()
        server.work.drain()
    print("stopped", flush=True)
    return 0
