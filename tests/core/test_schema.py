"""JSON read by the types of dataclasses."""

import types
from dataclasses import make_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gemelo.store import schema


class Alias:
    """NDArray as numpy 2.5 has it on Python 3.12: an alias (PEP 695), not the array's type."""

    __value__ = np.ndarray[Any, np.dtype[np.float32]]

    def __getitem__(self, inside: Any) -> Any:
        return types.GenericAlias(self, inside)


def test_vectors_are_read_whatever_numpy_makes_of_their_type() -> None:
    for kind in (NDArray[np.float32], Alias()[np.float32]):
        record = make_dataclass("Record", [("values", kind)])
        np.testing.assert_array_equal(schema.read(record, {"values": [0.25, 0.75]}, "x").values, [0.25, 0.75])
