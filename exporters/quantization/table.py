"""The Pareto table of the quantization: quantization.json, beside the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gemelo.store.files import read_json, write_json
from gemelo.store.quantization import DATA, Candidate, LayerCost, QuantizationFile
from gemelo.store.schema import read

from .judge import Cost


@dataclass(frozen=True)
class Scheme:
    """One way.

    Attributes:
        corrected: Whether biases take back what rounding moves.
        kept: Layers that stay in float32, by the names of their nodes.
    """

    corrected: bool
    kept: tuple[str, ...] = ()

    def __str__(self) -> str:
        """In words: `biases corrected, 2 layers in fp32`."""
        layers = {0: "", 1: ", 1 layer in fp32"}.get(len(self.kept), f", {len(self.kept)} layers in fp32")
        return f"biases {'corrected' if self.corrected else 'as they were'}{layers}"


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
                corrected=row.scheme.corrected,
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
        """Write the file.

        Raises:
            StorageError: The disk is full.
        """
        write_json(folder / DATA, self.file())


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
