"""Draws the page's icons from one set of numbers: icon.svg, and icon-192.png and icon-512.png for who installs it.

Usage: python tools/icons.py
"""

from pathlib import Path

from PIL import Image, ImageDraw

BLUE, WHITE = "#2f5fc4", "#ffffff"
# The two squares of the page's name, on a field of 512; both lie in the circle that every phone's mask leaves.
BACK, FRONT = (126, 126), (194, 194)
SIDE, ROUND, STROKE = 192, 56, 28
SMOOTH = 4


def main() -> None:
    """Write the three files."""
    folder = Path(__file__).resolve().parents[1] / "web_demo" / "src" / "app" / "icons"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "icon.svg").write_text(svg(), encoding="utf-8")
    for side in (192, 512):
        raster(side).quantize(32, dither=Image.Dither.NONE).save(folder / f"icon-{side}.png", optimize=True)


def svg() -> str:
    """The icon with round corners, for tabs."""
    (x, y), (u, v), half = BACK, FRONT, STROKE // 2
    back = f'x="{x + half}" y="{y + half}" width="{SIDE - STROKE}" height="{SIDE - STROKE}" rx="{ROUND - half}"'
    front = f'x="{u}" y="{v}" width="{SIDE}" height="{SIDE}" rx="{ROUND}"'
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 512 512">'
        f'<rect width="512" height="512" rx="112" fill="{BLUE}"/>'
        f'<rect {back} fill="none" stroke="{WHITE}" stroke-width="{STROKE}"/><rect {front} fill="{WHITE}"/></svg>\n'
    )


def raster(side: int) -> Image.Image:
    """The icon up to its edges: phones cut their own shape out of it."""
    scale = side * SMOOTH / 512
    image = Image.new("RGB", (side * SMOOTH, side * SMOOTH), BLUE)
    draw = ImageDraw.Draw(image)

    for corner, fill in ((BACK, BLUE), (FRONT, WHITE)):
        box = [v * scale for v in (*corner, corner[0] + SIDE, corner[1] + SIDE)]
        draw.rounded_rectangle(box, ROUND * scale, fill=fill, outline=WHITE, width=round(STROKE * scale))
    return image.resize((side, side), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
