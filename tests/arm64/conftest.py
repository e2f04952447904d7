"""The processors, each with a Python, as `make test-arm64` fetches them; without it these tests are not collected."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gemelo.edge.build import PackOptions, make_pack
from gemelo.store.bundle import Bundle
from tools import arm64

collect_ignore_glob = [] if os.environ.get(arm64.WANTED) else ["test_*.py"]

ANSWERS = Path(__file__).with_name("answers.py")
INT8 = ("onnx/int8", "tflite/int8")
COMMANDS = {"here": lambda: [sys.executable], "arm64": arm64.on_arm64, "x86-64 without VNNI": arm64.on_old_x86}

Run = Callable[..., str]


@pytest.fixture(scope="session")
def run(project: Path) -> Run:
    """Runs a script on a processor; its standard output."""

    def on(processor: str, script: Path, *arguments: object) -> str:
        path = [arm64.site_packages(), project] if processor == "arm64" else [project]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path)), "PYTHONDONTWRITEBYTECODE": "1"}
        words = [*COMMANDS[processor](), str(script), *map(str, arguments)]
        done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=240, env=environment)
        assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"[-4000:]
        return done.stdout

    return on


@pytest.fixture(scope="session")
def pool() -> Iterator[Executor]:
    with ThreadPoolExecutor(os.cpu_count()) as workers:
        yield workers


@pytest.fixture(scope="session")
def work(run: Run, pool: Executor, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Future[Any]]]:
    """All that is run of a network, side by side: its packs by their variants, its answers by their processors."""
    from tests.arm64.bundles import make

    def self_tested(pack: Path) -> Any:
        return json.loads(run("arm64", pack / "classify.py", "--selftest", "--json"))

    def ask(processor: str, bundle: Bundle, out: Path) -> dict[str, np.ndarray]:
        wanted = INT8 if processor == "x86-64 without VNNI" else ()  # floats take it long, and nothing is in doubt
        run(processor, ANSWERS, bundle.path, out, *wanted)
        with np.load(out) as found:
            return dict(found)

    @cache
    def start(name: str) -> dict[str, Future[Any]]:
        folder = tmp_path_factory.mktemp(name)
        bundle = make(name, folder / "bundle")
        packs = {v: make_pack(bundle.path, folder / v, PackOptions(v)).path for v in ("fp32", "int8")}
        tests = {variant: pool.submit(self_tested, pack) for variant, pack in packs.items()}
        return tests | {p: pool.submit(ask, p, bundle, folder / f"{p}.npz") for p in COMMANDS}

    return start


@pytest.fixture(scope="session")
def answers(work: Callable[[str], dict[str, Future[Any]]]) -> Callable[[str, str], dict[str, np.ndarray]]:
    """What a processor answers for a network's bundle, and to which inputs."""
    return lambda processor, name: work(name)[processor].result()


@pytest.fixture(scope="session")
def self_test(work: Callable[[str], dict[str, Future[Any]]]) -> Callable[[str, str], dict[str, Any]]:
    """What a network's pack says on arm64."""
    return lambda name, variant: work(name)[variant].result()
