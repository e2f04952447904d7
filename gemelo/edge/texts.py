"""The files of a pack that are only text: README, requirements, the systemd unit, the Containerfile."""

import importlib.metadata
from collections.abc import Iterator
from pathlib import Path
from string import Template

from gemelo.errors import MissingDependencyError
from gemelo.license import NAME as LICENSE
from gemelo.license import license_text
from gemelo.reports.statistics import percent
from gemelo.store.bundle import Artifact, Bundle

TEMPLATES = Path(__file__).parent / "templates"
FILES = ("README.md", "classify.service", "Containerfile")
REQUIREMENTS = "requirements.txt"
# What classify.py imports; what these ask for besides is for other uses of theirs.
PACKAGES = ("numpy", "pillow", "onnxruntime")

_REQUIREMENTS_HEAD = """\
# What classify.py imports, in the versions with which this pack was tested. Python 3.11 or newer.
#
#   python3 -m venv venv
#   venv/bin/pip install --no-deps -r requirements.txt
#
# --no-deps leaves out what onnxruntime asks for and answering needs not. For a device without a network, on another
# machine (for a Raspberry Pi with a 64-bit system; --platform may stand there several times, newest first):
#
#   pip download --no-deps --only-binary=:all: --python-version 3.11 --implementation cp \\
#       --platform manylinux_2_28_aarch64 --platform manylinux_2_27_aarch64 --platform manylinux2014_aarch64 \\
#       -d wheels -r requirements.txt
#
# and then on the device: venv/bin/pip install --no-deps --no-index --find-links wheels -r requirements.txt
"""


def texts(bundle: Bundle, artifact: Artifact) -> dict[str, str]:
    """Each text file by its name.

    Raises:
        MissingDependencyError: One of the packages is not installed here, so that there is no version to pin.
    """
    accuracy = artifact.parity.accuracy
    words = {
        "name": _one_line(bundle.name),
        "variant": artifact.variant,
        "labels": ", ".join(_one_line(label) for label in bundle.labels),
        "accuracy": "not measured" if accuracy is None else f"{percent(accuracy, 2)} on the test photos",
        "kilobytes": f"{artifact.bytes / 1000:.0f}",
    }
    files = {name: Template((TEMPLATES / name).read_text(encoding="utf-8")).substitute(words) for name in FILES}
    files[LICENSE] = license_text()
    return {REQUIREMENTS: _REQUIREMENTS_HEAD + "".join(f"{line}\n" for line in _pins()), **files}


def _pins() -> Iterator[str]:
    for package in PACKAGES:
        try:
            yield f"{package}=={importlib.metadata.version(package)}"
        except importlib.metadata.PackageNotFoundError as exc:
            raise MissingDependencyError(package, "pip install 'gemelo[onnx]'") from exc


def _one_line(text: str) -> str:
    """Names come from outside: in a unit file a line break or a % would be more than a name."""
    return "".join(c if c.isprintable() and c != "%" else "?" for c in text)
