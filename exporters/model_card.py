"""README.md of a bundle: its model card (Mitchell et al. 2019, "Model cards for model reporting")."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gemelo.decisions import top1
from gemelo.parity import ParityReport
from gemelo.parity.summary import gates_by_hand
from gemelo.reports.statistics import percent, wilson
from gemelo.skew import is_skewed
from gemelo.store.bundle import Artifact
from gemelo.store.files import atomic_write
from gemelo.store.manifest import ImportedFacts, TeacherFacts
from gemelo.store.quantization import DATA
from gemelo.store.reference import ReferenceOutputs
from gemelo.store.run import RunManifest

from . import quantization

FILE = "README.md"
_MISTAKES = 10
_MOST_CLASSES = 25  # in the table of confusions
_WATCHED = {
    "val": "The test photos chose nothing: what was chosen, was chosen on the validation photos.",
    "test": "The training was watched on the test photos, which may flatter the figures a little.",
}


def write(
    work: Path,
    run: RunManifest,
    reference: ReferenceOutputs,
    artifacts: Sequence[Artifact],
    report: ParityReport,
    about: str,
) -> None:
    """Write the model card of a bundle that is being made.

    Args:
        work: The bundle's folder.
        run: What was trained.
        reference: Keras's answers on the test photos.
        artifacts: That are in the bundle.
        report: How far each of them is from Keras.
        about: What a person says of it.

    Raises:
        StorageError: The disk is full.
    """
    parts = [
        f"# {_plain(run.name)}",
        _summary(run),
        about,
        "## How it was made",
        _recipe(run, artifacts) if run.imported is None else _origin(run, run.imported),
        "## How good it is",
        _accuracy(reference, run.dataset.copied),
        *([_confusion(reference)] if reference.test else []),
        _calibration(run),
        "## What it gets wrong",
        _mistakes(reference),
        "## The artifacts",
        _artifacts(artifacts, report),
        *_quantization(work),
        "## What it is not for",
        _limits(run),
    ]
    atomic_write(work / FILE, ("\n\n".join(filter(None, parts)) + "\n").encode("utf-8", "backslashreplace"))


def _summary(run: RunManifest) -> str:
    preprocessing = run.preprocessing
    return (
        f"An image classifier that tells {_listed(run.labels)} apart: `{run.architecture}`, {run.parameters:,} "
        f"parameters, photos at {preprocessing.width}x{preprocessing.height} pixels in {run.color}: "
        f"{preprocessing.way_in_words}."
    )


def _recipe(run: RunManifest, artifacts: Sequence[Artifact]) -> str:
    training, versions = run.training, ", ".join(f"{name} {version}" for name, version in run.versions.items())
    splits = {split: getattr(run.dataset, split) for split in ("train", "val", "test")}
    counts = ", ".join(f"{photos:,} {split}" for split, photos in splits.items() if photos is not None)
    lines = [f"Photos: {counts}. {training.epochs} epochs, seed {training.seed}."]
    if versions:
        lines[0] += f" By {versions}."
    lines += [_taught(teacher) for teacher in training.teachers]
    if training.weight_bits == 8:
        lines.append(_eight_bits([artifact.name for artifact in artifacts]))
    if command := training.command:
        lines.append(f"Made again by\n\n```\n{command}\n```")
    lines += [_WATCHED[split] for split in (run.dataset.validation,) if split in _WATCHED]
    return "\n\n".join(lines)


def _origin(run: RunManifest, source: ImportedFacts) -> str:
    """Where an imported model comes from, and how its photos are prepared."""
    versions = ", ".join(f"{name} {version}" for name, version in run.versions.items())
    rows = [[row.name.replace("_", " "), _plain(row.value), row.by] for row in source.declared]
    lines = [
        *([f"**Warning.** {_plain(source.warning)}"] if source.warning is not None else []),
        f"It was trained elsewhere, and imported from {_plain(source.file)} ({_plain(source.title)}).",
        f"The file has {source.bytes:,} bytes and the sha256 {source.sha256}.",
        f"{source.framework} gave the reference outputs. By {versions}.",
        "Photos are prepared as its owner or its file says:\n\n" + _table(["what", "value", "said by"], rows),
        *map(_plain, source.notes),
    ]
    return "\n\n".join(lines)


def _eight_bits(names: Sequence[str]) -> str:
    exact = " and ".join(f"`{name}`" for name in ("onnx/fp32", "tfjs/uint8") if name in names)
    held = f"; stored so in {exact} and computed with in float32, they lose nothing" if exact else ""
    return f"Its kernels ended on a grid of 8 bits for each output channel{held}."


def _taught(teacher: TeacherFacts) -> str:
    text = f"It learned from a teacher, `{teacher.architecture}` (sha256 {teacher.sha256[:16]}...)"
    return f"{text}, made by\n\n```\n{teacher.command}\n```" if teacher.command else f"{text}."


def _accuracy(reference: ReferenceOutputs, copied: int = 0) -> str:
    if not reference.test:
        return "There were no test photos."
    share = sum(top1(image.probabilities) == image.label for image in reference.test) / len(reference.test)
    low, high = wilson(share, len(reference.test))
    copies = f" {copied:,} of them are copies of training photos, which makes the figures too good." if copied else ""
    return (
        f"**{percent(share, 2)}** of {len(reference.test):,} test photos, 95\u00a0% confidence interval "
        f"{percent(low, 2)} to {percent(high, 2)} (Wilson).{copies}{_balanced(reference)}"
    )


def _balanced(reference: ReferenceOutputs) -> str:
    """The balanced accuracy, where the classes of the test photos are skewed."""
    counts = Counter(image.label or 0 for image in reference.test)
    if not is_skewed(counts.values()):
        return ""
    right = Counter(image.label or 0 for image in reference.test if top1(image.probabilities) == image.label)
    share = sum(right[label] / count for label, count in counts.items()) / len(counts)
    return f" The classes are skewed: if each counts alike, it is **{percent(share, 2)}** (balanced accuracy)."


def _confusion(reference: ReferenceOutputs) -> str:
    if len(reference.labels) > _MOST_CLASSES:
        return _confused(reference)
    labels, size = [_plain(label) for label in reference.labels], len(reference.labels)
    counts = [[0] * size for _ in labels]
    for image in reference.test:
        counts[image.label or 0][top1(image.probabilities)] += 1
    said = [max(1, sum(column)) for column in zip(*counts, strict=True)]
    rows = [
        [name, *map(str, row), f"{row[i] / said[i]:.3f}", f"{row[i] / max(1, sum(row)):.3f}"]
        for i, (name, row) in enumerate(zip(labels, counts, strict=True))
    ]
    return _table(["truly", *(f"said {name}" for name in labels), "precision", "recall"], rows)


def _confused(reference: ReferenceOutputs) -> str:
    """The pairs that are confused most often: a table of many classes grows with their square."""
    pairs = Counter((image.label or 0, int(top1(image.probabilities))) for image in reference.test)
    wrong = Counter({pair: count for pair, count in pairs.items() if pair[0] != pair[1]})
    rows = [
        [_plain(reference.labels[true]), _plain(reference.labels[said]), str(count)]
        for (true, said), count in wrong.most_common(_MOST_CLASSES)
    ]
    return (
        f"The {len(rows)} most frequent confusions:\n\n" + _table(["truly", "said", "photos"], rows)
        if rows
        else "None."
    )


def _calibration(run: RunManifest) -> str:
    metrics, lines = run.metrics, []
    if metrics.ece is not None:
        lines.append(f"Expected calibration error {metrics.ece:.4f} in 15 bins (Guo et al. 2017).")
    if metrics.temperature not in (None, 1):
        lines.append(
            f"It was {metrics.ece_before:.4f} before the temperature ({metrics.temperature:.3f}, by validation)."
        )
    elif metrics.calibration is not None:
        lines.append(f"Calibration: {metrics.calibration}.")
    sure = run.abstain
    if sure and sure.answered is not None:
        rightly = "" if sure.accuracy is None else f", {percent(sure.accuracy, 2)} of them rightly"
        lines.append(
            f"Below a probability of {sure.threshold:.3f} the answer is *not sure*: {percent(sure.answered)} of "
            f"the test photos are answered{rightly}."
        )
    return " ".join(lines)


def _mistakes(reference: ReferenceOutputs) -> str:
    wrong = [image for image in reference.test if top1(image.probabilities) != image.label]
    if not reference.test:
        return "There were no test photos."
    if not wrong:
        return f"None of the {len(reference.test):,} test photos."
    wrong.sort(key=lambda image: -float(image.probabilities.max()))
    rows = [
        [_plain(image.path), _plain(reference.labels[top1(image.probabilities)]), f"{image.probabilities.max():.3f}"]
        for image in wrong[:_MISTAKES]
    ]
    most = "all of them" if len(wrong) <= _MISTAKES else f"the {_MISTAKES} of which it was most sure"
    return f"{len(wrong)} of {len(reference.test):,} test photos; {most}:\n\n" + _table(
        ["photo", "said", "probability"], rows
    )


def _artifacts(artifacts: Sequence[Artifact], report: ParityReport) -> str:
    found = {result.name: result for result in report.artifacts}
    rows = []
    for artifact in artifacts:
        if not (result := found.get(artifact.name)):
            continue
        accuracy = "" if result.accuracy is None else percent(result.accuracy, 2)
        digits = f"{result.max_abs_difference:.1e}"
        changes = f"{result.changes} of {result.counted:,}"
        rows.append([artifact.name, f"{artifact.bytes:,}", accuracy, changes, digits])
    table = _table(["file", "bytes", "accuracy", "label_changes", "largest difference"], rows)
    images = report.artifacts[0].images
    text = (
        f"Each was run by its own runtime on the same {images:,} images and compared with Keras's answers:\n\n{table}"
    )
    by_hand = "\n".join(f"- {_plain(line)}" for line in gates_by_hand(report))
    lost = "\n".join(f"- {_plain(one.name)} was left out: {_plain('; '.join(one.reasons))}" for one in report.left_out)
    text += f"\n\nLimits that were set by hand:\n\n{by_hand}" if by_hand else ""
    return f"{text}\n\nNot in the bundle:\n\n{lost}" if lost else text


def _quantization(work: Path) -> list[str]:
    """The tables of ways into 8 bits, where they were chosen from."""
    return [text for path in sorted(work.glob(f"*/{DATA}")) for text in _ways(path.parent)]


def _ways(folder: Path) -> list[str]:
    found = quantization.load(folder)
    rows = [
        [
            f"**{row.scheme}**" if row.chosen else row.scheme,
            f"{row.bytes:,}",
            percent(row.agreement, 2),
            "-" if row.decisive is None else percent(row.decisive, 2),
            f"{row.mean_difference:.1e}",
        ]
        for row in found.candidates
    ]
    table = _table(["way into int8", "bytes", "same label", "decisive changes", "mean difference"], rows)
    text = f"How {folder.name}/int8 was chosen, by {found.judged_on}:"
    return [text, table]


def _limits(run: RunManifest) -> str:
    answer = "one of these answers too"
    if run.abstain:
        answer = "one of these answers, or *not sure*"
    return (
        f"It knows {_listed(run.labels)} and nothing else: a photo of another thing gets {answer}. "
        "Its figures are for photos like its test photos."
    )


def _listed(labels: Sequence[str]) -> str:
    names = [_plain(label) for label in labels]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plain(text: Any) -> str:
    """A name from outside, unable to be anything but text."""
    kept = "".join(c if c.isprintable() else " " for c in str(text))
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|!&" else c for c in kept)
