"""The networks, one file each: the folder is the registry, and nothing else is edited to add one.

Each file has the same verbs, told by `Architecture`.
"""

import sys
from typing import Protocol, cast

import keras

from gemelo import registry
from gemelo.errors import UnknownNameError
from gemelo.preprocessing import Preprocessing

from ..defaults import Defaults
from . import _keras


class Architecture(Protocol):
    """What a file in this folder must hold; files whose names begin with `_` are helpers.

    Attributes:
        SUMMARY: One line for people.
        DEFAULTS: What it is trained with unless told otherwise.
    """

    SUMMARY: str
    DEFAULTS: Defaults

    def minimum_size(self) -> int:
        """The smallest width and height that it takes, in pixels."""
        ...

    def build(self, preprocessing: Preprocessing, classes: int) -> keras.Model:
        """A fresh network: input `image` float32 (n, h, w, c) 0-255, output probabilities.

        Raises:
            InputSizeError: The preprocessing's input is too small.
        """
        ...


def names() -> list[str]:
    """All architectures by name."""
    return registry.names(sys.modules[__name__])


def get(name: str) -> Architecture:
    """The architecture of that name; `keras:NAME` is a backbone of `keras.applications`.

    Raises:
        UnknownNameError: There is none; lists those there are.
    """
    if name.startswith(_keras.PREFIX):
        return cast("Architecture", _keras.backbone(name.removeprefix(_keras.PREFIX)))
    if name not in names():
        raise UnknownNameError("architecture", name, [*names(), f"{_keras.PREFIX}NAME, of keras.applications"])
    return cast("Architecture", registry.get(sys.modules[__name__], name, "architecture"))
