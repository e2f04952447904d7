"""A training killed with SIGKILL and resumed is, byte for byte, the one that was never killed."""

import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from gemelo.errors import UnfinishedRunError, UsageError
from gemelo.store.run import Run
from trainer.architectures import compact
from trainer.checkpoint import Workspace
from trainer.train import TrainOptions, train

# Kills itself in the middle of an epoch: no `finally`, no `atexit`, as kill -9 does.
_KILLED = """
import os, signal, sys
from pathlib import Path
from trainer import train_step
from trainer.architectures import compact
from trainer.train import TrainOptions, train
data, out, arch, size, at = sys.argv[1:]
learn = train_step.Learner.learn
def die(self, chunk, shape):
    result = learn(self, chunk, shape)
    if self.step >= int(at):
        os.kill(os.getpid(), signal.SIGKILL)
    return result
train_step.Learner.learn = die
compact._STAGES = ((8, 1), (8, 2))
train(TrainOptions(Path(data), Path(out), arch=arch, size=int(size), epochs=4, batch=10, seed=3))
"""


def killed(project: Path, options: TrainOptions, at: int) -> None:
    command = [sys.executable, "-c", _KILLED, options.data, options.out, options.arch, options.size, at]
    done = subprocess.run(list(map(str, command)), cwd=project, check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]


def test_resumed_is_bit_identical(photos: Path, tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact, "_STAGES", ((8, 1), (8, 2)))  # fewer layers, all that they need: this is quicker
    options = TrainOptions(photos, tmp_path / "whole", arch="compact", size=16, epochs=4, batch=10, seed=3)
    whole = train(options)
    broken = replace(options, out=tmp_path / "broken")
    killed(project, broken, at=10)  # of 4 steps an epoch: in the third
    with pytest.raises(UnfinishedRunError):
        Run.open(broken.out)
    assert len((broken.out / "history.csv").read_text().splitlines()) == 3
    _refuses_other_options(broken, tmp_path)
    resumed = train(replace(broken, resume=True))
    for name in ("history.csv", "reference.json", "reference.npy", "calibration.npy"):
        assert resumed.file(name).read_bytes() == whole.file(name).read_bytes(), name
    assert not (broken.out / "checkpoints").exists()


def _unfinished(broken: TrainOptions) -> UnfinishedRunError:
    with pytest.raises(UnfinishedRunError) as caught:
        Run.open(broken.out)
    return caught.value


def _refuses_other_options(broken: TrainOptions, tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"another training:\n  epochs: 4 then, 5 now\n(  photos, .*\n)?  seed: 3 then, 4 now"
    ) as caught:
        train(replace(broken, resume=True, epochs=5, seed=4))
    for error in (caught.value, _unfinished(broken)):
        assert error.hint is not None
        # The killed process was started without the command line: what it was told stands as it would be typed.
        assert f"gemelo train {broken.data} --out {broken.out} --arch {broken.arch}" in error.hint
        assert "--epochs 4 --batch 10 --resume" in error.hint
    with pytest.raises(UsageError, match="learning_rate"):
        train(replace(broken, resume=True, learning_rate=1e-5))
    other = tmp_path / "other photos"
    shutil.copytree(broken.data, other)
    next((other / "training_set" / "cats").iterdir()).unlink()
    with pytest.raises(UsageError, match="photos, or how they are split: "):
        train(replace(broken, data=other, resume=True))


def test_another_network_is_said_without_all_that_goes_with_it(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "run")
    workspace.begin({"training": {"architecture": "lecture", "batch": 32}, "data": {"photos": "a"}}, "gemelo train")
    with pytest.raises(UsageError) as caught:
        workspace.go_on({"training": {"architecture": "compact", "batch": 64}, "data": {"photos": "a"}})
    assert caught.value.message.endswith("another training:\n  architecture: lecture then, compact now")


def test_killed_after_the_last_epoch(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = TrainOptions(photos, tmp_path / "run", size=36, epochs=1)
    with monkeypatch.context() as patch:
        patch.setattr("trainer.finalize.write_run", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            train(options)
    with pytest.raises(UnfinishedRunError):
        Run.open(options.out)
    assert train(replace(options, resume=True)).manifest.metrics.epochs == 1


def test_a_moved_folder_can_be_resumed(photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = TrainOptions(photos, tmp_path / "run", size=36, epochs=1)
    with monkeypatch.context() as patch:
        patch.setattr("trainer.finalize.record", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            train(options)
    shutil.copytree(photos, tmp_path / "moved")
    assert train(replace(options, data=tmp_path / "moved", resume=True)).manifest.metrics.epochs == 1
