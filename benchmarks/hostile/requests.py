"""Raw requests to `gemelo serve`, to a pack's `classify.py --serve`, and to the host and origin check of the app.

Each request has at most the answers that it may have, a foreign host or origin is never answered 200, no connection is
held for longer than the server's patience, and the server is alive afterwards without a word of a traceback.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.hostile.attacks import FOREIGN_HOSTS, FOREIGN_ORIGINS, Attack, attack
from benchmarks.hostile.images import BUNDLE
from benchmarks.hostile.measured import MOST_MB, MOST_SECONDS
from benchmarks.hostile.record import counted, progress

_PATIENCE = 15.0  # of both servers, for one request
_MOST_WAIT = _PATIENCE + 5
_PAUSE = 0.05
_TOLD = 20
_WEBSOCKET = (
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)


@dataclass(frozen=True)
class Server:
    """A server at work.

    Attributes:
        name: What it is.
        port: On loopback.
        process: Its number.
        log: What it wrote.
    """

    name: str
    port: int
    process: int
    log: Path


def run(seed: int, numbers: Sequence[int], _keep: str | None) -> dict[str, Any]:
    """Send each attack to both servers of gemelo, and 30 to the app."""
    with tempfile.TemporaryDirectory() as folder, _page(Path(folder)) as page, _pack(Path(folder)) as pack:
        results = {server.name: _attacked(server, [attack(seed, n) for n in numbers]) for server in (page, pack)}
    with tempfile.TemporaryDirectory() as folder, _app(Path(folder)) as app:
        results[app.name] = _attacked(app, list(_of_app(app.port)))
    return {
        "count": len(numbers),
        "servers": results,
        "failed": [r for each in results.values() for r in each["failed"]],
    }


def _attacked(server: Server, attacks: list[Attack]) -> dict[str, Any]:
    statuses, failed, slowest = list[str](), list[dict[str, Any]](), 0.0
    for one in progress(attacks, server.name):
        start = time.monotonic()
        answers, closed = _send(server.port, one)
        seconds = time.monotonic() - start
        statuses += map(str, answers) if answers else ["none"]
        slowest = max(slowest, 0.0 if one.slow else seconds)
        if faults := _faults(one, answers, closed, seconds):
            failed.append({"name": one.name[:200], "answers": answers, "seconds": round(seconds, 2), "faults": faults})
            print(server.name, failed[-1], flush=True)
    failed += [{"name": "afterwards", "faults": [fault]} for fault in _afterwards(server)]
    head = {"count": len(attacks), "statuses": counted(statuses), "slowest_s": round(slowest, 2)}
    return {**head, "peak_mb": round(_peak_mb(server.process)), "failed": failed[:_TOLD]}


def _faults(one: Attack, answers: list[int], closed: bool, seconds: float) -> list[str]:
    found = [f"{len(answers)} answers"] if len(answers) > one.most else []
    found += ["a foreign host or origin was served"] if one.foreign and any(s < 300 for s in answers) else []
    found += ["an error of the server"] if any(s >= 500 and s not in (501, 503, 505) for s in answers) else []
    if not closed or seconds > (_MOST_WAIT if one.slow else MOST_SECONDS + _PAUSE * len(one.pieces)):
        found.append("too slow" if closed else "held for too long")
    return found


def _send(port: int, one: Attack) -> tuple[list[int], bool]:
    """The statuses answered, without interim ones, and whether the server closed the connection in time."""
    data = b""
    with socket.create_connection(("127.0.0.1", port), timeout=_MOST_WAIT) as connection:
        with contextlib.suppress(OSError):
            for piece in one.pieces:
                connection.sendall(piece)
                if len(one.pieces) > 1:
                    time.sleep(_PAUSE)
            if not one.slow:
                connection.shutdown(socket.SHUT_WR)
        until = time.monotonic() + _MOST_WAIT
        with contextlib.suppress(OSError):
            while (left := until - time.monotonic()) > 0:
                connection.settimeout(left)
                try:
                    piece = connection.recv(1 << 16)
                except TimeoutError:
                    return _statuses(data), False
                if not piece:
                    break
                data += piece
                if data.startswith(b"HTTP/1.1 101"):
                    break
    return _statuses(data), True


def _statuses(data: bytes) -> list[int]:
    """Walk the answers by their lengths: a body may hold anything."""
    found = []
    while match := re.match(rb"HTTP/1\.[01] (\d{3})[^\r\n]*\r\n(.*?)\r\n\r\n", data, re.DOTALL):
        status, head = int(match[1]), match[2]
        length = re.search(rb"(?im)^content-length: *(\d+)", head)
        size = int(length[1]) if length and status != 304 else 0
        rest = data[match.end() :]
        # The answer to HEAD has a length and no body.
        data = rest if rest.startswith(b"HTTP/1.") else rest[size:]
        found += [status] if status >= 200 or status == 101 else []
    return found


def _afterwards(server: Server) -> Iterator[str]:
    health = b"GET / HTTP/1.1\r\nHost: localhost:%d\r\nConnection: close\r\n\r\n" % server.port
    answers, _ = _send(server.port, Attack("health", (health,), slow=True))
    if answers != [200]:
        yield f"it answers {answers}"
    log = server.log.read_text(encoding="utf-8", errors="replace")
    for word in ("Traceback", "error:", "Exception"):
        if word in log:
            yield f"{word} on its terminal: {log[log.index(word) :][:300]}"
    if (peak := _peak_mb(server.process)) > MOST_MB:
        yield f"it took {peak:.0f} MB"


def _peak_mb(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    match = re.search(r"VmHWM:\s+(\d+)", status)
    return int(match[1]) / 1024 if match else 0.0


# The servers


@contextlib.contextmanager
def _started(name: str, command: list[str], log: Path) -> Iterator[Server]:
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    try:
        for _ in range(600):
            said = re.search(r"http://(?:127\.0\.0\.1|localhost):(\d+)", log.read_text(errors="replace"))
            if process.poll() is not None:
                raise SystemExit(f"{name}: {log.read_text(errors='replace')}")
            if said and _listens(int(said[1])):
                yield Server(name, int(said[1]), process.pid, log)
                return
            time.sleep(0.1)
        raise SystemExit(f"{name} does not start: {log.read_text(errors='replace')}")
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True


@contextlib.contextmanager
def _page(folder: Path) -> Iterator[Server]:
    command = [sys.executable, "-m", "gemelo", "serve", str(BUNDLE), "--port", "0"]
    with _started("gemelo serve", command, folder / "page.log") as server:
        yield server


@contextlib.contextmanager
def _pack(folder: Path) -> Iterator[Server]:
    from gemelo.edge.build import make_pack

    pack = make_pack(BUNDLE, folder / "pack").path
    command = [sys.executable, "-I", str(pack / "classify.py"), "--serve", "0"]
    with _started("classify.py --serve", command, folder / "pack.log") as server:
        yield server


@contextlib.contextmanager
def _app(folder: Path) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    words = ["--server.port", str(port), "--server.headless", "true", "--bundle", str(BUNDLE)]
    with _started("the app", [sys.executable, "-m", "gemelo", "app", *words], folder / "app.log") as server:
        yield server


def _of_app(port: int) -> Iterator[Attack]:
    """WebSocket handshakes and pages by other names than this machine's."""
    here, line = b"localhost:%d" % port, b"GET /_stcore/stream HTTP/1.1\r\n"
    for origin in (o for o in FOREIGN_ORIGINS if o):
        yield _handshake(f"from {origin!r}", line, here, origin)
    for host in FOREIGN_HOSTS:
        yield _handshake(f"to {host[:40]!r}", line, host, b"http://" + host)


def _handshake(name: str, line: bytes, host: bytes, origin: bytes) -> Attack:
    head = line + b"Host: " + host + b"\r\nOrigin: " + origin + b"\r\n" + _WEBSOCKET + b"\r\n"
    return Attack(name, (head,), foreign=True)
