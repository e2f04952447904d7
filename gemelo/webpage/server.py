"""The server of `gemelo serve`: the files of one page and nothing else, with headers that make it fast and tight."""

import contextlib
import errno
import os
import socket
import socketserver
import sys
import traceback
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from gemelo.errors import UsageError
from gemelo.http_strict import BoundedServer, StrictHandler, malformed, stranger
from gemelo.webpage import headers
from gemelo.webpage.content import INSIDE
from gemelo.webpage.packing import media_type
from gemelo.webpage.table import Entry, Table

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8765
_PORTS = 20
_PIECE = 1 << 18
_PIECE_SECONDS = 30.0


class PageServer(BoundedServer, ThreadingHTTPServer):
    """Serves one page until it is shut down; a thread for each connection.

    Args:
        table: The page's files.
        address: Host and port; port 0 takes a free one.
        verbose: One line on standard error for each request.
    """

    most_connections = 256  # of a class of students; a browser opens six

    def __init__(self, table: Table, address: tuple[str, int], *, verbose: bool = False) -> None:
        self.table = table
        self.verbose = verbose
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)
        self.is_local = ip_address(self.server_name).is_loopback

    def server_bind(self) -> None:
        """Bind, without asking a name server who we are, as the base class does."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    @property
    def url(self) -> str:
        """Where this machine's own browser finds it."""
        host = self.server_name
        if ip_address(host).is_unspecified:
            host = "::1" if ":" in host else "127.0.0.1"
        return f"http://{f'[{host}]' if ':' in host else host}:{self.server_port}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error; anything else is one line, or all of it with GEMELO_TRACEBACK."""
        error = sys.exc_info()[1]
        if os.environ.get("GEMELO_TRACEBACK"):
            traceback.print_exc()
        elif not isinstance(error, ConnectionError | TimeoutError):
            print(f"error: a request failed: {type(error).__name__}: {error}", file=sys.stderr)


def bind(root: Path, host: str = DEFAULT_HOST, port: int | None = None, *, verbose: bool = False) -> PageServer:
    """A server for the page in a folder, listening already; run its `serve_forever`.

    Args:
        root: The page's folder.
        host: Loopback by default; 0.0.0.0 for all of the network.
        port: None takes 8765, or the next that is free; 0 any.
        verbose: One line on standard error for each request.

    Raises:
        UsageError: The port is taken, or the host is not this machine's.
    """
    table = Table(root)
    wanted = range(DEFAULT_PORT, DEFAULT_PORT + _PORTS) if port is None else [port]
    for candidate in wanted:
        try:
            return PageServer(table, (host, candidate), verbose=verbose)
        except OSError as exc:
            if exc.errno == errno.EADDRINUSE:
                continue
            reason = exc.strerror or exc
            raise UsageError(f"cannot listen on {host} port {candidate}: {reason}") from exc
        except OverflowError as exc:
            raise UsageError(f"port {candidate} is outside 0-65535") from exc
        except ValueError as exc:
            raise UsageError(f"{host} is no name of a host") from exc
    what = f"port {port} of {host} is taken" if port is not None else f"ports {wanted[0]}-{wanted[-1]} are all taken"
    raise UsageError(what, hint="choose another --port, or --port 0 for any that is free")


class _Handler(StrictHandler, BaseHTTPRequestHandler):
    server: PageServer
    protocol_version = "HTTP/1.1"
    default_request_version = "HTTP/1.0"  # else a refusal of nonsense would go without its status line
    disable_nagle_algorithm = True
    wbufsize = 1 << 16

    def do_GET(self) -> None:
        refused = self._refusal()
        if refused is not None:
            self._refuse(*refused)
            return
        name = headers.name_of(self.path)
        entry = None if name is None else self.server.table.find(name)
        if name is None:
            self._refuse(HTTPStatus.BAD_REQUEST)
        elif entry is None:
            self._refuse(HTTPStatus.NOT_FOUND)
        else:
            self._serve(entry)

    do_HEAD = do_GET  # noqa: N815  the base class finds methods by name

    def version_string(self) -> str:
        """Who is asked: no versions, which would only help to choose an attack."""
        return "gemelo"

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the base class refuses by itself: methods it does not know, requests that are none."""
        if code == HTTPStatus.NOT_IMPLEMENTED:
            code = HTTPStatus.METHOD_NOT_ALLOWED
        self._refuse(HTTPStatus(code), close=True)

    def log_message(self, format: str, *args: Any) -> None:
        """One line for each request, where they are wanted."""
        if self.server.verbose:
            line = f"{self.client_address[0]} {format % args}"
            print("".join(letter if letter.isprintable() else "?" for letter in line), file=sys.stderr, flush=True)

    def log_error(self, format: str, *args: Any) -> None:
        """Refusals are logged as requests are."""

    def _refusal(self) -> tuple[HTTPStatus, bool] | None:
        """Why a request is not even looked at, and whether the connection is of no more use."""
        if malformed(self.headers, self.request_version):
            return HTTPStatus.BAD_REQUEST, True
        if "Transfer-Encoding" in self.headers or self.headers.get("Content-Length", "0").strip() != "0":
            return HTTPStatus.BAD_REQUEST, True  # nobody reads that body: it would be taken for the next request
        status = stranger(self.headers, self.server.is_local)
        return None if status is None else (HTTPStatus(status), True)

    def _serve(self, entry: Entry) -> None:
        if headers.has_tag(self.headers.get("If-None-Match"), entry.sha256):
            self._head(HTTPStatus.NOT_MODIFIED, entry, {"ETag": f'W/"{entry.sha256}"'})
            return
        try:
            data, coding = self.server.table.body(entry, headers.accepted(self.headers.get("Accept-Encoding")))
        except OSError:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        # One hash for all codings of a file: what is packed is the same only in what it means.
        tag = f'"{entry.sha256}"' if coding is None else f'W/"{entry.sha256}"'
        more = {"ETag": tag, "Content-Type": media_type(entry.name), "Content-Length": str(len(data))}
        if coding is not None:
            more["Content-Encoding"] = coding
        self._head(HTTPStatus.OK, entry, more)
        if self.command != "HEAD":
            for start in range(0, len(data), _PIECE):  # each within a time, so that no client holds a place for ever
                self.connection.settimeout(_PIECE_SECONDS)
                self.wfile.write(data[start : start + _PIECE])

    def _refuse(self, status: HTTPStatus, close: bool = False) -> None:
        text = f"{status.value} {status.phrase}\n".encode()
        more = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(text))}
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            more["Allow"] = "GET, HEAD"
        if close:
            more["Connection"] = "close"
        self._head(status, None, more)
        if self.command != "HEAD":
            self.wfile.write(text)

    def _head(self, status: HTTPStatus, entry: Entry | None, more: dict[str, str]) -> None:
        self.send_response(status)
        own = {
            "Cache-Control": "no-store" if entry is None else headers.cache_control(entry.name),
            "Vary": "Accept-Encoding",
        }
        if (policy := _policy(entry)) is not None:
            own["Content-Security-Policy"] = policy
        for key, value in {**more, **own, **headers.SECURITY}.items():
            self.send_header(key, value)
        self.end_headers()


def _policy(entry: Entry | None) -> str | None:
    """What a document or a service worker may do; None for what can do nothing: there it would be bytes for nothing."""
    if entry is not None and not headers.is_active(entry.name):
        return None
    if entry is not None and entry.name.startswith(INSIDE) and entry.name.endswith(".html"):
        with contextlib.suppress(OSError):
            return headers.report_policy(entry.path.read_bytes())
    return headers.POLICY + headers.FRAMES
