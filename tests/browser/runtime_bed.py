"""A bare page with the three runtimes in a worker (web_demo/test/bed), served beside a bundle."""

import functools
import json
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, CDPSession, Page

from gemelo.preprocessing import prepare
from gemelo.runtimes import _node
from gemelo.store.bundle import Artifact, Bundle

BED = Path(__file__).resolve().parents[2] / "web_demo" / "test" / "bed"
RUNTIMES = {"tfjs": "tfjs", "onnx": "onnx", "tflite": "litert"}
ISOLATED = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}


def build(folder: Path, bundle: Bundle) -> NDArray[np.uint8]:
    """Build the page into `folder`, the bundle beside it; the tensors of its goldens, also in `tensors.bin`."""
    subprocess.run([_node.find_node(), str(BED / "build.mjs"), str(folder)], check=True, timeout=120)
    (folder / "bundle").symlink_to(bundle.path.resolve())
    goldens = [(bundle.path / image.path).read_bytes() for image in bundle.reference.goldens]
    tensors = np.stack([prepare(png, bundle.preprocessing) for png in goldens])
    (folder / "tensors.bin").write_bytes(tensors.tobytes())
    return tensors


class _Handler(SimpleHTTPRequestHandler):
    headers_added: Mapping[str, str] = {}

    def end_headers(self) -> None:
        for name, value in self.headers_added.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path, *, isolated: bool) -> Iterator[str]:
    """Serve a folder in a sub-folder of nothing, with the headers that isolate a page or without; yields its URL."""
    handler = type("Handler", (_Handler,), {"headers_added": ISOLATED if isolated else {}})
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


class Bed:
    """The page: one worker at a time, with one runtime.

    Attributes:
        said: What was written to the console, `TYPE: TEXT`.
        requests: What was asked for.
    """

    def __init__(self, browser: Browser, url: str) -> None:
        self.page: Page = browser.new_page()
        self.said: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.said.append(f"pageerror: {error}"))
        self.page.context.on("request", lambda request: self.requests.append(request.url))
        self.url = url
        self.page.goto(url)

    def open(self, runtime: str) -> dict[str, Any]:
        """A fresh worker with a runtime's module: its name and backends."""
        self.runtime = runtime
        return dict(self.page.evaluate("name => openWorker(name)", runtime))

    def load(self, artifact: Artifact, **options: Any) -> dict[str, Any]:
        """Load an artifact of the bundle; an Error of playwright says why not."""
        paths = {f"bundle/{path}": None for path in artifact.files}
        return self.load_files(f"bundle/{artifact.path}", paths, **options)

    def load_files(
        self, entry: str, files: Mapping[str, bytes | None], operation: str = "load", **options: Any
    ) -> dict[str, Any]:
        """Load files: of the folder where they are None, else with these bytes."""
        contents = {path: None if data is None else list(data) for path, data in files.items()}
        arguments = [operation, self.runtime, entry, contents, options]
        return self.page.evaluate("a => loadModel(...a)", arguments) or {}

    def run_goldens(self, count: int) -> NDArray[np.float32]:
        """Probabilities of all goldens, in one call."""
        values = self.page.evaluate("async count => ask('run', await tensors(), count)", count)
        return np.asarray(values, np.float32).reshape(count, -1)

    def ask(self, operation: str, *arguments: Any) -> Any:
        """A handler of worker.js."""
        return self.page.evaluate("([operation, ...a]) => ask(operation, ...a)", [operation, *arguments])

    def repeat(self, times: int, image: NDArray[np.uint8]) -> float:
        """The same image many times; milliseconds for each."""
        code = "async ([a, n]) => ask('repeat', Uint8Array.from(a), n)"
        return float(self.page.evaluate(code, [image.ravel().tolist(), times]))

    def violations(self) -> list[str]:
        """What the security policy refused, in the page and in the worker."""
        return [*self.page.evaluate("violations"), *(line for line in self.said if "Content Security Policy" in line)]


class WorkerHeap:
    """The worker's heap, by the protocol of Chromium's own tools."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._answers: dict[int, dict[str, Any]] = {}
        self._targets: list[str] = []
        self._page = page
        self._asked = 0
        self._session.on("Target.attachedToTarget", lambda event: self._targets.append(event["sessionId"]))
        self._session.on("Target.receivedMessageFromTarget", self._receive)
        self._session.send(
            "Target.setAutoAttach", {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": False}
        )

    def measure(self) -> dict[str, float]:
        """Bytes in use after a collection: objects, and what they hold outside of the heap."""
        self._ask("HeapProfiler.collectGarbage")
        self._ask("HeapProfiler.collectGarbage")
        return self._ask("Runtime.getHeapUsage")

    def _receive(self, event: dict[str, Any]) -> None:
        message = json.loads(event["message"])
        if "id" in message:
            self._answers[message["id"]] = message["result"]

    def _ask(self, method: str) -> dict[str, Any]:
        self._asked += 1
        message = json.dumps({"id": self._asked, "method": method})
        self._session.send("Target.sendMessageToTarget", {"sessionId": self._targets[-1], "message": message})
        for _ in range(2000):
            if self._asked in self._answers:
                return self._answers[self._asked]
            self._page.wait_for_timeout(5)
        raise TimeoutError(method)
