"""What the commands print for people: tables."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from gemelo.cli.text import shown

if TYPE_CHECKING:
    from gemelo.parity.report import ArtefactParity, ParityReport


def console() -> Console:
    """Standard output; colours only on a terminal."""
    return Console(highlight=False, soft_wrap=True)


def size(count: int) -> str:
    """Bytes as people read them."""
    return f"{count / 1e6:.2f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"


def plain(text: str) -> str:
    """Text from outside, safe to print by rich: no markup, no control characters, no half characters."""
    return escape(shown(text))


def figure(value: float | None, form: str) -> str:
    """A number as a cell; a dash where there is none."""
    return "-" if value is None else format(value, form)


def add_row(table: Table, *cells: str | Text) -> None:
    """Add a row whose cells may be text from outside: only a `Text` has a style."""
    table.add_row(*(cell if isinstance(cell, Text) else Text(shown(cell)) for cell in cells))


def parity_table(report: "ParityReport", sizes: dict[str, int]) -> Table:
    """The parity table.

    Args:
        report: What was found.
        sizes: {artefact name: bytes}.
    """
    images = f"{report.goldens} goldens, {report.photos - report.unrecorded} photos"
    if report.unrecorded:
        images += f"; {report.unrecorded} more against fp32"
    # Eighty columns must do: the reasons of a failure stand below the table.
    table = Table(
        title=f"{plain(report.name)}: twins against Keras ({images})",
        title_justify="left",
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    table.add_column("artefact", style="bold", no_wrap=True)
    for head in ("size", "max diff.", "agree %", "changed", "decisive", "drop"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for artefact in report.artefacts:
        add_row(table, *_row(artefact, sizes))
    return table


def _row(artefact: "ArtefactParity", sizes: dict[str, int]) -> tuple[str | Text, ...]:
    verdict = Text("passed", "green") if artefact.passed else Text("FAILED", "red")
    return (
        artefact.name,
        size(sizes[artefact.name]) if artefact.name in sizes else "-",
        f"{artefact.max_abs_difference:.1e}",
        f"{100 * artefact.top1_agreement:.2f}",
        f"{artefact.changes}/{artefact.counted}",
        "-" if artefact.allowed is None else f"{artefact.decisive}/{artefact.allowed}",
        "-" if artefact.accuracy_drop is None else f"{artefact.accuracy_drop:+.2f}",
        verdict,
    )


def print_parity(report: "ParityReport", sizes: dict[str, int]) -> None:
    """The table, what was proved, why something failed, what was left out, and the notes."""
    from gemelo.parity.summary import gates_by_hand, proved

    out = console()
    out.print(parity_table(report, sizes))
    if any(artefact.allowed is not None for artefact in report.artefacts):
        out.print("decisive: label changes of which Keras was sure / how many are allowed", style="dim")
    out.print(plain(proved(report)))
    for artefact in report.artefacts:
        _print_failed(artefact)
    for failure in report.failures:
        out.print(f"  [red]failed[/] {plain(failure.name)}: {plain('; '.join(failure.reasons))}")
    for failure in report.left_out:
        out.print(f"[yellow]left out[/] {plain(failure.name)}: {plain('; '.join(failure.reasons))}")
        for line in (failure.help or "").splitlines():
            out.print(f"  {plain(line)}")
        if failure.measured is not None and failure.measured.blame is not None:
            out.print(f"  where to look first: [bold]{failure.measured.blame.culprit}[/]")
    for line in gates_by_hand(report):
        out.print(f"  [yellow]gate[/] {plain(line)}")
    for note in report.notes[:10]:
        out.print(f"  note: {plain(note)}")


def _print_failed(artefact: "ArtefactParity") -> None:
    out = console()
    for reason in artefact.reasons:
        out.print(f"  [red]failed[/] {plain(artefact.name)}: {plain(reason)}")
    for flip in artefact.flips[:5] if not artefact.passed else []:
        out.print(
            f"  [red]flip[/] {plain(artefact.name)}: {plain(flip.image)}: Keras {plain(flip.expected)}, "
            f"twin {plain(flip.answered)}, Keras's margin {flip.margin:.3f}"
        )
    if not artefact.passed and artefact.blame is not None:
        out.print(f"  [red]blame[/] {plain(artefact.name)}: look first at [bold]{artefact.blame.culprit}[/]")
