"""What this machine has, what is known not to work together, and the command that cures it."""

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from gemelo import installed, runtimes
from gemelo.errors import GemeloError
from gemelo.registry import constants, names_in


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Attributes:
        topic: `running`, `making`, `app` or `known`.
        name: What was looked at.
        level: `ok`, `missing` (something will not work), `bad` (something will go wrong) or `note` (a known defect that
            gemelo works around).
        text: What was found.
        cure: The command that helps; empty when all is well.
    """

    topic: str
    name: str
    level: str
    text: str
    cure: str = ""


@dataclass(frozen=True)
class KnownBad:
    """A combination that is known to fail.

    Attributes:
        name: What meets what.
        holds: Told {package: version}, whether it is the case here.
        text: What goes wrong, with the number of the public issue.
        cure: What to do.
    """

    name: str
    holds: Callable[[dict[str, str]], bool]
    text: str
    cure: str


_FOLDERS = (
    ("trainer.architectures", "architectures"),
    ("importers.sources", "model files"),
    ("exporters.formats", "formats"),
    ("exporters.clients", "clients"),
)
_PACKAGES = (
    ("running", "numpy", "pip install gemelo"),
    ("running", "pillow", "pip install gemelo"),
    ("making", "tensorflow", installed.INSTALL_TRAIN),
    ("making", "keras", installed.INSTALL_TRAIN),
    ("making", "tf-keras", installed.INSTALL_TRAIN),
    ("making", "matplotlib", installed.INSTALL_TRAIN),
    ("app", "streamlit", "pip install 'gemelo[app]'"),
)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", text)[:3])


def _at_least(versions: dict[str, str], package: str, low: tuple[int, ...]) -> bool:
    return package in versions and _numbers(versions[package]) >= low


KNOWN_BAD = (
    KnownBad(
        "tensorflowjs with tensorflow-decision-forests",
        lambda v: "tensorflowjs" in v and "tensorflow-decision-forests" in v,
        "the full install of tensorflowjs drags in decision forests, jax and flax, pins an older TensorFlow and fails "
        "at import (tensorflow/tfjs issue 8301)",
        "pip uninstall -y tensorflow-decision-forests ydf jax jaxlib flax tensorflow-hub",
    ),
    KnownBad(
        "Keras 3 with TF.js layers models",
        lambda v: _at_least(v, "keras", (3,)) and "tensorflowjs" in v,
        "layers models of Keras 3 do not load in TF.js: 'An InputLayer should be passed either a `batchInputShape` or "
        "an `inputShape`' (tensorflow/tfjs issues 8494, 8328, 8358); `gemelo export` writes graph models, which load",
        "",
    ),
    KnownBad(
        "Keras 3 with tf2onnx.convert.from_keras",
        lambda v: _at_least(v, "keras", (3,)) and "tf2onnx" in v,
        "from_keras fails with 'Sequential object has no attribute output_names' (onnx/tensorflow-onnx issues 2319, "
        "2329, 2348); `gemelo export` converts a concrete function instead",
        "",
    ),
    KnownBad(
        "TensorFlow on Python 3.14",
        lambda v: platform.python_version_tuple()[:2] >= ("3", "14"),
        "TensorFlow has no wheels for it: running bundles works, training and exporting do not",
        "use Python 3.11, 3.12 or 3.13",
    ),
)


def examine() -> list[Finding]:
    """Look at packages, runtimes, the cores, and known-bad combinations."""
    packages = [*_PACKAGES, *(("making", name, cure) for name, cure in _converters().items())]
    versions = {name: found for _, name, _ in packages if (found := _version(name))}
    findings = [Finding("running", "python", "ok", platform.python_version())]
    findings += [
        Finding(topic, name, "ok", versions[name]) if name in versions else _missing(topic, name, cure)
        for topic, name, cure in packages
    ]
    findings += [*map(_runtime, runtimes.ordered(runtimes.names())), _cores()]
    findings += [_found(package, what) for package, what in _FOLDERS]
    versions |= {name: found for name in ("tensorflow-decision-forests",) if (found := _version(name))}
    return findings + [_known(entry) for entry in KNOWN_BAD if entry.holds(versions)]


def _known(entry: KnownBad) -> Finding:
    """A combination without a cure is one that gemelo works around: worth knowing, nothing to do."""
    return Finding("known", entry.name, "bad" if entry.cure else "note", entry.text, entry.cure)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _missing(topic: str, name: str, cure: str) -> Finding:
    return Finding(topic, name, "missing", "not installed", cure)


def _converters() -> dict[str, str]:
    """The packages that the formats say they need, and the command that installs each."""
    needed = constants(installed.folder_of("exporters.formats"), "PACKAGES")
    return {package: command for packages in needed.values() for package, command in packages.items()}


def _runtime(format: str) -> Finding:
    runtime = runtimes.get(format)
    try:
        return Finding("running", f"{runtime.TITLE} ({runtime.NAME})", "ok", runtime.version())
    except GemeloError as error:
        return Finding("running", f"{runtime.TITLE} ({runtime.NAME})", "missing", error.message, error.hint or "")


def _found(package: str, what: str) -> Finding:
    """The files of a folder that is a registry, without importing them."""
    names = names_in([str(installed.folder_of(package))])
    if not names:
        return Finding("making", what, "missing", "this gemelo came without them", "install it again from its wheel")
    return Finding("making", what, "ok", ", ".join(names))


def _cores() -> Finding:
    text = f"{os.cpu_count()} cores, {platform.machine()}"
    if shutil.which("nvidia-smi"):
        answer = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=20, check=False)
        text += f", {answer.stdout.strip() or 'no GPU in use'}"
    return Finding("running", "machine", "ok", text)
