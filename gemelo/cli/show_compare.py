"""What `gemelo compare` prints for people."""

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from gemelo.cli.show import add_row, console, figure, plain
from gemelo.compare.report import counted

if TYPE_CHECKING:
    from gemelo.compare.baseline import BaselineReport
    from gemelo.compare.report import CompareReport, Departure, Pair

_CHANGES = 5
_NOTES = 10


def print_compare(report: "CompareReport") -> None:
    """The models, the table, and why models differ."""
    out = console()
    for side in report.sides:
        fed = f"; {side.preprocessing}" if side.preprocessing else ""
        out.print(f"[bold]{side.letter}[/] {plain(side.path)}: {side.format}, {side.precision}{plain(fed)}")
        for note in side.notes:
            out.print(f"    {plain(note)}", style="dim")
    out.print(_table(report))
    for pair in report.pairs:
        _print_pair(pair)
    for letter, reason in report.failures.items():
        out.print(f"  [red]failed[/] {letter}: {plain(reason)}")
    for note in report.notes[:_NOTES]:
        out.print(f"  note: {plain(note)}")
    if len(report.notes) > _NOTES:
        out.print(f"  {len(report.notes) - _NOTES} more notes are in compare.json (--out DIR)")


def _table(report: "CompareReport") -> Table:
    reference = report.sides[0].letter
    table = Table(
        title=f"{counted(report.photos)}, compared with {reference}",
        title_justify="left",
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    table.add_column("model", style="bold", no_wrap=True)
    for head in ("largest diff.", "mean diff.", "labels changed", "accuracy %"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    accuracies = {side.letter: side.accuracy for side in report.sides}
    add_row(table, reference, "-", "-", "-", _accuracy(accuracies[reference]), "")
    for pair in report.pairs:
        verdict = Text("agrees", "green") if pair.passed else Text("DIFFERS", "red")
        changed = f"{len(pair.changes)}/{pair.photos}"
        cells = (f"{pair.max_difference:.1e}", f"{pair.mean_difference:.1e}", changed)
        add_row(table, pair.letter, *cells, _accuracy(accuracies[pair.letter]), verdict)
    return table


def _accuracy(value: float | None) -> str:
    return figure(None if value is None else 100 * value, ".2f")


def _print_pair(pair: "Pair") -> None:
    out = console()
    for reason in pair.reasons:
        out.print(f"  [red]differs[/] {pair.letter}: {plain(reason)}")
    if pair.cause is not None:
        out.print(f"  [bold]cause[/] {plain(pair.cause.stage)}: {plain(pair.cause.sentence)}")
        if pair.cause.option:
            out.print(f"    try {plain(pair.cause.option)}")
    elif pair.unexplained:
        out.print(f"  {pair.unexplained}")
    if pair.departure is not None:
        print_departure(pair.letter, "A", pair.departure)
    for change in pair.changes[:_CHANGES] if not pair.passed else []:
        out.print(
            f"  [red]label change[/] {pair.letter}: {plain(change.image)}: {plain(change.expected)} became "
            f"{plain(change.answered)}, A's margin {change.margin:.3f}"
        )


def print_departure(one: str, other: str, departure: "Departure") -> None:
    """Where a model departs from another, with what both hold there.

    Args:
        one, other: What to call them.
        departure: What was found.
    """
    out = console()
    out.print(f"  [bold]layers[/] {plain(departure.sentence)}")
    for name, place in ((one, departure.here), (other, departure.there)):
        if place is not None:
            out.print(
                f"    {name}: {plain(place.name)} ({plain(place.kind)}) holds {place.low:.4g} to {place.high:.4g}"
            )
    for note in departure.notes:
        out.print(f"    {plain(note)}", style="dim")


def print_baseline(report: "BaselineReport") -> None:
    """What changed since an older bundle."""
    out = console()
    table = Table(
        title=f"since {plain(report.old)}", title_justify="left", box=None, pad_edge=False, padding=(0, 1, 0, 0)
    )
    table.add_column("artifact", style="bold", no_wrap=True)
    for head in ("labels changed", "before %", "after %", "lost", "won", "p"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for row in report.artifacts:
        verdict = Text("no worse", "green") if row.passed else Text("WORSE", "red")
        shares = (_accuracy(row.accuracy_before), _accuracy(row.accuracy_after))
        counts = (str(row.lost), str(row.won), figure(row.p, ".3g"))
        add_row(table, row.name, f"{len(row.changes)}/{row.photos}", *shares, *counts, verdict)
    out.print(table)
    for row in report.artifacts:
        for change in row.changes[:_CHANGES]:
            told = f"{plain(change.expected)} became {plain(change.answered)}"
            out.print(f"  label change {row.name}: {plain(change.image)}: {told}")
    for name in report.added:
        out.print(f"  note: {plain(name)} is new")
    for name in report.removed:
        out.print(f"  note: {plain(name)} is gone")
    for note in report.notes[:_NOTES]:
        out.print(f"  note: {plain(note)}")
