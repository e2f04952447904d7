"""The Pareto table of the quantization: quantization.json and quantization.png, beside the model."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gemelo.store.files import atomic_write, read_json, write_json
from gemelo.store.quantization import DATA, PICTURE, Candidate, LayerCost, QuantizationFile
from gemelo.store.schema import read

from .judge import Cost
from .schemes import CALIBRATIONS, Scheme


@dataclass(frozen=True)
class Row:
    """A scheme that was tried.

    Attributes:
        scheme: Which.
        bytes: Of the whole file.
        cost: What was lost on the training images.
        passed: Whether it would pass the gate there.
    """

    scheme: Scheme
    bytes: int
    cost: Cost
    passed: bool


@dataclass(frozen=True)
class Table:
    """What was tried, and what was taken.

    Attributes:
        images: Training images that each was judged on.
        fp32_bytes: Of the file in float32.
        rows: In the order in which they were tried.
        chosen: Which of them was taken.
        sensitivity: What each layer costs alone, by its name; empty where that was not measured.
        layers: What each layer is, by its name.
    """

    images: int
    fp32_bytes: int
    rows: Sequence[Row]
    chosen: int
    sensitivity: Mapping[str, float]
    layers: Mapping[str, str]

    @property
    def pareto(self) -> list[int]:
        """The rows that no other is both as small and as near, or better in one and no worse in the other."""

        def figures(row: Row) -> tuple[float, float]:
            return row.bytes, row.cost.mean_difference

        def beaten(one: Row) -> bool:
            mine = figures(one)
            return any(
                all(a <= b for a, b in zip(figures(row), mine, strict=True)) and figures(row) != mine
                for row in self.rows
            )

        return [i for i, row in enumerate(self.rows) if not beaten(row)]

    def file(self) -> QuantizationFile:
        """What stands in quantization.json. No time is in it: the same run gives the same file."""
        front = self.pareto
        candidates = [
            Candidate(
                scheme=str(row.scheme),
                per_channel=row.scheme.per_channel,
                calibration=row.scheme.calibration,
                fp32_layers=[self.layers[name] for name in row.scheme.kept],
                bytes=row.bytes,
                **vars(row.cost),
                passed=row.passed,
                pareto=i in front,
                chosen=i == self.chosen,
            )
            for i, row in enumerate(self.rows)
        ]
        layers = [LayerCost(self.layers[name], cost) for name, cost in self.sensitivity.items()]
        return QuantizationFile(f"{self.images} training images, against fp32", self.fp32_bytes, candidates, layers)

    def save(self, folder: Path) -> None:
        """Write both files.

        Raises:
            StorageError: The disk is full.
        """
        write_json(folder / DATA, self.file())
        atomic_write(folder / PICTURE, _draw(self))


def load(folder: Path) -> QuantizationFile:
    """The file in a folder."""
    return read(QuantizationFile, read_json(folder / DATA), folder / DATA)


def sentence(folder: Path) -> list[str]:
    """What was taken, for people, from the file in a folder; nothing where there is none."""
    if not (folder / DATA).is_file():
        return []
    rows = load(folder).candidates
    [taken] = [row.scheme for row in rows if row.chosen]
    return [f"{folder.name}/int8: {taken}; chosen from {len(rows)} ways, which stand in {folder.name}/{DATA}"]


def _draw(table: Table) -> bytes:
    """Bytes against difference, the front as a line, the chosen one in a ring."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, 4.2), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for calibration, color in zip(CALIBRATIONS, ("#2456c4", "#c2571a", "#1f7a4d"), strict=True):
        for per_channel, marker in ((True, "o"), (False, "s")):
            _points(axes, table, calibration, per_channel=per_channel, style={"color": color, "marker": marker})
    front = sorted((table.rows[i].bytes / 1000, _height(table.rows[i])) for i in table.pareto)
    axes.plot(*zip(*front, strict=True), color="#8a8a8a", linewidth=1, zorder=1)
    taken = table.rows[table.chosen]
    ring: dict[str, Any] = {"s": 260, "facecolors": "none", "edgecolors": "#111111", "linewidths": 1.6}
    axes.scatter([taken.bytes / 1000], [_height(taken)], label=f"taken: {taken.scheme}", **ring)
    axes.set_yscale("log")
    axes.set_xlabel(f"kB (fp32: {table.fp32_bytes / 1000:,.0f})")
    axes.set_ylabel("mean difference of a probability")
    axes.set_title(f"int8: what each way costs, on {table.images} training images", loc="left", fontsize=11)
    axes.grid(visible=True, which="both", alpha=0.25)
    axes.legend(fontsize=8, frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _points(axes: Any, table: Table, calibration: str, *, per_channel: bool, style: Mapping[str, Any]) -> None:
    rows = [row for row in table.rows if (row.scheme.calibration, row.scheme.per_channel) == (calibration, per_channel)]
    if not rows:
        return
    name = f"per {'channel' if per_channel else 'tensor'}, {calibration}"
    places = [row.bytes / 1000 for row in rows], [_height(row) for row in rows]
    axes.scatter(*places, s=46, label=name, zorder=2, **style)
    for row in rows:
        if row.scheme.kept:
            at = (row.bytes / 1000, _height(row))
            axes.annotate(f"{len(row.scheme.kept)} in fp32", at, xytext=(7, 5), textcoords="offset points", fontsize=7)


def _height(row: Row) -> float:
    return max(row.cost.mean_difference, 1e-8)
