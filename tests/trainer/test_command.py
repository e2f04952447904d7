"""The command that a run records is the one that makes it again: typed, it comes to the same plan."""

import shlex
from pathlib import Path

import pytest
import typer

from gemelo.cli import app
from gemelo.cli.train import to_options
from trainer.command import command
from trainer.options import TrainOptions, resolve


def _typed(text: str, photos, run) -> TrainOptions:
    """What the command line makes of a command."""
    names = {"PHOTOS": str(photos), "RUN": str(run)}
    gemelo, name, *words = [names.get(word, word) for word in shlex.split(text)]
    assert gemelo == "gemelo"
    train = typer.main.get_command(app).commands[name]
    with train.make_context(name, words) as context:
        return to_options(**context.params)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, ""),
        ({"arch": "compact", "seed": 3}, "--seed 3"),
        ({"arch": "efficientnet-lite0", "fit": "squash"}, "--fit squash"),
        ({"arch": "compact", "size": (96, 64), "fit": "pad", "channels": 1}, "--size 96x64 --fit pad --channels 1"),
        ({"abstain": 0.8, "test_fraction": 0.3, "max_pixels": 10_500_000}, "--max-megapixels 10.5"),
        ({"arch": "efficientnet-lite0", "settings": {"pretrained": "", "frozen_norm": False}}, "--from-scratch"),
        ({"arch": "compact", "epochs": 3, "settings": {"early_epochs": 0.0, "mixup": 0.4}}, "--epochs 3"),
        ({"arch": "efficientnet-lite0", "settings": {"balance": False}}, "--no-balance"),
        ({"settings": {"balance": True}}, "--balance"),
        ({"strict": True, "recipe": "strong", "learning_rate": 1e-4, "validation_fraction": 0.2}, "--strict"),
    ],
    ids=[
        "defaults",
        "seed",
        "fit",
        "preprocessing",
        "numbers",
        "scratch",
        "settings",
        "unbalanced",
        "balanced",
        "flags",
    ],
)
def test_the_recorded_command_comes_to_the_same_plan(tmp_path, given, words):
    options = TrainOptions(data=tmp_path / "photos", out=tmp_path / "run", **given)
    plan = resolve(options)
    text = command(options, plan)
    assert words in text
    again = _typed(text, options.data, options.out)
    assert resolve(again) == plan
    assert (again.strict, again.abstain) == (options.strict, options.abstain)
    assert (Path(again.data), Path(again.out)) == (options.data, options.out)


def test_where_the_labels_are_is_told(tmp_path):
    def told(labels: str, *, here: bool = False) -> list[str]:
        options = TrainOptions(data=tmp_path / "photos", out=tmp_path / "run", labels=labels)
        words = shlex.split(command(options, resolve(options), here=here))
        return words[words.index("--labels") :][1:2]

    inside, beside = str(tmp_path / "photos" / "a" / "labels.csv"), str(tmp_path / "labels.csv")
    assert told("names") == ["names"]
    assert told(inside) == ["PHOTOS/a/labels.csv"]
    assert told(beside) == ["labels.csv"]
    assert told(beside, here=True) == [beside]
