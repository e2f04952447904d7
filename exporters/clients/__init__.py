"""A bundle's network as clients that others wrote want it. One file each, and the folder is the registry.

A module here has the verbs
    NEEDS: tuple[str, ...]                                          artifacts that must be in the bundle for it
    write(source: ExportSource, bundle: Path, folder: Path) -> list[str]   writes it, returns notes for people
    run(folder: Path, images: NDArray) -> dict[str, NDArray]        what was written answers, the client not needed
The clients themselves are run by `tests/clients`.
"""

import sys
from pathlib import Path
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from gemelo import registry

from ..source import ExportSource


class Client(Protocol):
    """The verbs of a module in this folder."""

    NEEDS: tuple[str, ...]

    def write(self, source: ExportSource, bundle: Path, folder: Path) -> list[str]:
        """Write the client's files into an empty folder of the bundle.

        Args:
            source: The network.
            bundle: The bundle that is being made, its artifacts verified.
            folder: Where the files go.

        Returns:
            Where the client's own way with a photo is not the preprocessing's, as sentences.

        Raises:
            ExportError: The client cannot run such a network.
        """
        ...

    def run(self, folder: Path, images: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """What the files answer, read back without the client.

        Args:
            folder: Where the files are.
            images: float32 (n, height, width, channels), RGB or grey, 0-255.

        Returns:
            {variant: probabilities (n, classes)}.
        """
        ...


def names() -> list[str]:
    """The names of all clients."""
    return registry.names(sys.modules[__name__])


def get(name: str) -> Client:
    """The client of that name.

    Raises:
        UnknownNameError: There is no such file.
    """
    return cast("Client", registry.get(sys.modules[__name__], name, "client"))
