"""`classify.py --serve`: answers over real HTTP, hostile clients, bounds, and an orderly end."""

import http.client
import json
import re
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gemelo.edge.device.model import Model
from gemelo.edge.device.service import LIMITS, Service
from gemelo.edge.device.whole import Pack
from gemelo.http_server import Server
from tests.edge.support import classify, device_python
from tests.hostile.photos import HOSTILE_PHOTOS
from tests.support.waiting import wait_until

Ask = Callable[..., tuple[int, dict[str, str], bytes]]


@contextmanager
def serving(made: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The program at work, and its port."""
    command = [device_python(), "-I", str(made / "classify.py"), "--serve", "0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.match(r"serving http://127\.0\.0\.1:(\d+)/ ", line)
        assert found, line + process.communicate()[1]
        try:
            yield process, int(found[1])
        finally:
            process.kill()


@pytest.fixture
def service(made: Path) -> Service:
    return Service(Model(Pack.open(made)))


@pytest.fixture
def servers() -> list[Server]:
    """Those that `start` started."""
    return []


@pytest.fixture
def start(service: Service, servers: list[Server]) -> Iterator[Callable[..., int]]:
    """Starts servers in this process, so that their limits can be set, and stops them."""

    def begin(most: int = 32, seconds: float = 15.0, local: bool = True, bodies: int = LIMITS.bodies) -> int:
        limits = replace(LIMITS, connections=most, seconds=seconds, bodies=bodies)
        server = Server(service, ("127.0.0.1", 0), limits)
        server.is_local = local
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        servers.append(server)
        return server.server_port

    yield begin
    for server in servers:
        server.shutdown()
        server.server_close()


def ask(port: int, method: str, target: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, target, body, {k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def raw(port: int, data: bytes, seconds: float = 30) -> bytes:
    """What comes back for these bytes, until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        connection.sendall(data)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
        return b"".join(parts)


def form(name: str, data: bytes, boundary: str = "XyZ") -> tuple[bytes, str]:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="other"\r\n\r\nvalue\r\n--{boundary}\r\n'
    head += f'Content-Disposition: form-data; name="photo"; filename="{name}"\r\nContent-Type: image/png\r\n\r\n'
    return head.encode() + data + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def test_a_photo_posted_is_answered_as_on_the_command_line(made: Path) -> None:
    goldens = sorted((made / "goldens").glob("*.png"))[:3]
    expected = json.loads(classify(made, *goldens, "--json").stdout)
    with serving(made) as (process, port):
        for golden, row in zip(goldens, expected, strict=True):
            status, headers, body = ask(port, "POST", "/", golden.read_bytes())
            assert (status, headers["Content-Type"]) == (200, "application/json")
            assert json.loads(body) == {key: row[key] for key in ("prediction", "sure", "predictions")}
            data, kind = form("x.png", golden.read_bytes())
            assert json.loads(ask(port, "POST", "/?q", data, Content_Type=kind)[2]) == json.loads(body)
        health = json.loads(ask(port, "GET", "/health")[2])
        assert (health["status"], health["name"], health["answered"]) == ("ok", "tiny", 6)
        assert health["pack"] == Pack.open(made).id
        status, headers, body = ask(port, "GET", "/")
        assert (status, headers["Content-Type"][:9]) == (200, "text/html")
        assert b'enctype="multipart/form-data"' in body
        assert ask(port, "HEAD", "/health")[2] == b""
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (0, "stopped\n", "")


def test_a_photo_that_is_being_sent_is_answered_before_the_end(made: Path) -> None:
    golden = min((made / "goldens").glob("*.png")).read_bytes()
    head = f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(golden)}\r\nExpect: 100-continue\r\n\r\n"
    with serving(made) as (process, port), socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")  # it has begun with this photo
        connection.sendall(golden[:100])
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert process.poll() is None
        connection.sendall(golden[100:])
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")
        assert process.wait(20) == 0


@pytest.mark.parametrize(
    "row", [row for row in HOSTILE_PHOTOS if row.error and row.make.__name__ == "make"], ids=lambda row: row.name
)
def test_bad_photos_get_the_same_words_and_4xx(row: Any, service: Service, tmp_path: Path) -> None:
    data = row.make(tmp_path).read_bytes()
    reply = service.post("/", {}, data)
    value = json.loads(reply.body)
    assert 400 <= reply.status < 500
    assert value["kind"] == row.error
    assert value["error"].startswith("the photo: ")
    assert row.words in value["error"]


def test_the_server_goes_on_after_hostile_requests(start: Callable[..., int], made: Path) -> None:
    port = start()
    golden = min((made / "goldens").glob("*.png")).read_bytes()
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\n"
    cases: list[tuple[bytes, int]] = [
        (head + b"Content-Length: 20971521\r\n\r\n", 413),
        (head + b"Content-Length: 99999999999999999999999\r\n\r\n", 413),
        (head + b"Content-Length: -1\r\n\r\n", 400),
        (head + b"Content-Length: 1e3\r\n\r\n", 400),
        (head + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
        (head + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 411),
        (head + b"\r\n", 411),
        (head + b"Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n", 413),
        (head + b"Content-Length: 5\r\nConnection: close\r\n\r\nhello", 415),
        (head + b"Content-Length: 0\r\nConnection: close\r\n\r\n", 400),
        (b"POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello", 405),
        (b"POST /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello", 404),
        (b"PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello", 405),
        (b"DELETE /pack.json HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello", 400),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % i for i in range(200)) + b"\r\n", 431),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 505),
    ]
    for data, status in cases:
        answer = raw(port, data)
        assert answer.startswith(f"HTTP/1.1 {status} ".encode()), (data[:80], answer[:200])
        assert b"Traceback" not in answer
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]
        assert ask(port, "POST", "/", golden)[0] == 200


@pytest.mark.parametrize(
    "target",
    [
        "/pack.json",
        "/model.onnx",
        "/../classify.py",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/health/",
        "/health%00",
        "/.",
        "*",
        "http://evil.example/",
    ],
)
def test_path_tricks_are_404(start: Callable[..., int], target: str) -> None:
    answer = raw(start(), f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert answer.endswith(b'{"error": "404 Not Found", "kind": "HTTPError"}\n')


def test_a_body_too_large_is_refused_though_the_client_sends_it_all(start: Callable[..., int]) -> None:
    status, headers, body = ask(start(), "POST", "/", bytes((20 << 20) + 1))
    assert (status, headers["Connection"]) == (413, "close")
    assert json.loads(body) == {"error": "the photo: more than 20 MiB", "kind": "ImageTooLargeError"}


def test_continue_is_said_only_to_what_is_wanted(start: Callable[..., int], made: Path) -> None:
    golden = min((made / "goldens").glob("*.png")).read_bytes()
    head = f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(golden)}\r\nConnection: close\r\n"
    with socket.create_connection(("127.0.0.1", start()), timeout=10) as connection:
        connection.sendall(head.encode() + b"Expect: 100-continue\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(golden)
        assert connection.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    ("data", "kind", "said"),
    [
        (b"--a\r\n\r\nx", "multipart/form-data", "no boundary"),
        (
            b'--a\r\nContent-Disposition: form-data; name="x"\r\n\r\nx\r\n--a--',
            "multipart/form-data; boundary=a",
            "no file",
        ),
        (b"", 'multipart/form-data; boundary="a b"', "no file"),
        (b"--a" * 1000, "multipart/form-data; boundary=a", "no file"),
    ],
)
def test_forms_without_a_photo_are_400(data: bytes, kind: str, said: str, service: Service) -> None:
    reply = service.post("/", {"Content-Type": kind}, data)
    assert reply.status == 400
    assert said in json.loads(reply.body)["error"]


def test_bodies_in_memory_are_bounded(start: Callable[..., int], servers: list[Server], made: Path) -> None:
    port = start(bodies=2 << 20)
    golden = min((made / "goldens").glob("*.png")).read_bytes()
    head = f"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {1 << 20}\r\nExpect: 100-continue\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        wait_until(lambda: servers[0]._bodies == 1 << 20)  # its room is taken, and its body is not sent
        status, headers, body = ask(port, "POST", "/", bytes(2 << 20))
        assert (status, headers["Retry-After"]) == (503, "1")
        assert "too many at once" in json.loads(body)["error"]
        assert ask(port, "POST", "/", golden)[0] == 200
    wait_until(lambda: ask(port, "POST", "/", bytes(2 << 20))[0] == 415)


def test_a_failing_runtime_is_500_and_the_server_goes_on(
    start: Callable[..., int], service: Service, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = start()
    golden = min((made / "goldens").glob("*.png")).read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(service.model, "_input", "no such input")
        status, _, body = ask(port, "POST", "/", golden)
        assert (status, json.loads(body)["kind"]) == (500, "RuntimeFailure")
    assert ask(port, "POST", "/", golden)[0] == 200


def test_many_at_once_get_the_same_answers(start: Callable[..., int], made: Path) -> None:
    port = start()
    goldens = [path.read_bytes() for path in sorted((made / "goldens").glob("*.png"))[:6]]
    expected = [ask(port, "POST", "/", data)[2] for data in goldens]
    wrong: list[Any] = []

    def client(offset: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)  # kept alive
        for i in range(30):
            which = (i + offset) % len(goldens)
            connection.request("POST", "/", goldens[which])
            answer = connection.getresponse()
            if (answer.status, answer.read()) != (200, expected[which]):
                wrong.append(answer.status)
        connection.close()

    threads = [threading.Thread(target=client, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_other_machines_may_ask_only_where_they_were_let_in(start: Callable[..., int]) -> None:
    head = b"GET /health HTTP/1.1\r\nHost: pi.example\r\nConnection: close\r\n\r\n"
    assert raw(start(local=True), head).startswith(b"HTTP/1.1 421 ")
    assert raw(start(local=False), head).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--serve", "BUSY"], "is taken\n  choose another --serve, or --serve 0"),
        (["--serve", "70000"], "port 70000 is outside 0-65535"),
        (["--serve", "0", "--host", "nowhere.invalid"], "cannot listen on nowhere.invalid"),
    ],
)
def test_where_it_cannot_listen_it_says_so(
    words: list[str], said: str, made: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from gemelo.edge.device.main import main

    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = str(busy.getsockname()[1])
        assert main([port if word == "BUSY" else word for word in words], made) == 2
    assert said in capfd.readouterr().err
