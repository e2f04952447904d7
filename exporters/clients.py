"""The clients' part of a bundle: `clients/NAME/`, for programs that others wrote.

What is made is read back and held to Keras's answers, or where it is quantised to what the bundle's own twin answered,
before the bundle is sealed. A client that was asked for and cannot run such a network fails the export.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exporters import flavours as registry
from exporters.quiet import converting
from exporters.request import Choice
from exporters.source import ExportSource
from gemelo import parity
from gemelo.contract import prepare, tensor
from gemelo.errors import ParityError, UnknownNameError, UsageError
from gemelo.parity import ParityReport
from gemelo.parity.measure import SEALED_TOLERANCE, gate_reasons

FOLDER = "clients"

Answers = Mapping[str, NDArray[np.float32]]


def choose(names: Sequence[str], choices: Sequence[Choice]) -> list[str]:
    """The clients that a bundle is made for, each once, in the order of the registry.

    Args:
        names: Which.
        choices: The artefacts that are to be made.

    Raises:
        UsageError: Names that there are not, or artefacts that they need and that were not asked for.
    """
    known, artefacts = registry.names(), {choice.name for choice in choices}
    for name in names:
        if name not in known:
            raise UnknownNameError("client", name, known)
        if missing := [need for need in registry.get(name).NEEDS if need not in artefacts]:
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
) -> dict[str, Any]:
    """Write the clients' files into a bundle that is being made, and hold them to what was answered before.

    Args:
        names: Of the clients.
        source: The network.
        work: The bundle's folder, its artefacts in place.
        goldens: With Keras's answers.
        report: On the artefacts.
        gate: Of fp32.

    Returns:
        What the manifest says of them: {} without any.

    Raises:
        ExportError: A client cannot run such a network.
        ParityError: What was written answers otherwise.
        StorageError: The disk is full.
    """
    rows = {}
    for name in names:
        folder = work / FOLDER / name
        folder.mkdir(parents=True)
        with converting(f"the files for {name}"):
            notes = registry.get(name).write(source, work, folder)
            found = registry.get(name).run(folder, _images(source, goldens))
        rows[name] = {
            "path": f"{FOLDER}/{name}",
            "max_abs_difference": _held(name, found, _expected(goldens, report), gate),
            "notes": notes,
        }
    return {FOLDER: rows} if rows else {}


def _images(source: ExportSource, goldens: Sequence[parity.Subject]) -> NDArray[np.float32]:
    return tensor(np.stack([prepare(golden.source, source.contract) for golden in goldens]))


def _expected(goldens: Sequence[parity.Subject], report: ParityReport) -> Answers:
    """fp32 is held to Keras; other variants, which lose something, to the twin that they are another form of."""
    twins = {row.variant: np.asarray(row.goldens, np.float32) for row in report.artefacts if row.format == "onnx"}
    return {**twins, "fp32": np.asarray([golden.expected for golden in goldens], np.float32)}


def _held(name: str, found: Answers, expected: Answers, gate: parity.Gate) -> dict[str, float]:
    """The largest difference of each variant.

    Raises:
        ParityError: One is too large.
    """
    differences = {}
    for variant, answers in found.items():
        differences[variant] = float(np.abs(answers - expected[variant]).max())
        flips = int((answers.argmax(axis=1) != expected[variant].argmax(axis=1)).sum())
        # A value on the fence between two steps of 8 bits may fall on the other side, as on another machine.
        held = gate if variant == "fp32" else replace(gate, max_abs_difference=SEALED_TOLERANCE, min_agreement=0.99)
        if reasons := gate_reasons(held, differences[variant], flips, len(answers), None):
            raise ParityError(
                f"clients/{name}: no bundle was made, for its {variant} would answer otherwise: {', '.join(reasons)}"
            )
    return differences
