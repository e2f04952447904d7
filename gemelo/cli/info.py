"""`gemelo info`: what a run or a bundle is."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gemelo.cli import app
from gemelo.cli.options import JsonOption
from gemelo.cli.show import add_row, console, figure, plain, print_warning, size
from gemelo.errors import NotFoundError
from gemelo.parity.gates import Gates
from gemelo.reports.statistics import binomial, percent, wilson
from gemelo.store import run as runs
from gemelo.store.bundle import Bundle
from gemelo.store.found import advice_on, found_at
from gemelo.store.layers import Layers
from gemelo.store.manifest import Abstain, ClassFigures, Facts, Metrics
from gemelo.store.run import Run
from gemelo.store.schema import as_json
from gemelo.terminal.text import print_json

if TYPE_CHECKING:
    from rich.table import Table

# More of them would push everything else off the screen.
_MOST_CLASSES, _WORST = 25, 10
# The p-value below which a share is not by chance.
_UNLIKELY = 0.001


@app.command()
def info(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A run or a bundle.")],
    as_json: JsonOption = False,
) -> None:
    """Show what is in a run or a bundle, after checking every hash."""
    if not path.is_dir():
        raise NotFoundError(found_at(path), hint=advice_on(path))
    if (path / runs.MANIFEST).is_file() or (path / runs.CHECKPOINTS).is_dir():
        run = Run.open(path)
        print_json(describe_run(run)) if as_json else print_run(run)
    else:
        bundle = Bundle.open(path)
        print_json(describe_bundle(bundle)) if as_json else print_bundle(bundle)


def describe_run(run: Run) -> dict[str, Any]:
    """A run as `info --json` prints it."""
    return {**_described(run.manifest, run.path), "artifacts": []}


def describe_bundle(bundle: Bundle) -> dict[str, Any]:
    """A bundle as `info --json` prints it."""
    return _described(bundle.manifest, bundle.path)


def _described(facts: Facts, path: Path) -> dict[str, Any]:
    value = {key: row for key, row in as_json(facts).items() if key != "files"}
    return {**value, "path": str(path), "input": value.pop("preprocessing")}


def print_run(run: Run) -> None:
    """A run for people."""
    facts, out = run.manifest, console()
    metrics, dataset = facts.metrics, facts.dataset
    _head("run", run.path, facts)
    out.print(f"  photos        {_photos(facts)}")
    if metrics.accuracy is not None:
        out.print(f"  accuracy      {_accuracy(facts)}{_chosen(facts)}")
    if metrics.balanced_accuracy is not None:
        out.print(f"  balanced      {percent(metrics.balanced_accuracy, 2)} (each class counts alike)")
    if metrics.accuracy_mirrored is not None:
        out.print(f"  with --mirror {percent(metrics.accuracy_mirrored, 2)} (each photo and its mirror image)")
    if metrics.ece is not None:
        out.print(f"  calibration   expected error {metrics.ece:.3f}{plain(_calibrated(metrics))}")
    out.print(f"  not sure      {_abstain(facts.abstain)}")
    for line in _classes(metrics.per_class):
        out.print(f"  {plain(line)}")
    out.print(f"  pictures      {plain(str(run.path / 'report.html'))}")
    for line in [*dataset.notes, *_warnings(facts)]:
        out.print(f"  [yellow]note[/] {plain(line)}")
    print_warning(facts.warning)


def print_told(facts: Facts) -> None:
    """What an import says of a model, for an export that began with the model file."""
    if facts.imported is None:
        return
    out = console()
    if facts.metrics.accuracy is not None:
        out.print(f"accuracy: {_accuracy(facts)}")
    if facts.metrics.ece is not None:
        out.print(f"calibration: expected error {facts.metrics.ece:.3f}{plain(_calibrated(facts.metrics))}")
    out.print(f"not sure: {_abstain(facts.abstain)}")
    for line in _warnings(facts):
        out.print(f"[yellow]note[/] {plain(line)}")


def _photos(facts: Facts) -> str:
    dataset = facts.dataset
    if facts.imported is None:
        return f"{_count(dataset.train)} to learn from, {_count(dataset.test)} to test on"
    return (
        f"{dataset.test} to test on, the others to calibrate 8 bits on"
        if dataset.test
        else "none: how good it is, is not known (--photos DIR)"
    )


def _classes(rows: dict[str, ClassFigures]) -> list[str]:
    """A line for each class; of many classes, those that are recognized least often."""
    told, title = list(rows.items()), list[str]()
    if len(told) > _MOST_CLASSES:
        tested = [row for row in told if row[1].support]
        told = sorted(tested, key=lambda row: row[1].recall)[:_WORST]
        title = [f"of {len(rows):,} classes, the {_WORST} with the lowest recall (the others are in report.html):"]
    return title + [
        f"{label:<13} precision {row.precision:.3f}  recall {row.recall:.3f}  ({row.support})" for label, row in told
    ]


def _count(photos: int | None) -> str:
    return "?" if photos is None else str(photos)


def _accuracy(facts: Facts) -> str:
    """The share of the test photos that was right, of how many, and how far it may be from that of all such photos."""
    share, of = facts.metrics.accuracy or 0, facts.dataset.test
    if not of:
        return f"[bold]{percent(share, 2)}[/] of the test photos"
    low, high = wilson(share, of)
    copies = f"; {facts.dataset.copied} of them are copies of training photos" if facts.dataset.copied else ""
    interval = f"95\u00a0% interval: {percent(low)} to {percent(high)}"
    return f"[bold]{percent(share, 2)}[/] of {of} test photos ({interval}{copies})"


def _chosen(facts: Facts) -> str:
    """After which epoch; and where the weights were chosen by the very same photos, that too."""
    kept = facts.metrics.kept_epoch
    if kept is None:
        return ""
    if facts.training.keep != "best" or facts.dataset.validation != "test":
        return f", after epoch {kept}" if kept else ", the head alone"
    return f", epoch {kept} of {_count(facts.metrics.epochs)}, the best on these photos: a little too good"


def _calibrated(metrics: Metrics) -> str:
    """Whether the probabilities were made honest, on what, and what that changed."""
    if metrics.temperature not in (None, 1):
        before = "" if metrics.ece_before is None else f"{metrics.ece_before:.3f} "
        return f", {before}before temperature {metrics.temperature:.3f}"
    return "" if metrics.calibration is None else f", {metrics.calibration}"


def _warnings(facts: Facts, most: int = 5) -> list[str]:
    """What a teacher should know before believing the figures."""
    lines, metrics = facts.dataset.warnings, facts.metrics
    more = [f"{len(lines) - most} more such lines are in report.html"] if len(lines) > most else []
    chance = 1 / max(1, len(facts.labels))
    if metrics.accuracy is not None and metrics.accuracy < chance + 0.1 * (1 - chance):
        hint = "try more photos, more --epochs, a smaller --batch" if facts.imported is None else _mend(facts)
        more.append(f"hardly better than guessing ({percent(chance, 0)}), or worse: {hint}")
    whole = 1.0 if metrics.val_accuracy is None else metrics.val_accuracy
    if metrics.frozen is not None and metrics.kept_epoch and metrics.frozen.val_accuracy >= whole:
        alone = metrics.frozen.val_accuracy
        than = f"better ({percent(alone, 2)} of the validation photos, not {percent(whole, 2)}) than"
        if alone == whole:
            than = f"as good ({percent(alone, 2)} of the validation photos) as"
        more.append(f"the head alone was {than} what came after it: try --epochs 0, or a lower rate")
    return lines[:most] + more


def _mend(facts: Facts) -> str:
    """What to do about an imported model that is no better than guessing."""
    labels, accuracy, of = facts.labels, facts.metrics.accuracy or 0, facts.dataset.test or 0
    if len(labels) == 2 and of and binomial(round((1 - accuracy) * of), of, 0.5) < _UNLIKELY:
        return f"swap the labels: --labels {labels[1]},{labels[0]}"
    return "photos are prepared otherwise than in training, or the labels are in another order (gemelo detect)"


def print_bundle(bundle: Bundle) -> None:
    """A bundle for people."""
    facts, out = bundle.manifest, console()
    _head("bundle", bundle.path, facts)
    if facts.metrics.accuracy is not None:
        who = facts.imported.framework if facts.imported else "Keras"
        out.print(f"  accuracy      {_accuracy(facts)}, {plain(who)}")
    if facts.metrics.balanced_where_skewed is not None:
        out.print(f"  balanced      {percent(facts.metrics.balanced_where_skewed, 2)} (each class counts alike)")
    if facts.abstain is not None:
        out.print(f"  not sure      {_abstain(facts.abstain)}")
    out.print(_artifacts(bundle))
    _print_gates(bundle)
    if facts.layers is not None or facts.layers_reason is not None:
        out.print(f"  look inside   {plain(look_inside(bundle))}")
    if facts.clients:
        out.print(f"  also for      {plain(', '.join(facts.clients))}")
    print_warning(facts.warning)


def _artifacts(bundle: Bundle) -> "Table":
    from rich.table import Table

    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    for head in ("  artifact", "size", "max diff.", "agree %", "changed", "drop", "runtime"):
        left = head.endswith(("artifact", "runtime"))
        table.add_column(head, justify="left" if left else "right", no_wrap=True)
    for artifact in bundle.artifacts:
        parity = artifact.parity
        add_row(
            table,
            f"  {artifact.name}",
            size(artifact.bytes),
            figure(parity.max_abs_difference, ".1e"),
            figure(None if parity.top1_agreement is None else 100 * parity.top1_agreement, ".2f"),
            "-" if parity.changes is None else f"{parity.changes}/{figure(parity.counted, 'd')}",
            figure(parity.accuracy_drop, "+.2f"),
            parity.runtime or "-",
        )
    return table


def _print_gates(bundle: Bundle) -> None:
    """What is not in the bundle, and which limits are not gemelo's own."""
    out = console()
    for row in bundle.manifest.left_out:
        out.print(f"  left out      {plain(f'{row.format}/{row.variant}: {row.reason}')}")
    for name, limits in Gates.from_manifest(bundle.manifest).by_hand.items():
        text = ", ".join(f"{key} {value:g}" for key, value in limits.items())
        out.print(f"  set by hand   the gate of {plain(name)}: {plain(text)}")


def _abstain(abstain: Abstain | None) -> str:
    if abstain is None:
        return "never: every photo is answered"
    text = f"below a probability of {abstain.threshold:.4f}"
    if abstain.accuracy is None or abstain.answered is None:
        return text
    answered = f"{percent(abstain.answered)} of the test photos are answered"
    return f"{text}: {answered}, {percent(abstain.accuracy, 2)} of them rightly"


def look_inside(bundle: Bundle) -> str:
    """What of the network's layers can be seen."""
    layers = Layers.load(bundle)
    if layers is None:
        return f"no: {bundle.manifest.layers_reason}"
    maps = " and class activation" if layers.cam is not None else ""
    return f"all {len(layers.layers)} layers{maps}" if layers.chain else f"class activation; {layers.reason}"


def _head(kind: str, path: Path, facts: Facts) -> None:
    preprocessing, out = facts.preprocessing, console()
    color = "color" if preprocessing.channels == 3 else "gray"
    out.print(f"[bold]{kind} {plain(str(path))}[/]")
    out.print(f"  architecture  {plain(facts.architecture)}, {facts.parameters:,} parameters")
    out.print(f"  input         {preprocessing.width}x{preprocessing.height}, {color}")
    out.print(f"  resizing      {plain(preprocessing.way_in_words)}")
    if (source := facts.imported) is not None:
        out.print(f"  imported from {plain(source.file)} ({plain(source.title)})")
        told = ", ".join(f"{row.name.replace('_', ' ')} {row.value} ({row.by})" for row in source.declared[2:])
        out.print(f"  prepared by   {plain(told)}")
    labels = facts.labels
    more = f", ... ({len(labels):,} in all)" if len(labels) > _MOST_CLASSES else ""
    out.print(f"  labels        {plain(', '.join(labels[:_MOST_CLASSES]) + more)}")
