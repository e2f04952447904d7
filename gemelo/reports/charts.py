"""Line charts as SVG: in the colors of the page, with digits that are readable on a phone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from gemelo.reports.statistics import percent

Point = tuple[float, float]
# The plot within the picture, in units of the SVG: left, top, right, bottom.
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 360, 262, 46, 34, 338, 208


@dataclass(frozen=True)
class Axis:
    """One axis.

    Attributes:
        name: What is on it.
        low, high: Its ends.
        ticks: The values that are named.
        shares: Whether values are written as percentages.
    """

    name: str
    low: float
    high: float
    ticks: Sequence[float]
    shares: bool = False

    def place(self, value: float) -> float:
        """Where a value is, from 0 at the low end to 1 at the high one."""
        return (value - self.low) / (self.high - self.low)

    def label(self, tick: float) -> str:
        """A value as it is written."""
        return percent(tick, 0 if self._step >= 0.01 else 1) if self.shares else f"{tick:g}"

    @property
    def _step(self) -> float:
        return self.ticks[1] - self.ticks[0] if len(self.ticks) > 1 else 1.0


@dataclass(frozen=True)
class Line:
    """One line.

    Attributes:
        name: In the legend.
        points: Of the line, in the units of the axes.
        style: `first`, `second` or `guide`.
        dots: Whether the points are marked.
    """

    name: str
    points: Sequence[Point]
    style: str
    dots: bool = False


@dataclass(frozen=True)
class Chart:
    """A chart for the macro `chart` of `parts.html`.

    Attributes:
        title: Above it.
        x, y: The axes.
        lines: In the order of the legend.
        mark: A point that stands out, and its name in the legend.
        bars: (low, high, height) of bars behind the lines, and their name in the legend.
    """

    title: str
    x: Axis
    y: Axis
    lines: Sequence[Line]
    mark: tuple[Point, str] | None = None
    bars: tuple[Sequence[tuple[float, float, float]], str] | None = None
    size: ClassVar = (WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM)

    def at(self, point: Point) -> Point:
        """A point in the units of the SVG."""
        across = LEFT + (RIGHT - LEFT) * self.x.place(point[0])
        return round(across, 1), round(BOTTOM - (BOTTOM - TOP) * self.y.place(point[1]), 1)


def axis(name: str, values: Sequence[float], *, whole: bool = False, shares: bool = False) -> Axis:
    """An axis around values, with three to six round ticks.

    Args:
        name: What is on it.
        values: That it must hold.
        whole: Whether only whole numbers are named.
        shares: Whether values are written as percentages.
    """
    low, high = min(values), max(values)
    room = 0 if whole else 0.08 * (high - low) or 0.05
    low, high = low - room, high + room
    if shares:
        low, high = max(0.0, low), min(1.0, high)
    step = _step(high - low)
    step = max(1.0, step) if whole else step
    first = math.ceil(low / step - 1e-9)
    ticks = [round(i * step, 10) for i in range(first, math.floor(high / step + 1e-9) + 1)]
    return Axis(name, low, high if high > low else low + 1, ticks, shares)


def _step(span: float) -> float:
    """The round step (1, 2 or 5 times a power of ten) that gives three to six ticks."""
    rough = max(span, 1e-9) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    return power * next(factor for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
