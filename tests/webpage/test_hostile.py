"""Every hostile request gets its status, no file and no traceback, and the server goes on."""

import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from gemelo.http_server import Server
from tests.webpage.hostile import HOSTILE_REQUESTS, HostileRequest


def exchange(server: Server, data: bytes) -> bytes:
    """Send bytes, say that no more will come, and read to the end."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        parts = []
        while part := client.recv(65536):
            parts.append(part)
        return b"".join(parts)


@pytest.mark.parametrize("row", HOSTILE_REQUESTS, ids=lambda row: row.name.replace(" ", "-"))
def test_a_hostile_request_is_refused(
    row: HostileRequest, made: Path, serve: Callable[..., Server], capfd: pytest.CaptureFixture[str]
) -> None:
    (made.parent / "secret.txt").write_text("secret")
    server = serve(made)
    answer = exchange(server, row.data)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert re.match(rb"HTTP/1\.[01] (\d{3}) ", head), answer[:200]
    assert int(head.split()[1]) == row.status
    assert re.fullmatch(rb"\d{3} [\w -]+\n", body), body[:200]  # one refusal: nothing after it was answered
    assert b"Content-Security-Policy" in head
    assert b"Set-Cookie" not in answer
    assert capfd.readouterr().err == ""
    after = exchange(server, b"GET /gemelo.js HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert after.startswith(b"HTTP/1.1 200 ")
