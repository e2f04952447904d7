"""Places to be: each function paints the whole picture and says where the ground is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from gemelo.synthetic.canvas import Canvas
from gemelo.synthetic.colors import BRIGHT, WHITE, Color, chance, darker, jitter, lighter, mix, pick
from gemelo.synthetic.shapes import Points, ellipse, smooth

# Returns how far below the top the ground lies on which an animal would stand, as a share of the height.
Background = Callable[[Canvas, np.random.Generator], float]

_WALLS: tuple[Color, ...] = (
    (232, 214, 190),
    (190, 208, 196),
    (206, 196, 216),
    (226, 190, 178),
    (178, 200, 214),
    (236, 226, 206),
    (120, 134, 150),
)
_FLOORS: tuple[Color, ...] = (
    (176, 128, 86),
    (146, 104, 76),
    (204, 170, 128),
    (152, 146, 150),
    (196, 186, 174),
    (112, 92, 84),
)


def gradient(canvas: Canvas, top: Color, bottom: Color) -> None:
    """Fills the whole picture from `top` to `bottom`."""
    strip = Image.new("RGB", (1, 2))
    strip.putpixel((0, 0), top)
    strip.putpixel((0, 1), bottom)
    tall = strip.resize((1, canvas.image.height), Image.Resampling.BILINEAR, box=(0, 0.5, 1, 1.5))
    canvas.image.paste(tall.resize(canvas.image.size, Image.Resampling.NEAREST))


def _box(x0: float, y0: float, x1: float, y1: float) -> Points:
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])


def _room(canvas: Canvas, rng: np.random.Generator) -> float:
    wall, floor = jitter(pick(_WALLS, rng), rng, 14), jitter(pick(_FLOORS, rng), rng, 14)
    w, h = canvas.width, canvas.height
    line = h * float(rng.uniform(0.58, 0.74))
    gradient(canvas, lighter(wall, 0.1), darker(wall, 0.12))
    if chance(rng, 0.4):
        for x in np.arange(0.05, w, 0.16).tolist():
            canvas.glaze(_box(x, 0, x + 0.06, line), lighter(wall, 0.5), 0.35)
    if chance(rng, 0.7):
        pick((_window, _picture, _shelf), rng)(canvas, rng, line)
    canvas.fill(_box(0, line, w, h), floor)
    for i in range(1, 4):
        y = line + (h - line) * (i / 4) ** 1.4
        canvas.stroke(np.array([[0, y], [w, y]]), darker(floor, 0.18), 0.007)
    canvas.fill(_box(0, line - 0.025, w, line), lighter(wall, 0.55), outline=darker(wall, 0.25), width=0.006)
    if chance(rng, 0.5):
        rug = pick(BRIGHT, rng)
        x, y = w * float(rng.uniform(0.3, 0.7)), line + (h - line) * 0.6
        canvas.fill(ellipse(x, y, 0.5, 0.17), mix(rug, wall, 0.35), outline=darker(rug, 0.2), width=0.02)
        ring = ellipse(x, y, 0.42, 0.13)
        canvas.stroke(np.concatenate([ring, ring[:2]]), lighter(rug, 0.5), 0.012)
    return (line + (h - line) * 0.62) / h


def _window(canvas: Canvas, rng: np.random.Generator, line: float) -> None:
    x, y, size = canvas.width * float(rng.uniform(0.05, 0.6)), line * 0.12, line * 0.62
    sky: Color = (40, 50, 96) if chance(rng, 0.3) else (172, 214, 240)
    canvas.fill(_box(x, y, x + size, y + size), sky, outline=(250, 246, 238), width=0.05)
    canvas.marks(
        canvas.clip(_box(x, y, x + size, y + size)),
        [ellipse(x + size * 0.5, y + size * 1.05, size * 0.7, size * 0.3)],
        (124, 168, 112),
    )
    canvas.stroke(np.array([[x + size / 2, y], [x + size / 2, y + size]]), (250, 246, 238), 0.025)
    canvas.stroke(np.array([[x, y + size / 2], [x + size, y + size / 2]]), (250, 246, 238), 0.025)


def _picture(canvas: Canvas, rng: np.random.Generator, line: float) -> None:
    for _ in range(int(rng.integers(1, 3))):
        x, y, size = (
            canvas.width * float(rng.uniform(0.02, 0.8)),
            line * float(rng.uniform(0.08, 0.3)),
            line * 0.32,
        )
        frame = _box(x, y, x + size, y + size * 0.8)
        paper = lighter(pick(BRIGHT, rng), 0.4)
        canvas.fill(frame, paper, outline=(96, 70, 52), width=0.03)
        canvas.marks(
            canvas.clip(frame),
            [ellipse(x + size / 2, y + size * 0.7, size * 0.3, size * 0.3)],
            pick(BRIGHT, rng),
            0.8,
        )


def _shelf(canvas: Canvas, rng: np.random.Generator, line: float) -> None:
    x, y = canvas.width * float(rng.uniform(0.0, 0.5)), line * 0.42
    for i in range(int(rng.integers(4, 9))):
        tall = float(rng.uniform(0.12, 0.22))
        book = pick(BRIGHT, rng)
        canvas.fill(
            _box(x + i * 0.055, y - tall, x + i * 0.055 + 0.05, y),
            mix(book, (120, 100, 90), 0.3),
            outline=darker(book, 0.4),
            width=0.006,
        )
    canvas.fill(_box(x - 0.05, y, x + 0.6, y + 0.03), (132, 94, 66), outline=(80, 56, 42), width=0.008)


def _garden(canvas: Canvas, rng: np.random.Generator) -> float:
    w, h = canvas.width, canvas.height
    line = h * float(rng.uniform(0.5, 0.68))
    grass = jitter(pick(((122, 176, 88), (98, 152, 84), (156, 182, 92), (194, 168, 96)), rng), rng, 14)
    gradient(canvas, jitter((142, 198, 236), rng, 18), (226, 240, 244))
    for _ in range(int(rng.integers(0, 4))):
        _cloud(
            canvas,
            w * float(rng.random()),
            line * float(rng.uniform(0.1, 0.6)),
            float(rng.uniform(0.08, 0.16)),
        )
    canvas.fill(ellipse(w * float(rng.random()), line + 0.12, w * 0.7, 0.32), mix(grass, (120, 160, 170), 0.4))
    if chance(rng, 0.6):
        _tree(canvas, w * float(rng.random()), line + 0.04, float(rng.uniform(0.35, 0.6)), rng)
    canvas.fill(_box(0, line, w, h), grass)
    blades = np.column_stack([rng.uniform(0, w, 40), rng.uniform(line, h, 40)]).tolist()
    for x, y in blades:
        canvas.stroke(np.array([[x, y], [x + 0.012, y - 0.04]]), darker(grass, 0.2), 0.009)
    for x, y in blades[: int(rng.integers(0, 14))]:
        _flower(canvas, x, y, pick(BRIGHT, rng))
    return (line + (h - line) * 0.6) / h


def _cloud(canvas: Canvas, x: float, y: float, size: float) -> None:
    for dx, r in ((-1.0, 0.6), (-0.3, 0.9), (0.5, 0.75), (1.1, 0.5)):
        canvas.fill(ellipse(x + dx * size, y - r * size * 0.35, r * size, r * size * 0.7), (250, 252, 252))


def _tree(canvas: Canvas, x: float, y: float, size: float, rng: np.random.Generator) -> None:
    leaf = jitter((86, 138, 82), rng, 20)
    canvas.fill(_box(x - size * 0.07, y - size * 0.5, x + size * 0.07, y), (116, 84, 62))
    for dx, dy, r in ((-0.22, -0.62, 0.27), (0.24, -0.6, 0.26), (0.0, -0.85, 0.32)):
        canvas.fill(ellipse(x + dx * size, y + dy * size, r * size, r * size), leaf)
    canvas.glaze(ellipse(x - 0.08 * size, y - 0.92 * size, 0.18 * size, 0.16 * size), WHITE, 0.2)


def _flower(canvas: Canvas, x: float, y: float, color: Color) -> None:
    for angle in np.arange(0, 5) * 2 * np.pi / 5:
        canvas.fill(ellipse(x + 0.018 * np.cos(angle), y + 0.018 * np.sin(angle), 0.012, 0.012, steps=8), color)
    canvas.fill(ellipse(x, y, 0.01, 0.01, steps=8), (248, 222, 110))


def _night(canvas: Canvas, rng: np.random.Generator) -> float:
    w, h = canvas.width, canvas.height
    line = h * float(rng.uniform(0.66, 0.78))
    gradient(canvas, jitter((24, 28, 62), rng, 10), jitter((74, 74, 122), rng, 14))
    for x, y, r in zip(rng.uniform(0, w, 26), rng.uniform(0, line, 26), rng.uniform(0.003, 0.008, 26), strict=True):
        canvas.fill(ellipse(x, y, r, r, steps=6), (246, 240, 214))
    mx, my = w * float(rng.uniform(0.12, 0.88)), line * float(rng.uniform(0.15, 0.4))
    canvas.glaze(ellipse(mx, my, 0.17, 0.17), (246, 238, 200), 0.18)
    canvas.fill(ellipse(mx, my, 0.11, 0.11), (248, 238, 204))
    x = 0.0
    while x < w:
        wide, tall = float(rng.uniform(0.12, 0.26)), float(rng.uniform(0.08, 0.3))
        canvas.fill(_box(x, line - tall, x + wide, line), (36, 38, 66))
        for wx in np.arange(x + 0.03, x + wide - 0.03, 0.06).tolist():
            if chance(rng, 0.5):
                canvas.fill(_box(wx, line - tall + 0.04, wx + 0.022, line - tall + 0.07), (250, 214, 122))
        x += wide
    canvas.fill(_box(0, line - 0.01, w, h), jitter((84, 66, 84), rng, 12))
    canvas.stroke(np.array([[0, line], [w, line]]), (40, 32, 48), 0.02)
    return (line + (h - line) * 0.55) / h


def _sunset(canvas: Canvas, rng: np.random.Generator) -> float:
    w, h = canvas.width, canvas.height
    line = h * float(rng.uniform(0.6, 0.72))
    gradient(canvas, jitter((120, 88, 146), rng, 16), jitter((252, 178, 110), rng, 14))
    sx, sy = w * float(rng.uniform(0.15, 0.85)), line * float(rng.uniform(0.5, 0.95))
    canvas.glaze(ellipse(sx, sy, 0.27, 0.27), (255, 226, 150), 0.35)
    canvas.fill(ellipse(sx, sy, 0.17, 0.17), (255, 226, 150))
    for depth, color in ((0.0, (150, 92, 112)), (0.09, (110, 72, 98))):
        xs = np.linspace(-0.2, w + 0.2, 7)
        ridge = np.column_stack([xs, line - 0.1 + depth + rng.uniform(-0.07, 0.05, 7)])
        hills = np.concatenate([smooth(ridge, closed=False), [[w + 0.2, h], [-0.2, h]]])
        canvas.fill(hills, jitter(color, rng, 8))
    canvas.fill(_box(0, line + 0.06, w, h), jitter((92, 64, 78), rng, 14))
    return (line + 0.06 + (h - line) * 0.45) / h


def _beach(canvas: Canvas, rng: np.random.Generator) -> float:
    w, h = canvas.width, canvas.height
    sea = h * float(rng.uniform(0.4, 0.5))
    sand = sea + 0.14
    snow = chance(rng, 0.4)
    ground: Color = (236, 240, 248) if snow else jitter((236, 212, 164), rng, 12)
    gradient(canvas, jitter((150, 204, 232), rng, 14), (236, 244, 244))
    canvas.fill(_box(0, sea, w, h), jitter((150, 174, 196) if snow else (72, 158, 182), rng, 12))
    xs = np.linspace(-0.1, w + 0.1, 9)
    shore = np.column_stack([xs, sand + 0.02 * np.sin(xs * 7 + float(rng.uniform(0, 6)))])
    canvas.fill(np.concatenate([smooth(shore, closed=False), [[w + 0.1, h], [-0.1, h]]]), ground)
    canvas.stroke(smooth(shore, closed=False), WHITE, 0.025)
    for x, y in zip(rng.uniform(0, w, 24), rng.uniform(sand + 0.06, h, 24), strict=True):
        canvas.fill(ellipse(x, y, 0.009, 0.005, steps=6), darker(ground, 0.16))
    if snow:
        for x, y in zip(rng.uniform(0, w, 30), rng.uniform(0, h, 30), strict=True):
            canvas.fill(ellipse(x, y, 0.01, 0.01, steps=8), WHITE)
    return (sand + (h - sand) * 0.6) / h


def _studio(canvas: Canvas, rng: np.random.Generator) -> float:
    color = jitter(pick(BRIGHT + _WALLS, rng), rng, 20)
    gradient(canvas, lighter(color, float(rng.uniform(0.2, 0.6))), darker(color, float(rng.uniform(0.0, 0.3))))
    if chance(rng, 0.5):
        canvas.glaze(ellipse(canvas.width / 2, canvas.height * 0.5, 0.44, 0.44, steps=40), lighter(color, 0.7), 0.5)
    return float(rng.uniform(0.84, 0.93))


def _paper(canvas: Canvas, rng: np.random.Generator) -> float:
    """Wallpaper: dots, stripes, checks or paw prints."""
    w, h = canvas.width, canvas.height
    base = jitter(lighter(pick(BRIGHT, rng), float(rng.uniform(0.2, 0.65))), rng, 12)
    ink = lighter(base, 0.35) if chance(rng, 0.5) else darker(base, 0.16)
    gradient(canvas, base, base)
    step, kind = float(rng.uniform(0.1, 0.2)), int(rng.integers(4))
    for row, y in enumerate(np.arange(0, h + step, step).tolist()):
        for x in np.arange((row % 2) * step / 2, w + step, step).tolist():
            if kind == 0:
                canvas.fill(ellipse(x, y, step * 0.2, step * 0.2, steps=14), ink)
            elif kind == 1:
                canvas.fill(_box(x, y, x + step / 2, y + step), ink)
            elif kind == 2:
                canvas.fill(
                    np.array(
                        [
                            [x, y],
                            [x + step * 0.45, y],
                            [x + step * 0.95, y + step],
                            [x + step * 0.5, y + step],
                        ]
                    ),
                    ink,
                )
            else:
                canvas.fill(ellipse(x, y, step * 0.16, step * 0.13, steps=10), ink)
                for dx in (-0.2, 0.0, 0.2):
                    canvas.fill(
                        ellipse(
                            x + dx * step,
                            y - (0.22 - abs(dx) * 0.3) * step,
                            step * 0.06,
                            step * 0.08,
                            steps=8,
                        ),
                        ink,
                    )
    return float(rng.uniform(0.84, 0.93))


BACKGROUNDS: dict[str, Background] = {
    "room": _room,
    "garden": _garden,
    "night": _night,
    "sunset": _sunset,
    "beach": _beach,
    "studio": _studio,
    "paper": _paper,
}
# Cats are photographed more at home, dogs more outdoors: a habit of photographers that networks learn, too.
ODDS = {
    "cat": {"room": 7.0, "garden": 0.8, "night": 2.0, "sunset": 0.8, "beach": 0.3, "studio": 1.0, "paper": 1.2},
    "dog": {"room": 0.9, "garden": 6.4, "night": 0.4, "sunset": 1.0, "beach": 2.4, "studio": 1.0, "paper": 0.6},
}
