"""What the commands print for people: tables."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from gemelo.terminal.text import shown

if TYPE_CHECKING:
    from gemelo.parity.report import ArtifactParity, ParityReport


def console() -> Console:
    """Standard output; colors only on a terminal."""
    return Console(highlight=False, soft_wrap=True)


def size(count: int) -> str:
    """Bytes as people read them."""
    return f"{count / 1e6:.2f} MB" if count >= 1e6 else f"{count / 1e3:.1f} kB"


def plain(text: str) -> str:
    """Text from outside, safe to print by rich: no markup, no control characters, no half characters."""
    return escape(shown(text))


def print_warning(text: str | None) -> None:
    """What speaks against the declared preprocessing of an imported model, if anything does."""
    if text is not None:
        console().print(f"[bold red]WARNING[/] {plain(text)}")


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
        sizes: {artifact name: bytes}.
    """
    images = f"{report.goldens} goldens, {report.photos - report.without_reference} photos"
    if report.without_reference:
        images += f"; {report.without_reference} more against fp32"
    # Eighty columns must do: the reasons of a failure stand below the table.
    table = Table(
        title=f"{plain(report.name)}: artifacts against Keras ({images})",
        title_justify="left",
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    table.add_column("artifact", style="bold", no_wrap=True)
    for head in ("size", "max diff.", "agree %", "changed", "decisive", "drop"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for artifact in report.artifacts:
        add_row(table, *_row(artifact, sizes))
    return table


def _row(artifact: "ArtifactParity", sizes: dict[str, int]) -> tuple[str | Text, ...]:
    verdict = Text("passed", "green") if artifact.passed else Text("FAILED", "red")
    return (
        artifact.name,
        size(sizes[artifact.name]) if artifact.name in sizes else "-",
        f"{artifact.max_abs_difference:.1e}",
        f"{100 * artifact.top1_agreement:.2f}",
        f"{artifact.changes}/{artifact.counted}",
        "-" if artifact.allowed is None else f"{artifact.decisive}/{artifact.allowed}",
        "-" if artifact.accuracy_drop is None else f"{artifact.accuracy_drop:+.2f}",
        verdict,
    )


def print_parity(report: "ParityReport", sizes: dict[str, int]) -> None:
    """The table, what was proved, why something failed, what was left out, and the notes."""
    from gemelo.parity.summary import gates_by_hand, proved

    out = console()
    out.print(parity_table(report, sizes))
    if any(artifact.allowed is not None for artifact in report.artifacts):
        out.print("decisive: label changes where Keras was sure / how many are allowed", style="dim")
        if report.photos and any(artifact.gate.quantized for artifact in report.artifacts):
            out.print("8-bit files are judged on photos; parity.html has their answers to goldens", style="dim")
    out.print(plain(proved(report)))
    print_warning(report.warning)
    for artifact in report.artifacts:
        _print_failed(artifact)
    for failure in report.failures:
        out.print(f"  [red]failed[/] {plain(failure.name)}: {plain('; '.join(failure.reasons))}")
    for failure in report.left_out:
        out.print(f"[yellow]left out[/] {plain(failure.name)}: {plain('; '.join(failure.reasons))}")
        for line in (failure.help or "").splitlines():
            out.print(f"  {plain(line)}")
        if failure.measured is not None and failure.measured.attribution is not None:
            out.print(f"  where to look first: [bold]{failure.measured.attribution.culprit}[/]")
    for line in gates_by_hand(report):
        out.print(f"  [yellow]gate[/] {plain(line)}")
    for note in report.notes[:10]:
        out.print(f"  note: {plain(note)}")


def _print_failed(artifact: "ArtifactParity") -> None:
    out = console()
    for reason in artifact.reasons:
        out.print(f"  [red]failed[/] {plain(artifact.name)}: {plain(reason)}")
    for change in artifact.label_changes[:5] if not artifact.passed else []:
        out.print(
            f"  [red]label change[/] {plain(artifact.name)}: {plain(change.image)}: Keras {plain(change.expected)}, "
            f"artifact {plain(change.answered)}, Keras's margin {change.margin:.3f}"
        )
    if not artifact.passed and artifact.attribution is not None:
        out.print(f"  [red]cause[/] {plain(artifact.name)}: look first at [bold]{artifact.attribution.culprit}[/]")
