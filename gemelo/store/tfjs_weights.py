"""The weights manifest in a TF.js model.json: which files hold the weights, and which weights are in them."""

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from gemelo.errors import Message, SchemaError
from gemelo.store import schema
from gemelo.store.files import read_json, safe_join
from gemelo.store.schema import Count

# TF.js widens what was quantized; the layers of a bundle never are.
_BYTES = {"bool": 1, "int32": 4, "float32": 4}


@dataclass(frozen=True)
class WeightRow:
    """One weight."""

    name: str
    shape: tuple[Count, ...]
    dtype: str


@dataclass(frozen=True)
class Group:
    """Weights that follow one another in some files."""

    paths: list[str]
    weights: list[WeightRow]


@dataclass(frozen=True)
class _Model:
    weightsManifest: list[Group]  # noqa: N815  TF.js's own name


def read_groups(model_json: Path) -> list[Group]:
    """The weights manifest of a model.

    Raises:
        MissingFileError: There is no such file.
        SchemaError: It is no model of TF.js.
    """
    return schema.read(_Model, read_json(model_json), model_json).weightsManifest


def shards(model_json: Path) -> list[str]:
    """The files beside model.json that the model takes its weights from.

    Raises:
        MissingFileError, SchemaError: As `read_groups`.
    """
    return [name for group in read_groups(model_json) for name in group.paths]


def check_hashed(model_json: Path, name: str, written: Collection[str]) -> None:
    """Refuse a model that takes its weights from files whose hash nobody checked.

    Args:
        model_json: The model.
        name: Its path in the bundle.
        written: The paths in the bundle that have a hash.

    Raises:
        IntegrityError: It names other files, or is no model of TF.js.
    """
    folder = PurePosixPath(name).parent
    if unhashed := [shard for shard in shards(model_json) if str(folder / shard) not in written]:
        raise SchemaError(Message("bundle.no-hash-of-weights", model_json, files=", ".join(unhashed[:8])))


def read_weight(model_json: Path, name: str, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """One weight of a model in float32.

    Raises:
        ValueError: There is none of that name and shape, or its files are cut short.
    """
    for group in read_groups(model_json):
        for row, start, size in _placed(group):
            if row.name == name:
                if row.dtype != "float32":
                    raise ValueError(f"it is of the type {row.dtype}")
                data = b"".join(safe_join(model_json.parent, path).read_bytes() for path in group.paths)
                return np.frombuffer(data[start : start + size], "<f4").reshape(shape)
    raise ValueError("there is none of that name")


def _placed(group: Group) -> Iterator[tuple[WeightRow, int, int]]:
    start = 0
    for row in group.weights:
        if row.dtype not in _BYTES:
            raise ValueError(f"{row.name} is of the type {row.dtype}")
        size = _BYTES[row.dtype] * math.prod(row.shape)
        yield row, start, size
        start += size
