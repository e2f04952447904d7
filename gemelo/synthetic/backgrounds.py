"""Places to be. Each function paints the whole picture and returns where an animal stands, a share of the height."""

import numpy as np
from PIL import Image

from gemelo.synthetic.canvas import Canvas
from gemelo.synthetic.colors import BRIGHT, FLOORS, WALLS, WHITE, Color, Dice, darker, lighter, mix
from gemelo.synthetic.shapes import box, ellipse, smooth

_FRAME: Color = (250, 246, 238)


def _gradient(canvas: Canvas, top: Color, bottom: Color) -> None:
    """Fill the whole picture from `top` to `bottom`."""
    strip = Image.new("RGB", (1, 2))
    strip.putpixel((0, 0), top)
    strip.putpixel((0, 1), bottom)
    tall = strip.resize((1, canvas.image.height), Image.Resampling.BILINEAR, box=(0, 0.5, 1, 1.5))
    canvas.image.paste(tall.resize(canvas.image.size, Image.Resampling.NEAREST))


def _room(canvas: Canvas, dice: Dice) -> float:
    wall, floor = dice.jitter(dice.pick(WALLS), 14), dice.jitter(dice.pick(FLOORS), 14)
    w, h = canvas.size
    line = h * dice.between(0.58, 0.74)
    _gradient(canvas, lighter(wall, 0.1), darker(wall, 0.12))
    if dice.chance(0.4):
        for x in np.arange(0.05, w, 0.16).tolist():
            canvas.glaze(box(x, 0, x + 0.06, line), lighter(wall, 0.5), 0.35)
    if dice.chance(0.7):
        dice.pick((_window, _picture, _shelf))(canvas, dice, line)
    canvas.fill(box(0, line, w, h), floor)
    for i in range(1, 4):
        y = line + (h - line) * (i / 4) ** 1.4
        canvas.stroke([[0, y], [w, y]], darker(floor, 0.18), 0.007)
    canvas.fill(box(0, line - 0.025, w, line), lighter(wall, 0.55), darker(wall, 0.25), 0.006)
    if dice.chance(0.5):
        rug = dice.pick(BRIGHT)
        x, y = w * dice.between(0.3, 0.7), line + (h - line) * 0.6
        canvas.fill(ellipse(x, y, 0.5, 0.17), mix(rug, wall, 0.35), darker(rug, 0.2), 0.02)
        canvas.ring(ellipse(x, y, 0.42, 0.13), lighter(rug, 0.5), 0.012)
    return (line + (h - line) * 0.62) / h


def _window(canvas: Canvas, dice: Dice, line: float) -> None:
    x, y, size = canvas.size[0] * dice.between(0.05, 0.6), line * 0.12, line * 0.62
    sky = (40, 50, 96) if dice.chance(0.3) else (172, 214, 240)
    pane = box(x, y, x + size, y + size)
    canvas.fill(pane, sky, _FRAME, 0.05)
    hill = ellipse(x + size * 0.5, y + size * 1.05, size * 0.7, size * 0.3)
    canvas.marks(canvas.clip(pane), [hill], (124, 168, 112))
    canvas.stroke([[x + size / 2, y], [x + size / 2, y + size]], _FRAME, 0.025)
    canvas.stroke([[x, y + size / 2], [x + size, y + size / 2]], _FRAME, 0.025)


def _picture(canvas: Canvas, dice: Dice, line: float) -> None:
    for _ in range(int(dice.integers(1, 3))):
        x, y, size = canvas.size[0] * dice.between(0.02, 0.8), line * dice.between(0.08, 0.3), line * 0.32
        frame = box(x, y, x + size, y + size * 0.8)
        canvas.fill(frame, lighter(dice.pick(BRIGHT), 0.4), (96, 70, 52), 0.03)
        sun = ellipse(x + size / 2, y + size * 0.7, size * 0.3, size * 0.3)
        canvas.marks(canvas.clip(frame), [sun], dice.pick(BRIGHT), 0.8)


def _shelf(canvas: Canvas, dice: Dice, line: float) -> None:
    x, y = canvas.size[0] * dice.between(0.0, 0.5), line * 0.42
    for i in range(int(dice.integers(4, 9))):
        tall, book = dice.between(0.12, 0.22), dice.pick(BRIGHT)
        spine = box(x + i * 0.055, y - tall, x + i * 0.055 + 0.05, y)
        canvas.fill(spine, mix(book, (120, 100, 90), 0.3), darker(book, 0.4), 0.006)
    canvas.fill(box(x - 0.05, y, x + 0.6, y + 0.03), (132, 94, 66), (80, 56, 42), 0.008)


def _garden(canvas: Canvas, dice: Dice) -> float:
    w, h = canvas.size
    line = h * dice.between(0.5, 0.68)
    grass = dice.jitter(dice.pick(((122, 176, 88), (98, 152, 84), (156, 182, 92), (194, 168, 96))), 14)
    _gradient(canvas, dice.jitter((142, 198, 236), 18), (226, 240, 244))
    for _ in range(int(dice.integers(0, 4))):
        x, y, size = w * float(dice.random()), line * dice.between(0.1, 0.6), dice.between(0.08, 0.16)
        for dx, r in ((-1.0, 0.6), (-0.3, 0.9), (0.5, 0.75), (1.1, 0.5)):
            canvas.fill(ellipse(x + dx * size, y - r * size * 0.35, r * size, r * size * 0.7), (250, 252, 252))
    canvas.fill(ellipse(w * float(dice.random()), line + 0.12, w * 0.7, 0.32), mix(grass, (120, 160, 170), 0.4))
    if dice.chance(0.6):
        _tree(canvas, w * float(dice.random()), line + 0.04, dice.between(0.35, 0.6), dice)
    canvas.fill(box(0, line, w, h), grass)
    blades = np.column_stack([dice.uniform(0, w, 40), dice.uniform(line, h, 40)]).tolist()
    for x, y in blades:
        canvas.stroke([[x, y], [x + 0.012, y - 0.04]], darker(grass, 0.2), 0.009)
    for x, y in blades[: int(dice.integers(0, 14))]:
        _flower(canvas, x, y, dice.pick(BRIGHT))
    return (line + (h - line) * 0.6) / h


def _tree(canvas: Canvas, x: float, y: float, size: float, dice: Dice) -> None:
    leaf = dice.jitter((86, 138, 82), 20)
    canvas.fill(box(x - size * 0.07, y - size * 0.5, x + size * 0.07, y), (116, 84, 62))
    for dx, dy, r in ((-0.22, -0.62, 0.27), (0.24, -0.6, 0.26), (0.0, -0.85, 0.32)):
        canvas.fill(ellipse(x + dx * size, y + dy * size, r * size, r * size), leaf)
    canvas.glaze(ellipse(x - 0.08 * size, y - 0.92 * size, 0.18 * size, 0.16 * size), WHITE, 0.2)


def _flower(canvas: Canvas, x: float, y: float, color: Color) -> None:
    for angle in np.arange(0, 5) * 2 * np.pi / 5:
        canvas.fill(ellipse(x + 0.018 * np.cos(angle), y + 0.018 * np.sin(angle), 0.012, 0.012, steps=8), color)
    canvas.fill(ellipse(x, y, 0.01, 0.01, steps=8), (248, 222, 110))


def _night(canvas: Canvas, dice: Dice) -> float:
    w, h = canvas.size
    line = h * dice.between(0.66, 0.78)
    _gradient(canvas, dice.jitter((24, 28, 62), 10), dice.jitter((74, 74, 122), 14))
    for x, y, r in zip(dice.uniform(0, w, 26), dice.uniform(0, line, 26), dice.uniform(0.003, 0.008, 26), strict=True):
        canvas.fill(ellipse(x, y, r, r, steps=6), (246, 240, 214))
    mx, my = w * dice.between(0.12, 0.88), line * dice.between(0.15, 0.4)
    canvas.glaze(ellipse(mx, my, 0.17, 0.17), (246, 238, 200), 0.18)
    canvas.fill(ellipse(mx, my, 0.11, 0.11), (248, 238, 204))
    x = 0.0
    while x < w:
        wide, top = dice.between(0.12, 0.26), line - dice.between(0.08, 0.3)
        canvas.fill(box(x, top, x + wide, line), (36, 38, 66))
        for wx in np.arange(x + 0.03, x + wide - 0.03, 0.06).tolist():
            if dice.chance(0.5):
                canvas.fill(box(wx, top + 0.04, wx + 0.022, top + 0.07), (250, 214, 122))
        x += wide
    canvas.fill(box(0, line - 0.01, w, h), dice.jitter((84, 66, 84), 12))
    canvas.stroke([[0, line], [w, line]], (40, 32, 48), 0.02)
    return (line + (h - line) * 0.55) / h


def _sunset(canvas: Canvas, dice: Dice) -> float:
    w, h = canvas.size
    line = h * dice.between(0.6, 0.72)
    _gradient(canvas, dice.jitter((120, 88, 146), 16), dice.jitter((252, 178, 110), 14))
    sx, sy = w * dice.between(0.15, 0.85), line * dice.between(0.5, 0.95)
    canvas.glaze(ellipse(sx, sy, 0.27, 0.27), (255, 226, 150), 0.35)
    canvas.fill(ellipse(sx, sy, 0.17, 0.17), (255, 226, 150))
    for depth, color in ((0.0, (150, 92, 112)), (0.09, (110, 72, 98))):
        ridge = np.column_stack([np.linspace(-0.2, w + 0.2, 7), line - 0.1 + depth + dice.uniform(-0.07, 0.05, 7)])
        hills = np.concatenate([smooth(ridge, closed=False), [[w + 0.2, h], [-0.2, h]]])
        canvas.fill(hills, dice.jitter(color, 8))
    canvas.fill(box(0, line + 0.06, w, h), dice.jitter((92, 64, 78), 14))
    return (line + 0.06 + (h - line) * 0.45) / h


def _beach(canvas: Canvas, dice: Dice) -> float:
    w, h = canvas.size
    sea = h * dice.between(0.4, 0.5)
    sand = sea + 0.14
    snow = dice.chance(0.4)
    ground = (236, 240, 248) if snow else dice.jitter((236, 212, 164), 12)
    _gradient(canvas, dice.jitter((150, 204, 232), 14), (236, 244, 244))
    canvas.fill(box(0, sea, w, h), dice.jitter((150, 174, 196) if snow else (72, 158, 182), 12))
    xs = np.linspace(-0.1, w + 0.1, 9)
    shore = smooth(np.column_stack([xs, sand + 0.02 * np.sin(xs * 7 + dice.between(0, 6))]), closed=False)
    canvas.fill(np.concatenate([shore, [[w + 0.1, h], [-0.1, h]]]), ground)
    canvas.stroke(shore, WHITE, 0.025)
    for x, y in zip(dice.uniform(0, w, 24), dice.uniform(sand + 0.06, h, 24), strict=True):
        canvas.fill(ellipse(x, y, 0.009, 0.005, steps=6), darker(ground, 0.16))
    if snow:
        for x, y in zip(dice.uniform(0, w, 30), dice.uniform(0, h, 30), strict=True):
            canvas.fill(ellipse(x, y, 0.01, 0.01, steps=8), WHITE)
    return (sand + (h - sand) * 0.6) / h


def _studio(canvas: Canvas, dice: Dice) -> float:
    color = dice.jitter(dice.pick(BRIGHT + WALLS), 20)
    _gradient(canvas, lighter(color, dice.between(0.2, 0.6)), darker(color, dice.between(0.0, 0.3)))
    if dice.chance(0.5):
        w, h = canvas.size
        canvas.glaze(ellipse(w / 2, h * 0.5, 0.44, 0.44, steps=40), lighter(color, 0.7), 0.5)
    return dice.between(0.84, 0.93)


def _paper(canvas: Canvas, dice: Dice) -> float:
    """Wallpaper: dots, stripes, checks or paw prints."""
    w, h = canvas.size
    base = dice.jitter(lighter(dice.pick(BRIGHT), dice.between(0.2, 0.65)), 12)
    ink = lighter(base, 0.35) if dice.chance(0.5) else darker(base, 0.16)
    _gradient(canvas, base, base)
    step, kind = dice.between(0.1, 0.2), int(dice.integers(4))
    for row, y in enumerate(np.arange(0, h + step, step).tolist()):
        for x in np.arange((row % 2) * step / 2, w + step, step).tolist():
            if kind == 0:
                canvas.fill(ellipse(x, y, step * 0.2, step * 0.2, steps=14), ink)
            elif kind == 1:
                canvas.fill(box(x, y, x + step / 2, y + step), ink)
            elif kind == 2:
                slant = [[x, y], [x + step * 0.45, y], [x + step * 0.95, y + step], [x + step * 0.5, y + step]]
                canvas.fill(np.array(slant), ink)
            else:
                canvas.fill(ellipse(x, y, step * 0.16, step * 0.13, steps=10), ink)
                for dx in (-0.2, 0.0, 0.2):
                    toe = x + dx * step, y - (0.22 - abs(dx) * 0.3) * step
                    canvas.fill(ellipse(*toe, step * 0.06, step * 0.08, steps=8), ink)
    return dice.between(0.84, 0.93)


BACKGROUNDS = {
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
