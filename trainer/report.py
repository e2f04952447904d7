"""report.html: one file that says what was trained, on what, and how good it is. It holds no photo."""

import base64
from html import escape
from pathlib import Path
from typing import Any

from gemelo.files import atomic_write
from gemelo.run import RunManifest
from gemelo.schema import as_json

from .datareport import DataReport
from .dataset import TEST, printable

_STYLE = (Path(__file__).parent / "report.css").read_text(encoding="utf-8")
_PICTURES = (
    ("curves.png", "Accuracy and loss over the epochs, training and validation"),
    ("confusion.png", "Confusion matrix: true classes against decided ones"),
    ("calibration.png", "Calibration: how often the model is right against how sure it is"),
)


def write(run: Path, manifest: RunManifest, data: DataReport) -> None:
    """Write report.html beside the pictures that it takes in.

    Args:
        run: The run's folder.
        manifest: What was trained and how good it is.
        data: What is to be known of the photos.

    Raises:
        StorageError: The disk is full or may not be written to.
    """
    sections = [
        _head(manifest),
        _warnings(data),
        _figures(run),
        _section("Classes", _classes(manifest)),
        _section("How sure", _sure(manifest)),
        _section("Photos", _photos(data) + _caution(manifest, data)),
        _section("Training", _options(manifest)),
    ]
    title = escape(printable(manifest.name))
    page = (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{title}: training report</title>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="color-scheme" content="light dark">\n<style>\n{_STYLE}</style>\n<main>\n'
        + "\n".join(sections)
        + "\n</main>\n</html>\n"
    )
    atomic_write(run / "report.html", page.encode("utf-8", "backslashreplace"))


def _head(manifest: RunManifest) -> str:
    metrics, preprocessing = manifest.metrics, manifest.preprocessing
    tiles = [
        ("accuracy", f"{metrics.accuracy:.2%}"),
        ("balanced accuracy", f"{metrics.balanced_accuracy:.2%}"),
        ("loss", f"{metrics.loss:.4f}"),
        ("calibration error", f"{metrics.ece:.4f}"),
        ("parameters", f"{manifest.parameters:,}"),
        ("kept epoch", f"{metrics.kept_epoch} of {metrics.epochs}" if metrics.kept_epoch else "head alone"),
    ]
    cells = "".join(f"<div><b>{escape(value)}</b><span>{name}</span></div>" for name, value in tiles)
    colors = "RGB" if preprocessing.channels == 3 else "grey"
    kind = f"{preprocessing.width}x{preprocessing.height} {colors}, {preprocessing.fit}"
    name = escape(printable(manifest.name))
    return f'<h1>{name}</h1>\n<p>{escape(manifest.architecture)}, input {kind}</p>\n<div class="tiles">{cells}</div>'


def _warnings(data: DataReport) -> str:
    lines = data.warnings()
    if not lines:
        return '<p class="good">Every photo could be read, none is in two splits, no class is small.</p>'
    items = "".join(f"<li>{escape(printable(line))}</li>" for line in lines)
    return f'<details class="warn" open><summary>{len(lines)} warnings</summary><ul>{items}</ul></details>'


def _figures(run: Path) -> str:
    tags = []
    # One that could not be drawn is not there.
    for name, text in ((name, text) for name, text in _PICTURES if (run / name).is_file()):
        data = base64.b64encode((run / name).read_bytes()).decode("ascii")
        tags.append(f'<figure><img alt="{text}" src="data:image/png;base64,{data}"></figure>')
    return f'<div class="figures">{"".join(tags)}</div>'


def _classes(manifest: RunManifest) -> str:
    rows = [
        [name, f"{row.precision:.2%}", f"{row.recall:.2%}", str(row.support)]
        for name, row in manifest.metrics.per_class.items()
    ]
    note = (
        "Precision: of the photos decided so, how many are. Recall: of the photos that are, how many were decided so."
    )
    share = f"{manifest.metrics.accuracy_mirrored:.2%}"
    mirrored = f"The mean of the answers to a photo and to its mirror image is right on {share}."
    return _table(["class", "precision", "recall", "test photos"], rows) + f"<p>{note}</p><p>{mirrored}</p>"


def _sure(manifest: RunManifest) -> str:
    metrics, found = manifest.metrics, manifest.abstain
    note = f"{(metrics.calibration or '').capitalize()}."
    if metrics.temperature != 1:
        errors = f"{metrics.ece_before:.4f} before, {metrics.ece:.4f} since"
        note += f" Temperature {metrics.temperature:.3f}; expected calibration error on the test photos {errors}."
    if found is None:
        return f"<p>{escape(note)}</p><p>Every photo is answered, however unsure the model is.</p>"
    right = "" if found.accuracy is None else f", {found.accuracy:.2%} of them rightly"
    least = f"Below {found.threshold:.2%} the answer is &#8220;not sure&#8221;"
    return f"<p>{escape(note)}</p><p>{least}: {found.answered:.2%} of the test photos are answered{right}.</p>"


def _photos(data: DataReport) -> str:
    rows = [[name, *(str(counts[name]) for counts in data.counts.values())] for name in data.labels]
    rows.append(["all", *(str(sum(counts.values())) for counts in data.counts.values())])
    notes = "".join(f"<p>{escape(printable(note))}</p>" for note in data.notes)
    return _table(["class", *data.counts], rows) + notes


def _caution(manifest: RunManifest, data: DataReport) -> str:
    """The best of many epochs on the test photos is a little too good a figure: say so."""
    if manifest.training.keep != "best" or data.validation != TEST or manifest.metrics.epochs == 1:
        return ""
    return "<p>The epoch that was kept was chosen on the test photos: on others, expect a little less.</p>"


def _options(manifest: RunManifest) -> str:
    flat = as_json(manifest.training) | {f"version of {name}": v for name, v in manifest.versions.items()}
    rows = [[name.replace("_", " "), _text(value)] for name, value in flat.items()]
    return _frozen(manifest) + _table(["option", "value"], rows)


def _frozen(manifest: RunManifest) -> str:
    if not (found := manifest.metrics.frozen):
        return ""
    before = "Before the first epoch the head learned alone, on pretrained features that stayed as they were"
    return f"<p>{before}: validation accuracy {found.val_accuracy:.2%}, loss {found.val_loss:.4f}.</p>"


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_text(inner)}" for name, inner in value.items())
    return ", ".join(map(_text, value)) if isinstance(value, list) else str(value)


def _section(title: str, body: str) -> str:
    return f"<section><h2>{title}</h2>{body}</section>"


def _table(head: list[str], rows: list[list[str]]) -> str:
    top = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(printable(c))}</td>" for c in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
