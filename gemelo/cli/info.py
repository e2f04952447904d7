"""`gemelo info`: what a run or a bundle is."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gemelo import run as runs
from gemelo.bundle import Bundle
from gemelo.cli import app
from gemelo.cli.options import JsonOption
from gemelo.cli.show import console, plain, size
from gemelo.cli.text import print_json
from gemelo.errors import NotFoundError
from gemelo.run import Run


@app.command()
def info(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A run or a bundle.")],
    as_json: JsonOption = False,
) -> None:
    """Show what a run or a bundle is, after checking every hash in it."""
    if not path.is_dir():
        raise NotFoundError(f"{path}: there is no such folder")
    if (path / runs.MANIFEST).is_file() or (path / runs.CHECKPOINTS).is_dir():
        run = Run.open(path)
        print_json(describe_run(run)) if as_json else print_run(run)
    else:
        bundle = Bundle.open(path)
        print_json(describe_bundle(bundle)) if as_json else print_bundle(bundle)


def describe_run(run: Run) -> dict[str, Any]:
    """A run as `info --json` prints it."""
    value = run.manifest.to_json()
    return {**value, "path": str(run.path), "input": value.pop("contract"), "artefacts": []}


def describe_bundle(bundle: Bundle) -> dict[str, Any]:
    """A bundle as `info --json` prints it."""
    value = {key: row for key, row in bundle.manifest.items() if key not in ("files", "contract")}
    return {**value, "path": str(bundle.path), "input": bundle.contract.to_json()}


def print_run(run: Run) -> None:
    """A run for people."""
    manifest, out = run.manifest, console()
    _head("run", run.path, manifest.architecture, manifest.parameters, run.contract.shape, run.labels)
    metrics, dataset = manifest.metrics, manifest.dataset
    out.print(f"  photos        {dataset.get('train', '?')} to learn from, {dataset.get('test', '?')} to test on")
    out.print(f"  accuracy      [bold]{100 * metrics.get('accuracy', 0):.2f} %[/] on the test photos")
    out.print(f"  calibration   expected error {metrics.get('ece', 0):.3f}")
    for label, row in metrics.get("per_class", {}).items():
        out.print(
            f"  {plain(label):<13} precision {row['precision']:.3f}  recall {row['recall']:.3f}  ({row['support']})"
        )
    out.print(f"  pictures      {plain(str(run.path / 'report.html'))}")


def print_bundle(bundle: Bundle) -> None:
    """A bundle for people."""
    from rich.table import Table

    manifest, out = bundle.manifest, console()
    _head("bundle", bundle.path, manifest["architecture"], manifest["parameters"], bundle.contract.shape, bundle.labels)
    if "accuracy" in manifest["metrics"]:
        out.print(f"  accuracy      [bold]{100 * manifest['metrics']['accuracy']:.2f} %[/] (Keras, on the test photos)")
    table = Table(box=None, padding=(0, 2))
    for head in ("  artefact", "size", "max diff.", "agree %", "drop", "runtime"):
        left = head.endswith(("artefact", "runtime"))
        table.add_column(head, justify="left" if left else "right", no_wrap=True)
    for artefact in bundle.artefacts:
        parity = artefact.parity
        drop = parity.get("accuracy_drop")
        table.add_row(
            f"  {artefact.name}",
            size(artefact.bytes),
            f"{parity['max_abs_difference']:.1e}",
            f"{100 * parity['top1_agreement']:.2f}",
            "-" if drop is None else f"{drop:+.2f}",
            parity["runtime"],
        )
    out.print(table)


def _head(
    kind: str, path: Path, architecture: str, parameters: int, shape: tuple[int, int, int], labels: list[str]
) -> None:
    height, width, channels = shape
    out = console()
    out.print(f"[bold]{kind} {plain(str(path))}[/]")
    out.print(f"  architecture  {plain(architecture)}, {parameters:,} parameters")
    out.print(f"  input         {width}x{height}, {'colour' if channels == 3 else 'grey'}")
    out.print(f"  labels        {', '.join(plain(label) for label in labels)}")
