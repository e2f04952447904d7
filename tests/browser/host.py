"""A plain static host: `python -m http.server`, which knows nothing of the page, and can be switched off."""

import re
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Self

LINE = re.compile(r'"(?:GET|HEAD) (\S+) HTTP/[\d.]+" (\d+)')


class Host:
    """Serves a folder on loopback.

    Args:
        folder: Its root; a page lies deeper in it.
        log: Where it writes a line for each request.
    """

    def __init__(self, folder: Path, log: Path) -> None:
        self.folder, self.log, self.port = folder, log, 0
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Of the root."""
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Listens; after a stop, at the same address."""
        command = [sys.executable, "-u", "-m", "http.server", str(self.port), "--bind", "127.0.0.1"]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [*command, "--directory", str(self.folder)], stdout=subprocess.PIPE, stderr=log, text=True
            )
        stream = self.process.stdout
        assert stream is not None
        found = re.search(r"port (\d+)", stream.readline())
        assert found, self.log.read_text()
        self.port = int(found[1])

    def stop(self) -> None:
        """Goes away, as a network does."""
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        self.process.communicate(timeout=10)

    def hang(self) -> None:
        """Takes connections and says nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def sent(self) -> Counter[str]:
        """How often each path was sent whole, its query left out."""
        lines = LINE.findall(self.log.read_text())
        return Counter(path.split("?")[0] for path, status in lines if status == "200")
