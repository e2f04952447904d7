"""How files are damaged."""

from collections.abc import Callable
from pathlib import Path


def flip_byte(relative: str) -> Callable[[Path], object]:
    """Changes one bit in the middle of a file of a folder."""

    def damage(root: Path) -> None:
        data = bytearray((root / relative).read_bytes())
        data[len(data) // 2] ^= 1
        (root / relative).write_bytes(data)

    return damage
