"""Fonts for text in any script: what no font of this machine can draw is left out."""

from collections.abc import Sequence

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

DEFAULT = "DejaVu Sans"  # comes with matplotlib
_PLACEHOLDERS = "Last Resort"  # has a box for everything, as if it had the character


def drawable(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Font families for names, and the names: one that cannot be drawn is the number of its place, from 1.

    Args:
        names: Of any script.
    """
    families = [DEFAULT]
    missing = {c for name in names for c in name if not c.isspace()}
    missing -= _covered(str(font_manager.findfont(DEFAULT)), missing)
    for entry in sorted(font_manager.fontManager.ttflist, key=lambda entry: (entry.name, entry.fname)):
        if not missing:
            break
        if not entry.name.startswith(_PLACEHOLDERS) and (found := _covered(entry.fname, missing)):
            families.append(entry.name)
            missing -= found
    return families, [f"class {i}" if missing & set(name) else name for i, name in enumerate(names, 1)]


def _covered(path: str, characters: set[str]) -> set[str]:
    """Those of the characters that a font file has."""
    try:
        font = FT2Font(path)
    except (OSError, RuntimeError):  # no font, or one of pictures
        return set()
    return {c for c in characters if font.get_char_index(ord(c))}
