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
from gemelo.interval import wilson
from gemelo.layers import Layers
from gemelo.parity.gates import Gates
from gemelo.run import Run, RunManifest

# More of them would push everything else off the screen.
_MOST_CLASSES, _WORST = 25, 10


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
    out.print(f"  accuracy      {_accuracy(metrics, dataset)}{_chosen(manifest)}")
    if (balanced := metrics.get("balanced_accuracy")) is not None:
        out.print(f"  balanced      {100 * balanced:.2f} % (each class counts alike)")
    if (mirrored := metrics.get("accuracy_mirrored")) is not None:
        out.print(f"  with --mirror {100 * mirrored:.2f} % (each photo and its mirror image)")
    out.print(f"  calibration   expected error {metrics.get('ece', 0):.3f}{plain(_calibrated(metrics))}")
    out.print(
        f"  not sure      {plain(_abstain(manifest.abstain) if manifest.abstain else 'never: every photo is answered')}"
    )
    for line in _classes(metrics.get("per_class", {})):
        out.print(f"  {plain(line)}")
    out.print(f"  pictures      {plain(str(run.path / 'report.html'))}")
    for line in [*dataset.get("notes", []), *_warnings(manifest)]:
        out.print(f"  [yellow]note[/] {plain(line)}")


def _classes(rows: dict[str, Any]) -> list[str]:
    """A line for each class; of many classes, those that are recognized least often."""
    told, title = list(rows.items()), list[str]()
    if len(told) > _MOST_CLASSES:
        tested = [row for row in told if row[1]["support"]]
        told = sorted(tested, key=lambda row: float(row[1]["recall"]))[:_WORST]
        title = [f"of {len(rows):,} classes, the {_WORST} with the lowest recall (the others are in report.html):"]
    return title + [
        f"{label:<13} precision {row['precision']:.3f}  recall {row['recall']:.3f}  ({row['support']})"
        for label, row in told
    ]


def _accuracy(metrics: dict[str, Any], dataset: dict[str, Any]) -> str:
    """The share of the test photos that was right, of how many, and how far it may be from that of all such photos."""
    share, of = metrics.get("accuracy", 0), dataset.get("test")
    if not of:
        return f"[bold]{100 * share:.2f} %[/] of the test photos"
    low, high = wilson(share, of)
    return f"[bold]{100 * share:.2f} %[/] of {of} test photos (95 % interval: {100 * low:.1f} to {100 * high:.1f} %)"


def _chosen(manifest: RunManifest) -> str:
    """After which epoch; and where the weights were chosen by the very same photos, that too."""
    metrics = manifest.metrics
    if "kept_epoch" not in metrics:
        return ""
    if manifest.training.get("keep") != "best" or manifest.dataset.get("validation") != "test":
        return f", after epoch {metrics['kept_epoch']}" if metrics["kept_epoch"] else ", the head alone"
    return f", epoch {metrics['kept_epoch']} of {metrics['epochs']}, the best on these photos: a little too good"


def _calibrated(metrics: dict[str, Any]) -> str:
    """Whether the probabilities were made honest, on what, and what that changed."""
    if metrics.get("temperature", 1) != 1:
        return f", {metrics['ece_before']:.3f} before temperature {metrics['temperature']:.3f}"
    return f", {metrics['calibration']}" if "calibration" in metrics else ""


def _warnings(manifest: RunManifest, most: int = 5) -> list[str]:
    """What a teacher should know before believing the figures."""
    lines = list(manifest.dataset.get("warnings", []))
    more = [f"{len(lines) - most} more such lines are in report.html"] if len(lines) > most else []
    chance = 1 / len(manifest.labels)
    if manifest.metrics.get("accuracy", 1) < chance + 0.1 * (1 - chance):
        more.append(f"hardly better than guessing ({chance:.0%}): try more photos, more --epochs, a smaller --batch")
    head, rows = manifest.metrics.get("frozen"), manifest.metrics
    if head and rows.get("kept_epoch") and head["val_accuracy"] >= rows.get("val_accuracy", 1):
        alone, whole = head["val_accuracy"], rows["val_accuracy"]
        than = f"better ({alone:.2%} of the validation photos, not {whole:.2%}) than"
        if alone == whole:
            than = f"as good ({alone:.2%} of the validation photos) as"
        more.append(f"the head alone was {than} what came after it: try --epochs 0, or a lower rate")
    return lines[:most] + more


def print_bundle(bundle: Bundle) -> None:
    """A bundle for people."""
    from rich.table import Table

    manifest, out = bundle.manifest, console()
    _head("bundle", bundle.path, manifest["architecture"], manifest["parameters"], bundle.contract.shape, bundle.labels)
    if "accuracy" in manifest["metrics"]:
        out.print(f"  accuracy      {_accuracy(manifest['metrics'], manifest.get('dataset', {}))}, Keras")
    if (abstain := manifest.get("abstain")) is not None:
        out.print(f"  not sure      {plain(_abstain(abstain))}")
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for head in ("  artefact", "size", "max diff.", "agree %", "changed", "drop", "runtime"):
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
            f"{parity['changes']}/{parity['counted']}" if "changes" in parity else "-",
            "-" if drop is None else f"{drop:+.2f}",
            parity["runtime"],
        )
    out.print(table)
    for row in _rows(manifest.get("left_out")):
        out.print(f"  left out      {plain('{}/{}: {}'.format(*map(row.get, ('format', 'variant', 'reason'))))}")
    for name, limits in Gates.from_manifest(manifest).by_hand.items():
        text = ", ".join(f"{key} {value:g}" for key, value in limits.items())
        out.print(f"  set by hand   the gate of {plain(name)}: {plain(text)}")
    if "layers" in manifest:
        out.print(f"  look inside   {plain(look_inside(bundle))}")
    if manifest.get("clients"):
        out.print(f"  also for      {plain(', '.join(manifest['clients']))}")


def _rows(value: Any) -> list[dict[str, Any]]:
    """The objects of a list from outside; none where it is something else."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _abstain(abstain: dict[str, Any]) -> str:
    text = f"below a probability of {abstain['threshold']:.4f}"
    if abstain.get("accuracy") is None or abstain.get("answered") is None:
        return text
    answered = f"{100 * abstain['answered']:.1f} % of the test photos are answered"
    return f"{text}: {answered}, {100 * abstain['accuracy']:.2f} % of them rightly"


def look_inside(bundle: Bundle) -> str:
    """What of the network's layers can be seen."""
    layers = Layers.load(bundle)
    if layers is None:
        return f"no: {bundle.manifest.get('layers_reason')}"
    maps = " and class activation" if layers.cam is not None else ""
    return f"all {len(layers.layers)} layers{maps}" if layers.chain else f"class activation; {layers.reason}"


def _head(
    kind: str, path: Path, architecture: str, parameters: int, shape: tuple[int, int, int], labels: list[str]
) -> None:
    height, width, channels = shape
    out = console()
    out.print(f"[bold]{kind} {plain(str(path))}[/]")
    out.print(f"  architecture  {plain(architecture)}, {parameters:,} parameters")
    out.print(f"  input         {width}x{height}, {'colour' if channels == 3 else 'grey'}")
    more = f", ... ({len(labels):,} in all)" if len(labels) > _MOST_CLASSES else ""
    out.print(f"  labels        {plain(', '.join(labels[:_MOST_CLASSES]) + more)}")
