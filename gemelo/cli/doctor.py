"""`gemelo doctor`: what is installed, what is missing, and the command that cures it."""

from dataclasses import asdict

import typer

from gemelo.cli import app
from gemelo.cli.options import JsonOption

_SIGNS = {"ok": "[green]ok[/]", "missing": "[yellow]missing[/]", "bad": "[red]bad[/]", "note": "[dim]note[/]"}
_TITLES = {
    "running": "Running bundles",
    "making": "Training and exporting",
    "app": "The Streamlit app",
    "known": "Known to trip people up",
}


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Show versions, missing packages with the command that installs them, and incompatible package versions.

    The exit code is 1 if incompatible package versions are installed. If packages are only missing, it is 0.
    """
    from rich.table import Table

    from gemelo.cli.show import console, plain
    from gemelo.doctor import examine
    from gemelo.terminal.text import print_json

    findings = examine()
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for topic, title in _TITLES.items():
            table = Table(title=title, title_justify="left", title_style="bold", box=None, show_header=False)
            for finding in (f for f in findings if f.topic == topic):
                cure = f"\n[bold]{plain(finding.cure)}[/]" if finding.cure else ""
                table.add_row(_SIGNS[finding.level], plain(finding.name), plain(finding.text) + cure)
            if table.row_count:
                console().print(table)
    raise typer.Exit(1 if any(f.level == "bad" for f in findings) else 0)
