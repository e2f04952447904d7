"""Two workers on loopback, and two devices of one machine: each has its share, and together they are one."""

import contextlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gemelo.errors import UnknownNameError, UsageError
from gemelo.store.run import Run
from trainer.architectures import compact
from trainer.distributed import Workers, _place, addresses
from trainer.train import TrainOptions, train

from .conftest import fill

_PATIENCE = 500  # seconds; on a quiet machine a training takes fifteen

# Trains, and tells which photos it decoded and which it learned from. Dies as kill -9 does, if it is told when.
_WORKER = """
import hashlib, json, os, signal, sys
from pathlib import Path
import tensorflow as tf
from gemelo.errors import GemeloError
from trainer import batches, cache, train_step
from trainer.architectures import compact
asked = json.loads(sys.argv[1])
if asked.pop("devices", 1) == 2:
    [cpu] = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
told, die = Path(asked.pop("told")), asked.pop("die", None)
decode, draw, learn = cache._decode, batches.Feed._draw, train_step.Learner.learn
decoded, learned = [], []
def counted(source, *rest):
    decoded.append(str(source.path))
    return decode(source, *rest)
def drawn(self, *place):
    chunk = draw(self, *place)
    images = chunk.images_u8.reshape(-1, *chunk.images_u8.shape[2:])
    learned.extend(hashlib.sha256(image.tobytes()).hexdigest() for image in images)
    return chunk
def watched(self, chunk, shape):
    if die is not None and self.step >= die:
        os.kill(os.getpid(), signal.SIGKILL)
    return learn(self, chunk, shape)
cache._decode, batches.Feed._draw, train_step.Learner.learn = counted, drawn, watched
compact._STAGES = ((8, 1), (8, 2))
from trainer.architectures import compact
from trainer.train import TrainOptions, train
options = {**asked, **{name: Path(asked[name]) for name in ("data", "out", "cache")}}
try:
    run = train(TrainOptions(**options))
except GemeloError as error:
    print(f"{type(error).__name__}: {error}", file=sys.stderr)
    sys.exit(error.exit_code)
finally:
    told.write_text(json.dumps({"decoded": decoded, "learned": learned}))
"""


def ports(count: int) -> list[int]:
    """Free ones. The system hands none of these out: until the workers listen, no other test is given one."""
    found: list[int] = []
    while len(found) < count:
        port = 20_000 + secrets.randbelow(10_000)
        with socket.socket() as one, contextlib.suppress(OSError):
            one.bind(("127.0.0.1", port))
            found = sorted({*found, port})
    return found


class Together:
    """Two workers that train together, each a process."""

    def __init__(self, project: Path, folder: Path, options: dict[str, Any], die: int | None = None) -> None:
        self.told = [folder / f"told{i}.json" for i in range(2)]
        cluster = {"worker": [f"127.0.0.1:{port}" for port in ports(2)]}
        self.processes = []
        for i in range(2):
            asked = {**options, "told": str(self.told[i]), "cache": str(folder / f"cache{i}"), "distribute": "workers"}
            asked |= {"die": die} if i == 1 else {}
            place = {"cluster": cluster, "task": {"type": "worker", "index": i}}
            self.processes.append(start(project, asked, TF_CONFIG=json.dumps(place)))

    def wait(self) -> list[tuple[int, str]]:
        """(exit code, what it said) of each."""
        try:
            said = [process.communicate(timeout=_PATIENCE)[1] for process in self.processes]
        finally:
            for process in self.processes:
                process.kill()
        return [(process.returncode, text) for process, text in zip(self.processes, said, strict=True)]

    def finish(self) -> None:
        for code, said in self.wait():
            assert code == 0, said[-3000:]


def start(project: Path, asked: dict[str, Any], **environment: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", _WORKER, json.dumps(asked)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", **environment}
    return subprocess.Popen(command, cwd=project, env=environment, stderr=subprocess.PIPE, text=True)


def finish(process: "subprocess.Popen[str]") -> None:
    said = process.communicate(timeout=_PATIENCE)[1]
    assert process.returncode == 0, said[-3000:]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("photos")
    fill(root / "train", ["cats", "dogs"], 41, 1)
    fill(root / "test", ["cats", "dogs"], 20, 2)
    (root / "train" / "cats" / "broken.png").write_bytes(b"")
    return root


def asked(data: Path, out: Path, **more: Any) -> dict[str, Any]:
    settings = {"ema": 0.5, "warmup_epochs": 0.0, "early_epochs": 0.0}
    return {"data": str(data), "out": str(out), "arch": "compact", "size": 16, "epochs": 6, "batch": 8, "seed": 2} | {
        "validation_fraction": 0.4,
        "settings": settings,
        **more,
    }


@pytest.fixture(scope="module")
def alone(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    out = tmp_path_factory.mktemp("alone") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compact, "_STAGES", ((8, 1), (8, 2)))
        train(TrainOptions(**{**asked(data, out), "data": data, "out": out}))
    return Run.open(out)


@pytest.fixture(scope="module")
def together(data: Path, project: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, list[dict[str, Any]]]:
    """The same training by two workers, and what each of them read."""
    folder = tmp_path_factory.mktemp("together")
    both = Together(project, folder, asked(data, folder / "run"))
    both.finish()
    return Run.open(folder / "run"), [json.loads(path.read_text()) for path in both.told]


@pytest.mark.timeout(1200)
def test_each_reads_its_share(data: Path, together: tuple[Run, list[dict[str, Any]]]) -> None:
    run, told = together
    first, second = (set(row["decoded"]) for row in told)
    # Training photos are shared out; those to watch and test on are the first one's.
    assert len({path for path in first | second if "/train/" in path}) == 83
    assert len(second) == 41
    assert not any("/test/" in path for path in second)
    assert 0 < len(first & second) < 32  # those that were held out of the second one's share
    assert not set(told[0]["learned"]) & set(told[1]["learned"])
    assert len({*told[0]["learned"], *told[1]["learned"]}) == run.manifest.dataset.train == 50


@pytest.mark.timeout(1200)
def test_two_workers_are_one(alone: Run, together: tuple[Run, list[dict[str, Any]]]) -> None:
    run, _ = together
    assert run.manifest.dataset.unreadable == 1
    for name in ("train", "val", "test"):
        assert getattr(run.manifest.dataset, name) == getattr(alone.manifest.dataset, name)
    assert run.manifest.metrics.accuracy == pytest.approx(alone.manifest.metrics.accuracy, abs=0.1)
    assert run.manifest.metrics.accuracy > 0.8
    assert [image.sha256 for image in run.reference.test] == [image.sha256 for image in alone.reference.test]


@pytest.mark.timeout(1200)
def test_a_lost_worker_is_named_and_all_go_on(
    data: Path, together: tuple[Run, list[dict[str, Any]]], project: Path, tmp_path: Path
) -> None:
    options = asked(data, tmp_path / "run")
    broken = Together(project, tmp_path, options, die=30)  # of 7 steps an epoch: in the fifth
    (code, said), (killed, _) = broken.wait()
    assert killed == -signal.SIGKILL
    assert code == 1
    assert "TrainingError" in said
    assert "worker 0 of 2 lost another one" in said
    assert "start all workers again with --resume" in said
    assert not (tmp_path / "run" / "run.json").exists()
    assert len((tmp_path / "run" / "history.csv").read_text().splitlines()) == 5
    Together(project, tmp_path, options | {"resume": True}).finish()
    ours, theirs = (
        np.stack([i.probabilities for i in r.reference.test]) for r in (Run.open(tmp_path / "run"), together[0])
    )
    assert np.abs(ours - theirs).max() < 1e-4  # as if nobody had been lost: a sum of two does not depend on its order


@pytest.mark.timeout(1200)
def test_two_devices_of_one_machine(data: Path, alone: Run, project: Path, tmp_path: Path) -> None:
    plain: dict[str, Any] = {"arch": "lecture", "size": 36, "recipe": "none", "epochs": 2, "settings": {}}
    processes = []
    for name, more in (("run", {}), ("plain", plain)):
        places = {"told": str(tmp_path / f"{name}.json"), "cache": str(tmp_path / f"cache of {name}")}
        options = asked(data, tmp_path / name, **places, **more)
        processes.append(start(project, options | {"distribute": "mirrored", "devices": 2}))
    for process in processes:
        finish(process)
    run = Run.open(tmp_path / "run")
    assert run.manifest.metrics.accuracy == pytest.approx(alone.manifest.metrics.accuracy, abs=0.1)
    # Without chance and batch norm, two halves of a batch are the batch.
    train(TrainOptions(data, tmp_path / "one", batch=8, seed=2, validation_fraction=0.4, **plain))
    ours, theirs = (json.loads((tmp_path / name / "history.json").read_text()) for name in ("plain", "one"))
    for row, other in zip(ours, theirs, strict=True):
        for name in ("loss", "accuracy", "val_loss", "val_accuracy", "learning_rate"):
            assert row[name] == pytest.approx(other[name], rel=1e-3), name


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"cluster": {"worker": ["a:1"]}}',
        '{"cluster": {"worker": ["a:1"]}, "task": {"type": "ps", "index": 0}}',
        '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 2}}',
    ],
)
def test_a_cluster_that_is_none(text: str) -> None:
    with pytest.raises(UsageError, match="TF_CONFIG does not say who the workers are") as caught:
        _place(text)
    assert "TF_CONFIG='{" in str(caught.value.hint)


def test_places() -> None:
    cluster: dict[str, Any] = {"cluster": {"chief": ["a:1"], "worker": ["b:1", "c:1"]}}
    tasks = [("chief", 0), ("worker", 0), ("worker", 1)]
    places = [_place(json.dumps({**cluster, "task": {"type": kind, "index": i}})) for kind, i in tasks]
    assert places == [(0, 3), (1, 3), (2, 3)]
    assert addresses(json.dumps(cluster)) == ["a:1", "b:1", "c:1"]
    assert addresses("abc") == addresses("[]") == []


def test_refused(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = TrainOptions(data, tmp_path / "run", arch="compact", size=16, epochs=1)
    with pytest.raises(UnknownNameError, match="unknown way to distribute 'cloud'"):
        train(replace(options, distribute="cloud"))
    monkeypatch.setattr(Workers, "replicas", 3)
    with pytest.raises(UsageError, match="--batch 64: must be a multiple of 3"):
        train(options)
    with pytest.raises(UsageError, match="--teacher-views keeps a teacher's answers on one device"):
        train(replace(options, batch=6, settings={"teacher_views": 2}))
