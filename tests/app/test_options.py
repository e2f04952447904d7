"""The app's command line: Streamlit's options and its own."""

import http.client
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gemelo.errors import UsageError
from streamlit_app.launch import command
from streamlit_app.options import read_options
from tests.support.waiting import wait_until


def test_options_go_to_whom_they_belong(tiny: Path) -> None:
    own = ["--bundle", str(tiny), "--max-photos", "3", str(tiny)]
    words = ["--server.address", "127.0.0.1", *own[:2], "--server.port=8502", *own[2:]]
    assert command(words)[5:] == ["--server.address=127.0.0.1", "--server.port=8502", "--", *own]
    assert read_options(own).bundles == (tiny, tiny)


def test_an_app_that_is_opened_to_others_takes_any_name() -> None:
    assert "--server.allowedHosts=*" in command(["--server.address", "0.0.0.0"])
    named = command(["--server.address", "0.0.0.0", "--server.allowedHosts", "pets.example"])
    assert [word for word in named if "allowedHosts" in word] == ["--server.allowedHosts=pets.example"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--server.adress", "0.0.0.0"], "unknown option of Streamlit '--server.adress'"),
        (["--nonsense"], "unrecognized arguments: --nonsense"),
        (["--server.port"], "--server.port has no value"),
        (["bundles/nowhere"], "bundles/nowhere: there is no such folder"),
        (["--bundle", "bundles/nowhere"], "bundles/nowhere: there is no such folder"),
    ],
)
def test_unknown_options_are_refused(words: list[str], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        command(words)
    assert said in caught.value.message


@pytest.fixture(scope="module")
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_foreign_hosts_and_origins_are_refused(port: int, project: Path, tmp_path: Path) -> None:
    words = [sys.executable, "-m", "gemelo", "app", "--server.port", str(port), "--server.headless", "true"]
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(words, cwd=project, stdout=log, stderr=log) as process:
        try:
            wait_until(lambda: handshake(port, f"localhost:{port}", f"http://localhost:{port}") is not None)
            assert handshake(port, f"localhost:{port}", f"http://localhost:{port}") == 101
            assert handshake(port, "example.org", "http://example.org") == 403
            for origin in ("http://example.org", "http://localhost:1", "https://127.0.0.1", "null", "http://["):
                assert handshake(port, f"localhost:{port}", origin) == 403, origin
            answer = ask(port, "GET", "/", {"Host": f"localhost:{port}", "Origin": "http://["})
            assert answer == 403
            assert "Traceback" not in (tmp_path / "log").read_text(encoding="utf-8")
        finally:
            process.kill()


def handshake(port: int, host: str, origin: str) -> int | None:
    """The status of a WebSocket's first answer; None where nobody listens yet."""
    headers = {"Host": host, "Origin": origin, "Upgrade": "websocket", "Connection": "Upgrade"}
    headers |= {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Version": "13"}
    return ask(port, "GET", "/_stcore/stream", headers)


def ask(port: int, method: str, target: str, headers: dict[str, str]) -> int | None:
    """The status of an answer; None where nobody listens yet."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, target, headers=headers)
        return connection.getresponse().status
    except ConnectionRefusedError:
        return None
    finally:
        connection.close()
