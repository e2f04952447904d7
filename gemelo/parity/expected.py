"""What each artifact answered on the goldens when its bundle was written: from parity.json."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gemelo.errors import SchemaError
from gemelo.store import schema
from gemelo.store.bundle import Bundle
from gemelo.store.files import read_json
from gemelo.store.schema1 import upgraded


@dataclass(frozen=True)
class _Row:
    format: str
    variant: str
    goldens: list[NDArray[np.float32]]


@dataclass(frozen=True)
class _Report:
    artifacts: list[_Row]


def expected_outputs(bundle: Bundle) -> dict[str, list[list[float]]]:
    """{artifact name: probabilities (goldens, classes)}; artifacts without such answers are not in it.

    Raises:
        MissingFileError: The bundle has no parity.json.
        SchemaError: It is no parity report, or its answers do not fit the goldens and the labels.
    """
    path: Path = bundle.file("parity.json")
    shape = (len(bundle.reference.goldens), len(bundle.labels))
    found: dict[str, list[list[float]]] = {}
    for row in schema.read(_Report, upgraded(read_json(path)), path).artifacts:
        if not row.goldens:
            continue
        name = f"{row.format}/{row.variant}"
        if len(row.goldens) != shape[0] or any(len(answer) != shape[1] for answer in row.goldens):
            raise SchemaError(f"{path}: it has no {shape[0]}x{shape[1]} answers of {name}")
        found[name] = [[float(str(p)) for p in answer] for answer in row.goldens]
    return found
