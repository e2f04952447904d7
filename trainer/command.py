"""The command that makes a run again."""

import shlex
from dataclasses import fields
from pathlib import Path
from typing import Any

from gemelo.preprocessing import DEFAULT_MAX_PIXELS

from . import architectures, labels
from .options import Plan, TrainOptions

# Where the photos lie and where the run goes differ from machine to machine.
PHOTOS, RUN, TEACHER = "PHOTOS", "RUN", "TEACHER"
_FLAGS = {True: "--{}", False: "--no-{}"}
_SAID_BY_FLAG = ("size", "fit", "channels", "pretrained", "frozen_norm")


def command(options: TrainOptions, plan: Plan, *, here: bool = False) -> str:
    """`gemelo train PHOTOS --out RUN ...`, with every option that differs from the architecture's own.

    Args:
        options: What was asked.
        plan: What it came to.
        here: With the paths of this machine in place of words for them.
    """
    photos, run = (str(options.data), str(options.out)) if here else (PHOTOS, RUN)
    words = ["gemelo", "train", photos, "--out", run, "--arch", plan.architecture]
    given = _given(options, plan)
    if here and options.labels:
        given["labels"] = options.labels
    if here and options.teachers:
        given["teacher"] = [str(path) for path in options.teachers]
    for name, value in given.items():
        option = name.replace("_", "-")
        flag = f"--{option}"
        for each in value if isinstance(value, list) else [value]:
            words += [_FLAGS[each].format(option)] if isinstance(each, bool) else [flag, str(each)]
    return shlex.join(words)


def _given(options: TrainOptions, plan: Plan) -> dict[str, Any]:
    own, preprocessing = architectures.get(plan.architecture).DEFAULTS, plan.preprocessing
    size = (preprocessing.width, preprocessing.height)
    sides = str(size[0]) if size[0] == size[1] else f"{size[0]}x{size[1]}"
    found: dict[str, Any] = {
        "size": None if size == own.size else sides,
        "fit": None if preprocessing.fit == own.fit else preprocessing.fit,
        "channels": None if preprocessing.channels == own.channels else preprocessing.channels,
        "labels": _table(options),
        "seed": plan.seed,
        "abstain": None if options.abstain == "auto" else options.abstain,
        "test_fraction": None if plan.test_fraction == TrainOptions.test_fraction else plan.test_fraction,
        "max_megapixels": None if plan.max_pixels == DEFAULT_MAX_PIXELS else plan.max_pixels / 1e6,
        "from_scratch": bool(own.pretrained and not plan.settings.pretrained) or None,
        "strict": options.strict or None,
        "distribute": options.distribute,
        "teacher": [TEACHER] * len(plan.teachers.runs) if plan.teachers else None,
    }
    for name in (field.name for field in fields(own) if field.name not in _SAID_BY_FLAG):
        value = getattr(plan.settings, name)
        found[name] = None if value == getattr(own, name) else value
    return {name: value for name, value in found.items() if value is not None}


def _table(options: TrainOptions) -> str | None:
    """Where the labels are, with words for the paths of this machine."""
    if options.labels is None or options.labels == labels.NAMES:
        return options.labels
    table, root = Path(options.labels).resolve(), options.data.resolve()
    return f"{PHOTOS}/{table.relative_to(root).as_posix()}" if table.is_relative_to(root) else table.name
