"""The server over real HTTP: headers, caching, packing, and the page alone."""

import gzip
import http.client
import json
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PosixPath

import pytest

from gemelo.errors import UsageError
from gemelo.http_server import Server
from gemelo.store.files import sha256_file
from gemelo.webpage import PageOptions, bind, make_page
from gemelo.webpage import server as module
from gemelo.webpage.headers import FRAMES, POLICY, SECURITY
from gemelo.webpage.table import Table
from tests.hostile.requests import HOSTILE_REQUESTS, request, statuses
from tests.support.pages import BROTLI, FILES, MAIN

Start = Callable[..., Server]
SCRIPT = "/app/main-ABCD2345.js"


def ask(server: Server, target: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=60)
    try:
        connection.request(method, target, headers={key.replace("_", "-"): value for key, value in headers.items()})
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def test_every_file_is_served_as_it_is(site: Path, serve: Start) -> None:
    server = serve(site)
    for path in (path for path in site.rglob("*") if path.is_file()):
        answer, body = ask(server, "/" + path.relative_to(site).as_posix())
        assert (answer.status, body) == (200, path.read_bytes()), path
        assert answer.headers["Content-Length"] == str(len(body))
        assert answer.headers["ETag"] == f'"{sha256_file(path)}"'
        assert answer.headers["Content-Encoding"] is None
    answer, body = ask(server, "/")
    assert body == (site / "index.html").read_bytes()
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("target", ["/", "/page.json", SCRIPT, "/bundle/manifest.json", "/nothing", "/%00"])
def test_every_answer_is_tight(made: Path, built: Path, serve: Start, target: str) -> None:
    answer, _ = ask(serve(made), target)
    assert {key: answer.headers[key] for key in SECURITY} == SECURITY
    active = target in ("/", "/nothing", "/%00")
    assert answer.headers["Content-Security-Policy"] == (POLICY + FRAMES if active else None)
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Server"] == "gemelo"
    assert answer.headers["Access-Control-Allow-Origin"] is None


def test_the_report_may_show_its_own_style_and_nothing_else(site: Path, serve: Start) -> None:
    answer, body = ask(serve(site), "/bundle/parity.html")
    policy = answer.headers["Content-Security-Policy"]
    assert b"<style>" in body
    assert re.search(r"style-src 'sha256-[A-Za-z0-9+/]{43}='", policy)
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy


def test_what_the_browser_has_is_not_sent_again(site: Path, serve: Start) -> None:
    server = serve(site)
    for coding in ("identity", "gzip", "br"):
        first, body = ask(server, SCRIPT, Accept_Encoding=coding)
        again, nothing = ask(server, SCRIPT, Accept_Encoding=coding, If_None_Match=first.headers["ETag"])
        assert body
        assert (again.status, nothing) == (304, b"")
        assert again.headers["ETag"] == f'W/"{sha256_file(site / SCRIPT[1:])}"'
        assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
    other, _ = ask(server, SCRIPT, If_None_Match='"another"')
    assert other.status == 200


def test_only_built_code_is_kept_for_ever(site: Path, serve: Start) -> None:
    server = serve(site)
    for target, kept in {
        SCRIPT: "public, max-age=31536000, immutable",
        "/": "no-cache",
        "/sw.js": "no-cache",
        "/page.json": "no-cache",
        "/bundle/onnx/fp32.onnx": "no-cache",
        "/nothing": "no-store",
    }.items():
        assert ask(server, target)[0].headers["Cache-Control"] == kept


def test_brotli_where_it_lies_ready_else_gzip(site: Path, serve: Start) -> None:
    server = serve(site)
    answer, body = ask(server, SCRIPT, Accept_Encoding="gzip, deflate, br")
    assert (answer.headers["Content-Encoding"], body) == ("br", BROTLI)
    answer, body = ask(server, SCRIPT, Accept_Encoding="gzip, deflate")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == MAIN
    assert answer.headers["Content-Length"] == str(len(body))
    assert answer.headers["ETag"] == f'W/"{sha256_file(site / SCRIPT[1:])}"'
    assert ask(server, SCRIPT, Accept_Encoding="br;q=0, gzip")[0].headers["Content-Encoding"] == "gzip"


@pytest.mark.parametrize(
    ("target", "coding"),
    [
        ("/app/page-EFGH2345.css", "gzip"),
        ("/runtimes/onnx/ort-wasm.wasm", "gzip"),
        ("/bundle/reference.json", "gzip"),
        ("/bundle/onnx/int8.onnx", "gzip"),
        ("/bundle/tflite/fp32.tflite", "gzip"),
        ("/bundle/tfjs/fp32/group1-shard1of1.bin", "gzip"),
        ("/icon.svg", "gzip"),
        ("/icon-192.png", None),
        ("/samples/cat-1.webp", None),
        ("/gemelo.js", None),
    ],
)
def test_only_what_gains_is_packed(made: Path, built: Path, serve: Start, target: str, coding: str | None) -> None:
    answer, body = ask(serve(made), target, Accept_Encoding="gzip, br")
    assert answer.headers["Content-Encoding"] == coding
    assert (gzip.decompress(body) if coding else body) == (made / target[1:]).read_bytes()


def test_a_title_that_changed_the_page_is_not_lost_to_brotli(built: Path, bundle: Path, tmp_path: Path) -> None:
    (built / "index.html.br").write_bytes(b"brotli of another title")
    site = make_page(bundle, tmp_path / "titled", PageOptions(title="My pets")).path
    with bind(site, port=0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        _, body = ask(server, "/", Accept_Encoding="br")
        server.shutdown()
    assert b"<title>My pets</title>" in body


def test_head_says_all_and_sends_nothing(site: Path, serve: Start) -> None:
    server = serve(site)
    for target in (SCRIPT, "/", "/nothing"):
        head, nothing = ask(server, target, "HEAD", Accept_Encoding="gzip")
        get, body = ask(server, target, Accept_Encoding="gzip")
        assert nothing == b""
        assert head.status == get.status
        kept = {key: value for key, value in head.getheaders() if key != "Date"}
        assert kept == {key: value for key, value in get.getheaders() if key != "Date"}
        assert head.headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "BREW"])
def test_other_methods_are_refused(made: Path, built: Path, serve: Start, method: str) -> None:
    answer, body = ask(serve(made), "/", method)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
    assert body == b"405 Method Not Allowed\n"
    assert answer.headers["Connection"] == "close"


def test_one_connection_is_enough(site: Path, serve: Start) -> None:
    server = serve(site)
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.connect()
    socket_before = connection.sock
    for target in ["/", SCRIPT, "/nothing", "/page.json"] * 5:
        connection.request("GET", target)
        answer = connection.getresponse()
        answer.read()
        assert answer.version == 11
        assert connection.sock is socket_before
    connection.close()


def test_many_at_once_get_the_same(site: Path, serve: Start) -> None:
    server = serve(site)
    found: list[bytes] = []

    def visit() -> None:
        answers = (ask(server, "/bundle/reference.json", Accept_Encoding="gzip")[1] for _ in range(5))
        found.extend(map(gzip.decompress, answers))

    threads = [threading.Thread(target=visit) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 80
    assert set(found) == {(site / "bundle" / "reference.json").read_bytes()}


def test_what_another_packed_meanwhile_is_packed(site: Path, built: Path) -> None:
    table = Table(site)
    entry = table.find("bundle/reference.json")
    assert entry is not None

    class Overtaken(PosixPath):
        def read_bytes(self) -> bytes:
            table.body(entry, {"gzip"})
            return super().read_bytes()

    body, coding = table.body(replace(entry, path=Overtaken(entry.path)), {"gzip"})
    assert (gzip.decompress(body), coding) == (entry.path.read_bytes(), "gzip")


def test_only_the_page_is_there(site: Path, serve: Start, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (site / ".git").mkdir()
    (site / ".git" / "config").write_text("secret")
    (site / ".env").write_text("secret")
    (site / "link.txt").symlink_to(tmp_path / "secret.txt")
    (site / "folder").symlink_to(tmp_path)
    server = serve(site)
    targets = ["/.env", "/.git/config", "/link.txt", "/folder/secret.txt", "/folder", "/bundle", "/bundle/", "/app/"]
    for target in [*targets, "/secret.txt", "/index.html/", "//index.html.", f"/{tmp_path}/secret.txt"]:
        answer, body = ask(server, target)
        assert (answer.status, body) == (404, b"404 Not Found\n"), target


def test_a_file_that_becomes_a_link_is_not_followed(site: Path, serve: Start, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    server = serve(site)
    assert ask(server, "/sw.js")[0].status == 200
    (site / "sw.js").unlink()
    (site / "sw.js").symlink_to(tmp_path / "secret.txt")
    assert ask(server, "/sw.js")[0].status == 404


def test_a_page_made_anew_is_served_anew(site: Path, bundle: Path, serve: Start) -> None:
    server = serve(site)
    before, body = ask(server, "/", Accept_Encoding="gzip")
    make_page(bundle, site, PageOptions(title="another title"))
    again, other = ask(server, "/", Accept_Encoding="gzip", If_None_Match=before.headers["ETag"])
    assert again.status == 200
    assert b"another title" in other
    assert other != body
    (site / "new.txt").write_text("new")
    (site / "sw.js").write_text("// changed by hand")
    assert ask(server, "/sw.js")[1] == b"// changed by hand"
    assert ask(server, "/new.txt")[1] == b"new"


def test_a_page_that_went_away_is_404(site: Path, serve: Start) -> None:
    server = serve(site)
    shutil.rmtree(site)
    assert ask(server, "/")[0].status == 404


def test_a_page_made_elsewhere_is_served_without_the_built_code(site: Path, built: Path, serve: Start) -> None:
    shutil.rmtree(built)
    answer, body = ask(serve(site), SCRIPT, Accept_Encoding="br, gzip")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(body) == MAIN


def test_other_names_for_this_machine_are_refused(site: Path, serve: Start) -> None:
    server = serve(site)
    assert ask(server, "/", Host=f"localhost:{server.server_port}")[0].status == 200
    answer, body = ask(server, "/", Host="evil.example")
    assert (answer.status, body) == (421, b"421 Misdirected Request\n")
    assert ask(serve(site, "0.0.0.0"), "/", Host="classroom.example")[0].status == 200


def test_addresses(site: Path, serve: Start) -> None:
    server = serve(site, "0.0.0.0")
    assert (server.url, server.is_local) == (f"http://127.0.0.1:{server.server_port}/", False)
    local = serve(site)
    assert (local.url, local.is_local) == (f"http://127.0.0.1:{local.server_port}/", True)
    if socket.has_ipv6:
        six = serve(site, "::1")
        assert six.url == f"http://[::1]:{six.server_port}/"
        connection = http.client.HTTPConnection("::1", six.server_port, timeout=10)
        connection.request("GET", "/gemelo.js")
        assert connection.getresponse().read() == FILES["gemelo.js"]
        connection.close()


def test_it_logs_only_when_asked(site: Path, serve: Start, capfd: pytest.CaptureFixture[str]) -> None:
    ask(serve(site), "/nothing")
    assert capfd.readouterr().err == ""
    server = serve(site, verbose=True)
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as client:
        client.sendall(b"GET /\x1b[31mred HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        client.recv(10_000)
    time.sleep(0.2)
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].endswith("400 -")
    assert "\x1b" not in lines[0]


def test_ports(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        with pytest.raises(UsageError, match=f"port {port} of 127.0.0.1 is taken"):
            bind(site, port=port)
        monkeypatch.setattr(module, "DEFAULT_PORT", port)
        with bind(site) as server:
            assert port < server.server_port < port + 20
            monkeypatch.setattr(module, "_PORTS", server.server_port - port + 1)
            with pytest.raises(UsageError, match=f"ports {port}-{server.server_port} are all taken"):
                bind(site)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "203.0.113.7", "a" * 70, "256.256.256.256"])
def test_hosts_that_are_not_this_machine(made: Path, host: str) -> None:
    with pytest.raises(UsageError, match=host):
        bind(made, host, 0)


def test_a_port_that_there_is_not(site: Path) -> None:
    with pytest.raises(UsageError, match="outside 0-65535"):
        bind(site, port=70_000)


def test_the_server_needs_nothing_but_the_light_core() -> None:
    heavy = ("onnxruntime", "tensorflow", "rich", "typer")
    script = f"import sys, gemelo.webpage; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.replace("'", '"')) == []


@pytest.mark.parametrize("name", ["two lengths", "a folded line", "a foreign origin"])
def test_hostile_requests_are_refused(name: str, made: Path, built: Path, serve: Start) -> None:
    """All of them: tests/hostile/test_requests.py."""
    fields, status = HOSTILE_REQUESTS[name]
    assert statuses(serve(made).server_port, request(fields)) == [status]
