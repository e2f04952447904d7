"""Makes the README's picture of drawings.

Usage: python tools/pictures.py
"""

from pathlib import Path

import numpy as np
from PIL import Image

from gemelo.synthetic import draw_photo

TILE, COLUMNS, ROWS, GAP = 132, 7, 3, 6


def main() -> None:
    """Write docs/images/drawings.png: a sheet of drawings, cats and dogs in turn."""
    size = (COLUMNS * (TILE + GAP) + GAP, ROWS * (TILE + GAP) + GAP)
    sheet = Image.new("RGB", size, "white")
    for i in range(COLUMNS * ROWS):
        label = ("cats", "dogs")[i % 2]
        drawing = draw_photo(label, np.random.default_rng([2026, i]))
        side = min(drawing.size)
        left, top = (drawing.width - side) // 2, (drawing.height - side) // 2
        tile = drawing.crop((left, top, left + side, top + side)).resize((TILE, TILE), Image.Resampling.LANCZOS)
        row, column = divmod(i, COLUMNS)
        sheet.paste(tile, (GAP + column * (TILE + GAP), GAP + row * (TILE + GAP)))
    target = Path(__file__).resolve().parents[1] / "docs" / "images" / "drawings.png"
    target.parent.mkdir(parents=True, exist_ok=True)
    sheet.quantize(192, dither=Image.Dither.FLOYDSTEINBERG).save(target, optimize=True)


if __name__ == "__main__":
    main()
