"""The pictures of a run: curves, confusion, calibration. Colors by Okabe and Ito (2008), told apart by everyone."""

import warnings
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from gemelo.run import Epoch

from . import fonts
from .metrics import Bins, expected_calibration_error

BLUE, ORANGE, GREEN, INK, FAINT = "#0072B2", "#D55E00", "#009E73", "#23262b", "#d9dce1"
_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "text.parse_math": False,  # a class may be called "$5"
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
}


def curves(path: Path, history: list[Epoch], kept: int) -> None:
    """Accuracy and loss, training and validation, with the epoch marked whose weights were kept.

    Args:
        path: The PNG to write.
        history: Of all epochs.
        kept: That epoch.
    """
    with plt.rc_context(_STYLE):
        figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.9), layout="constrained")
        _curve(left, history, "accuracy", kept)
        _curve(right, history, "loss", kept)
        _write(figure, path)


def _curve(axes: Axes, history: list[Epoch], what: str, kept: int) -> None:
    epochs = [row.epoch for row in history]
    marker = "o" if len(history) == 1 else None
    axes.plot(epochs, [getattr(row, what) for row in history], color=BLUE, label="training", marker=marker)
    held = [getattr(row, f"val_{what}") for row in history]
    axes.plot(epochs, held, color=ORANGE, label="validation", linestyle="--", marker=marker)
    axes.axvline(kept, color=FAINT, zorder=0)
    dot: dict[str, Any] = {"color": ORANGE, "markeredgecolor": "white", "markersize": 9, "linestyle": "none"}
    value = held[epochs.index(kept)]
    name = f"epoch {kept}" if kept else "the head alone"
    axes.plot([kept], [value], "o", label=f"kept: {name} ({value:.4f})", zorder=3, **dot)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(title=what.capitalize(), xlabel="epoch")
    axes.margins(y=0.15)
    if len(history) == 1:  # one dot has no scale of its own
        top = 1.0 if what == "accuracy" else max(value, getattr(history[0], what), 1e-3)
        axes.set(xlim=(kept - 0.5, kept + 0.5), xticks=[kept], ylim=(0, 1.5 * top), yticks=[0, top / 2, top])
        axes.yaxis.set_major_formatter("{x:.3g}")
    axes.legend()


def confusion(path: Path, matrix: list[list[int]], labels: list[str], classes: int | None = None) -> None:
    """True classes against decided ones, shaded by the share of the true class.

    Args:
        path: The PNG to write.
        matrix: Photos; rows are true classes, at most `metrics.MOST_CLASSES`.
        labels: Of the matrix.
        classes: How many there are in all, where these are the most confused of them.
    """
    side = max(4.2, 1.6 + 0.62 * len(labels))
    families, names = fonts.drawable([_short(name) for name in labels])
    title = f"Confusion of the {len(labels)} classes most often confused, of {classes:,}" if classes else "Confusion"
    with plt.rc_context({**_STYLE, "font.family": families}):
        figure, axes = plt.subplots(figsize=(side + 0.8, side), layout="constrained")
        shares = [[cell / max(1, sum(row)) for cell in row] for row in matrix]
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        axes.grid(False)
        for i, row in enumerate(matrix):
            for j, cell in enumerate(row):
                color = "white" if shares[i][j] > 0.55 else INK
                axes.text(j, i, f"{cell}\n{shares[i][j]:.0%}", ha="center", va="center", color=color, fontsize=8)
        axes.set_xticks(range(len(labels)), names, rotation=45 if len(labels) > 3 else 0)
        axes.set_yticks(range(len(labels)), names)
        axes.set(title=title, xlabel="decided", ylabel="true")
        _write(figure, path)


def calibration(path: Path, bins: Bins, before: Bins | None = None) -> None:
    """How often the model is right against how sure it is.

    Args:
        path: The PNG to write.
        bins: Of `metrics.reliability`.
        before: The same, before the model was calibrated.
    """
    filled = [row for row in bins if row["count"]]
    total = sum(row["count"] for row in filled)
    with plt.rc_context(_STYLE):
        figure, (top, bottom) = plt.subplots(
            2, 1, figsize=(5, 5.4), sharex=True, height_ratios=(3, 1), layout="constrained"
        )
        top.plot([0, 1], [0, 1], color=INK, linestyle=":", label="perfect")
        if before:
            look: dict[str, Any] = {"color": ORANGE, "marker": "s", "markersize": 4, "linestyle": "--"}
            top.plot(*_points(before), label=f"before: {expected_calibration_error(before):.3f}", **look)
        error = f"{expected_calibration_error(bins):.3f}"
        top.plot(*_points(bins), color=BLUE, marker="o", label=f"calibrated: {error}" if before else "this model")
        top.set(title=f"Calibration (expected error {error})", ylabel="how often right", ylim=(0, 1.03))
        top.legend(loc="upper left")
        places = [row["low"] for row in filled]
        bottom.bar(places, [row["count"] / total for row in filled], 1 / len(bins), align="edge", color=GREEN)
        bottom.set(xlabel="how sure", ylabel="photos", xlim=(0, 1))
        bottom.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        _write(figure, path)


def _points(bins: Bins) -> list[list[float]]:
    """How sure, and how often right, of the bins that hold photos."""
    return [[row[what] for row in bins if row["count"]] for what in ("confidence", "accuracy")]


def _short(name: str) -> str:
    from .dataset import printable

    name = printable(name)
    return name if len(name) <= 18 else f"{name[:17]}…"


def _write(figure: Figure, path: Path) -> None:
    # Without the name of the software in it, the same figures give the same bytes.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of fonts and layouts: words of matplotlib's, which help nobody
            figure.savefig(path, dpi=130, facecolor="white", metadata={"Software": None})
    finally:
        plt.close(figure)
