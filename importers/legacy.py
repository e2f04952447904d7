"""Models that Keras 3 cannot load: tf-keras loads them in a process of its own, and writes a SavedModel.

One process cannot have both: which Keras TensorFlow takes is decided by a variable when it is imported.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import gemelo
from gemelo import installed
from gemelo.errors import MissingDependencyError, ModelError

from . import ends, programs, saved, unknown
from .loaded import Loaded
from .programs import Trust

_MINUTES = 10


def load(
    named: Path, path: Path, kind: str, config: Mapping[str, Any], version: str | None, trust: Trust, scratch: Path
) -> Loaded:
    """Load a model by tf-keras.

    Args:
        named: How its owner calls it.
        path: The file, with the suffix that tf-keras wants.
        kind: Its source.
        config: Its configuration, in which there are no programs, or trusted ones.
        version: Of the Keras that saved it.
        trust: What may be run.
        scratch: A folder for the SavedModel.

    Raises:
        MissingDependencyError: tf-keras is not installed.
        ModelError: It cannot be loaded, or is no classifier of photos.
    """
    if find_spec("tf_keras") is None:
        raise MissingDependencyError("tf_keras", installed.INSTALL_TRAIN)
    out = scratch / "saved_model"
    answer = _ask(named, path, out, trust)
    if "error" in answer:
        if names := unknown.names(str(answer["error"])):
            raise programs.missing(named, names)
        raise ModelError(f"{named}: neither Keras 3 nor tf-keras can load the model: {answer['error']}")
    if answer["inputs"] != 1:
        raise ModelError(f"{named}: the model has {answer['inputs']} inputs; a classifier of photos has one")
    found = saved.load(str(named), out, kind, Trust(given=True), framework="tf-keras")
    output = ends.meaning(str(named), answer["activation"], found.outputs, ends.losses(config))
    inside = found.inside if output is None else replace(found.inside, output=output)
    note = f"loaded by tf-keras {answer['tf_keras']}, as Keras 3 cannot load it"
    return replace(found, version=version, inside=inside, notes=[*found.notes, note])


def _ask(named: Path, path: Path, out: Path, trust: Trust) -> dict[str, Any]:
    code = "" if trust.code is None else str(trust.code.resolve())
    module = installed.name_of("importers.legacy_child")
    command = [sys.executable, "-m", module, str(path), str(out), "trust" if trust.given else "", code]
    root = str(Path(gemelo.__file__).resolve().parent.parent)
    search = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))
    environment = {**os.environ, "PYTHONPATH": search, "TF_USE_LEGACY_KERAS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    try:
        done = subprocess.run(command, capture_output=True, env=environment, timeout=60 * _MINUTES, check=False)
    except subprocess.TimeoutExpired as exc:
        raise ModelError(f"{named}: tf-keras did not load the model in {_MINUTES} minutes") from exc
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    try:
        answer: dict[str, Any] = json.loads(lines[-1])
    except (IndexError, ValueError):
        last = (done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it said nothing"])[-1]
        raise ModelError(f"{named}: tf-keras stopped with code {done.returncode}: {last[:300]}") from None
    return answer
