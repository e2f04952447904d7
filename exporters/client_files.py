"""The clients' part of a bundle: `clients/NAME/`, for programs that others wrote.

Each file is read back and run before the bundle is written. fp32 is compared with Keras, a quantized file with the
bundle's own artifact. A file that cannot be made, or that answers differently, is left out and named. The export then
fails, as for everything that was asked for by name.
"""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gemelo import parity
from gemelo.errors import ExportError, ParityError, RuntimeFailure, UnknownNameError, UsageError
from gemelo.parity import Failure, ParityReport
from gemelo.parity.compare import Comparison
from gemelo.parity.gates import EXPECTED_TOLERANCE, excesses
from gemelo.preprocessing import prepare, tensor
from gemelo.store.bundle import ClientRow

from . import clients as registry
from . import left_out
from .quiet import converting
from .request import Choice
from .source import ExportSource

FOLDER = "clients"

Answers = Mapping[str, NDArray[np.float32]]


def needs(names: Sequence[str]) -> list[str]:
    """The artifacts that the files for these clients are made of."""
    return [need for name in names if name in registry.names() for need in registry.get(name).NEEDS]


def choose(names: Sequence[str], choices: Sequence[Choice]) -> list[str]:
    """The clients that a bundle is made for, each once, in the order of the registry.

    Args:
        names: Which.
        choices: The artifacts that are to be made.

    Raises:
        UsageError: Names that there are not, or artifacts that they need and that were not asked for.
    """
    known, artifacts = registry.names(), {choice.name for choice in choices}
    for name in names:
        if name not in known:
            raise UnknownNameError("client", name, known)
        if missing := [need for need in registry.get(name).NEEDS if need not in artifacts]:
            raise UsageError(
                f"the files for {name} are made of {', '.join(missing)}, which was not asked for",
                hint="let --formats and --variants have it too, or leave them out",
            )
    return [name for name in known if name in names]


def add(
    names: Sequence[str],
    source: ExportSource,
    work: Path,
    goldens: Sequence[parity.Subject],
    report: ParityReport,
    gate: parity.Gate,
) -> tuple[dict[str, ClientRow], list[Failure]]:
    """Write the clients' files into a bundle that is being made, and hold them to what was answered before.

    Args:
        names: Of the clients.
        source: The network.
        work: The bundle's folder, its artifacts in place.
        goldens: With Keras's answers.
        report: On the artifacts.
        gate: Of fp32.

    Returns:
        What the manifest says of each; and those that could not be made, or answered otherwise.

    Raises:
        StorageError: The disk is full.
    """
    rows: dict[str, ClientRow] = {}
    failures: list[Failure] = []
    for name in names:
        folder = work / FOLDER / name
        try:
            rows[name] = _add(name, source, work, folder, goldens, report, gate)
        except (ExportError, ParityError, RuntimeFailure) as exc:
            shutil.rmtree(folder)
            failures.append(left_out.of_error(f"{FOLDER}/{name}", "conversion", exc))
    if not rows:
        shutil.rmtree(work / FOLDER, ignore_errors=True)
    return rows, failures


def _add(
    name: str,
    source: ExportSource,
    work: Path,
    folder: Path,
    goldens: Sequence[parity.Subject],
    report: ParityReport,
    gate: parity.Gate,
) -> ClientRow:
    folder.mkdir(parents=True)
    there_are = {result.name for result in report.artifacts}
    if missing := [need for need in registry.get(name).NEEDS if need not in there_are]:
        raise ExportError(f"its files are made of {', '.join(missing)}, which was left out")
    with converting(f"the files for {name}"):
        notes = registry.get(name).write(source, work, folder)
        found = registry.get(name).run(folder, _images(source, goldens))
    expected = _expected(registry.get(name).NEEDS, goldens, report)
    return ClientRow(f"{FOLDER}/{name}", _held(found, expected, gate), notes)


def _images(source: ExportSource, goldens: Sequence[parity.Subject]) -> NDArray[np.float32]:
    return tensor(np.stack([prepare(golden.source, source.preprocessing) for golden in goldens]))


def _expected(needs: Sequence[str], goldens: Sequence[parity.Subject], report: ParityReport) -> Answers:
    """Expected outputs by variant: Keras's for fp32, for the others those of the artifacts that the files come from."""
    formats = {need.partition("/")[0] for need in needs}
    artifacts = {row.variant: np.asarray(row.goldens, np.float32) for row in report.artifacts if row.format in formats}
    return {**artifacts, "fp32": np.asarray([golden.expected for golden in goldens], np.float32)}


def _held(found: Answers, expected: Answers, gate: parity.Gate) -> dict[str, float]:
    """The largest difference of each variant.

    Raises:
        ParityError: One is too large.
    """
    differences = {}
    # A value on the fence between two steps of 8 bits may fall on the other side, as on another machine.
    expected_outputs = replace(gate, max_abs_difference=EXPECTED_TOLERANCE, margin=2 * EXPECTED_TOLERANCE)
    for variant, answers in found.items():
        compared = Comparison.of(answers, expected[variant])
        differences[variant] = compared.max_difference
        if wrong := excesses(gate if variant == "fp32" else expected_outputs, compared):
            reasons = ", ".join(excess.reason for excess in wrong)
            raise ParityError(f"its {variant} answers otherwise than the bundle's: {reasons}")
    return differences
