"""The server behind `gemelo serve` and `classify.py --serve`: hostile, slow and too many clients."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gemelo.http_server import Limits, Reply, Server, Site
from tests.hostile.requests import HOST, HOSTILE_REQUESTS, REQUEST_LINES, request, statuses
from tests.support.waiting import wait_until

Start = Callable[..., int]


class Echo(Site):
    """Says what was posted."""

    def get(self, target: str, headers: Any) -> Reply:
        return Reply(200, b"x" * (20_000_000 if target == "/big" else 1))

    def may_post(self, target: str, headers: Any) -> Reply | None:
        return None

    def post(self, target: str, headers: Any, body: bytes) -> Reply:
        return Reply(200, body)

    def refusal(self, status: int, target: str, headers: Any) -> Reply:
        return Reply(status, b"refused")


@pytest.fixture
def start() -> Iterator[Start]:
    servers: list[Server] = []

    def begin(site: Site | None = None, **limits: Any) -> int:
        server = Server(site or Echo(), ("127.0.0.1", 0), Limits(**{"body": 1 << 20, "bodies": 1 << 22, **limits}))
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        servers.append(server)
        return server.server_port

    yield begin
    for server in servers:
        server.shutdown()
        server.server_close()


def is_well(port: int) -> bool:
    """Whether it answers; one that has no place free says so and hangs up."""
    return statuses(port, b"GET / HTTP/1.1\r\n" + HOST + b"\r\n") == [200]


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"POST"])
@pytest.mark.parametrize("name", HOSTILE_REQUESTS)
def test_what_could_be_read_in_two_ways_gets_one_answer(name: str, method: bytes, start: Start) -> None:
    fields, status = HOSTILE_REQUESTS[name]
    assert statuses(start(), request(fields, method)) == [status]


@pytest.mark.parametrize("line", REQUEST_LINES.values(), ids=REQUEST_LINES)
def test_a_request_line_that_is_none(line: bytes, start: Start) -> None:
    assert statuses(start(), line + HOST + b"\r\n") == [400]


@pytest.mark.parametrize(
    ("fields", "status"),
    [(b"Content-Length: 2\r\n\r\nhi", 200), (b"Content-Length: 1048577\r\n\r\n", 413), (b"\r\n", 411)],
)
def test_a_body_of_the_length_that_it_says_is_taken(fields: bytes, status: int, start: Start) -> None:
    assert statuses(start(), b"POST / HTTP/1.1\r\nConnection: close\r\n" + HOST + fields) == [status]


def test_a_page_of_its_own_may_ask(start: Start) -> None:
    port = start()
    fields = b"Host: 127.0.0.1:%d\r\nOrigin: http://127.0.0.1:%d\r\nConnection: close\r\n\r\n" % (port, port)
    assert statuses(port, b"GET / HTTP/1.1\r\n" + fields) == [200]


@pytest.mark.parametrize(
    "data", [b"", b"GET / HT", b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999\r\n\r\nhalf"]
)
def test_slow_clients_are_not_waited_for(start: Start, data: bytes) -> None:
    port = start(seconds=0.6)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        started = time.monotonic()
        connection.sendall(data)
        answer = b""
        # A byte now and then, as one who means to stay.
        while time.monotonic() - started < 14:
            try:
                connection.settimeout(0.1)
                part = connection.recv(1000)
                answer += part
                if not part:
                    break
            except TimeoutError:
                if data:
                    connection.sendall(b"x")
            except OSError:
                break
        assert time.monotonic() - started < 12  # where it is not told 0.6 seconds, it waits for 15
    assert answer.startswith(b"HTTP/1.1 408 " if data else b"")
    assert is_well(port)


def test_connections_are_bounded(start: Start) -> None:
    port = start(connections=3)
    held = [socket.create_connection(("127.0.0.1", port), timeout=10) for _ in range(3)]
    wait_until(lambda: statuses(port, b"") == [503])
    for connection in held:
        connection.close()
    wait_until(lambda: is_well(port))
    assert statuses(port, b"GET / HTTP/1.1\r\n" + HOST + b"\r\n") == [200]


@pytest.mark.parametrize(
    "data",
    [b"", b"GET / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\n\r\nx"],
    ids=["nothing", "half a head", "half a body"],
)
def test_a_client_that_goes_away_is_no_error(data: bytes, start: Start, capfd: pytest.CaptureFixture[str]) -> None:
    port = start()
    for sent in (data, b"GET /big HTTP/1.1\r\n" + HOST + b"\r\n"):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(sent)
            if b"big" in sent:
                connection.recv(1000)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset, not an end
    wait_until(lambda: not any("process_request" in thread.name for thread in threading.enumerate()))
    assert is_well(port)
    assert capfd.readouterr().err == ""


def test_an_error_of_a_site_is_one_line(start: Start, capfd: pytest.CaptureFixture[str]) -> None:
    class Broken(Echo):
        def get(self, target: str, headers: Any) -> Reply:
            raise RuntimeError("no such thing")

    assert statuses(start(Broken()), b"GET / HTTP/1.1\r\n" + HOST + b"\r\n") == []
    said: list[str] = []
    wait_until(lambda: bool(said.append(capfd.readouterr().err) or "".join(said)))
    assert "".join(said) == "error: a request failed: RuntimeError: no such thing\n"
