"""From a run to a bundle: write every artifact, verify each in its own runtime, then write the manifest."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from gemelo import parity, runtimes
from gemelo.errors import ExportError, Message, NotFoundError, UsageError
from gemelo.parity import Failure, Gates, ParityReport, Trial
from gemelo.parity.gates import ByHand
from gemelo.preprocessing import DEFAULT_MAX_PIXELS
from gemelo.progress import SILENT, Progress
from gemelo.store.bundle import Artifact, Bundle, BundleManifest, ClientRow, LeftOut, write_bundle
from gemelo.store.files import atomic_directory, atomic_write
from gemelo.store.manifest import DatasetFacts, Told
from gemelo.store.reference import REFERENCE
from gemelo.store.run import Run
from gemelo.store.temporary import gathered

from . import client_files, layers, left_out, model_card
from . import formats as registry
from .about import read_about
from .output_path import check_target
from .request import Choice, choose, not_installed, unjudged
from .source import ExportSource


@dataclass(frozen=True)
class Extras:
    """What a bundle has besides the artifacts.

    Attributes:
        clients: Clients of others for which files are added, in `clients/NAME`.
        layers: Whether the network is there once more, with its layers for outputs, for looking inside.
        about: A Markdown file for the model card: where the photos come from, what their license allows.
    """

    clients: Sequence[str] = ()
    layers: bool = True
    about: Path | None = None


@dataclass(frozen=True)
class Terms:
    """What is written, and what is measured on the way.

    Attributes:
        strict: Nothing is written unless everything passed.
        gates: Limits set by hand: {`int8` or `onnx/int8`: {`difference`, `drop` or `changes`: limit}}.
        attribution: Whether the stage that a difference comes from is found of what passed too.
        photos: Whether parity.html shows the photos whose label changed.
    """

    strict: bool = False
    gates: ByHand = field(default_factory=dict)
    attribution: bool = False
    photos: bool = True


@dataclass(frozen=True)
class ExportResult:
    """What an export leaves.

    Attributes:
        bundle: Written and on disk.
        report: How far each artifact is from Keras, and what was left out.
        fatal: What was left out though it was asked for by name, or is fp32.
    """

    bundle: Bundle
    report: ParityReport
    fatal: list[Failure]


def export(
    run_path: str | Path,
    out: str | Path,
    formats: Sequence[str] | None = None,
    variants: Sequence[str] | None = None,
    *,
    every: bool = False,
    extras: Extras | None = None,
    terms: Terms | None = None,
    images: str | Path | None = None,
    progress: Progress = SILENT,
) -> ExportResult:
    """Export a run to a bundle of everything that passes its gate. The bundle appears whole, or not at all.

    Args:
        run_path: The run's folder.
        out: The bundle's folder; an older bundle there is replaced when the new one is whole.
        formats: Which; None takes all.
        variants: Which, of those formats: `int8` in all of them, `onnx/int8` in one; None takes the usual ones.
        every: Take every variant where none is named.
        extras: What else the bundle has.
        terms: What is written.
        images: The root of the data set, where it is no longer where training found it.
        progress: Where to report to.

    Raises:
        UsageError: A name, or a place, that cannot be, or nothing that can be made with what is installed; says all
            that is wrong at once.
        IntegrityError: The run is not what was written, or its labels do not match its model.
        ExportError: The model cannot be converted to anything.
        ParityError: No artifact passed, or not all of them where `strict`. What was found lies beside `out`, as
            OUT.parity.html and .json.
        StorageError: The disk is full.
    """
    run_path, out, extras, terms = Path(run_path), Path(out), extras or Extras(), terms or Terms()
    choices = choose(formats, variants, every=every, needed=client_files.needs(extras.clients))
    missing = not_installed(choices, strict=terms.strict)
    wanted, about = client_files.choose(extras.clients, choices), read_about(extras.about)
    check_target(out, run_path)
    missing |= unjudged(choices, run := Run.open(run_path))
    data, source = _data_root(run, images), ExportSource.from_run(run)
    with atomic_directory(out) as work, gathered("export"):
        _copy_record(run, work)
        with parity.Answering(trial := _trial(run, work, data, terms)) as answering:
            artifacts, failures = _write_all(source, choices, missing, work, progress, answering)
            inside = _add_layers(source, run, artifacts if extras.layers else None, work, progress)
            report = _measure(replace(trial, artifacts=artifacts), progress, answering)
        report = replace(left_out.sift(report, failures), warning=run.manifest.warning)
        left_out.check(report, out, strict=terms.strict)
        _drop(work, artifacts, report)
        inside = _without_lost_formats(inside, source, run, artifacts, report, work, progress)
        rows, failures = _add_clients(wanted, source, run, terms, report, work, progress)
        report = replace(report, left_out=[*report.left_out, *failures])
        left_out.check(report, out, strict=terms.strict)
        report.save(work / "parity.json", work / "parity.html")
        notes = [*source.notes, *_notes(report, work), *inside.notes]
        written = _with_parity(artifacts, report)
        model_card.write(work, run.manifest, run.reference, written, report, about)
        write_bundle(work, replace(_manifest(run, notes, report, inside, terms), clients=rows, artifacts=written))
    return ExportResult(Bundle.open(out), report, left_out.fatal(report, choices))


def _data_root(run: Run, images: str | Path | None) -> Path | None:
    if images is not None and not Path(images).is_dir():
        raise NotFoundError(f"{images}: there is no such folder")
    root = images if images is not None else (run.manifest.dataset.root or None)
    return None if root is None else Path(root)


def _write_all(
    source: ExportSource,
    choices: Sequence[Choice],
    missing: Mapping[str, UsageError],
    work: Path,
    progress: Progress,
    answering: parity.Answering,
) -> tuple[list[Artifact], list[Failure]]:
    artifacts: dict[Choice, Artifact] = {}
    problems = {choice: missing.get(choice.format) or missing.get(choice.name) for choice in choices}
    failures = [left_out.of_error(choice.name, "conversion", error) for choice, error in problems.items() if error]
    choices = [choice for choice in choices if not problems[choice]]
    with progress.step("exporting", len(choices)) as done:
        # Those that answer slowest first: at the end, several are left to answer at the same time.
        for choice in sorted(choices, key=lambda choice: -runtimes.get(choice.format).ORDER):
            done(0, choice.name)
            before = set(work.rglob("*"))
            folder = work / choice.format
            folder.mkdir(exist_ok=True)
            try:
                entry = registry.get(choice.format).write(source, choice.variant, folder)
                artifacts[choice] = Artifact.of(work, choice.format, choice.variant, f"{choice.format}/{entry}")
                answering.begin(artifacts[choice])
            except ExportError as exc:
                _remove([path for path in work.rglob("*") if path not in before], work)
                failures.append(left_out.of_error(choice.name, "conversion", exc))
            done(1, choice.name)
    return [artifacts[choice] for choice in choices if choice in artifacts], failures


def _measure(trial: Trial, progress: Progress, answering: parity.Answering) -> ParityReport:
    if trial.artifacts:
        return parity.measure(trial, progress, answering)
    return ParityReport(trial.name, trial.labels, None, 0, 0, 0, [], trial.notes)


def _add_layers(
    source: ExportSource, run: Run, artifacts: Sequence[Artifact] | None, work: Path, progress: Progress
) -> layers.Outcome:
    if artifacts is None:
        return layers.Outcome(None, Message("layers.left-out"))
    with progress.step("layers", 1) as done:
        goldens = parity.goldens(work, run.reference)
        outcome = layers.add(source, work, layers.formats(artifacts), goldens, run.manifest.convolutions)
        done()
    return outcome


def _without_lost_formats(
    inside: layers.Outcome,
    source: ExportSource,
    run: Run,
    artifacts: Sequence[Artifact],
    report: ParityReport,
    work: Path,
    progress: Progress,
) -> layers.Outcome:
    """The layers made again without a format of which nothing passed: they were made before that was known."""
    passed = {result.format for result in report.artifacts}
    kept = [artifact for artifact in artifacts if artifact.format in passed]
    if inside.entry is None or layers.formats(kept) == layers.formats(artifacts):
        return inside
    shutil.rmtree(work / layers.FOLDER)
    return _add_layers(source, run, kept, work, progress)


def _add_clients(
    names: Sequence[str],
    source: ExportSource,
    run: Run,
    terms: Terms,
    report: ParityReport,
    work: Path,
    progress: Progress,
) -> tuple[dict[str, ClientRow], list[Failure]]:
    if not names:
        return {}, []
    with progress.step("clients", 1) as done:
        gate = Gates(run.manifest.convolutions, terms.gates).of("onnx", "fp32")
        found = client_files.add(names, source, work, parity.goldens(work, run.reference), report, gate)
        done()
    return found


def _copy_record(run: Run, work: Path) -> None:
    """What a verifier needs besides the artifacts: goldens, Keras's answers, labels."""
    for golden in run.reference.goldens:
        target = work / golden.path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(run.file(golden.path), target)
    run.reference.save(work / REFERENCE)
    atomic_write(work / "labels.txt", "".join(f"{label}\n" for label in run.labels).encode())


def _trial(run: Run, work: Path, data: Path | None, terms: Terms) -> Trial:
    photos, notes = parity.test_split(run.reference, data)
    return Trial(
        root=work,
        name=run.manifest.name,
        artifacts=[],
        preprocessing=run.preprocessing,
        labels=run.labels,
        convolutions=run.manifest.convolutions,
        subjects=[*parity.goldens(work, run.reference), *photos],
        notes=notes,
        max_pixels=run.manifest.training.max_pixels or DEFAULT_MAX_PIXELS,
        by_hand=terms.gates,
        attribution=terms.attribution,
        pictures=terms.photos,
    )


def _drop(work: Path, artifacts: Sequence[Artifact], report: ParityReport) -> None:
    kept = {result.name for result in report.artifacts}
    gone = [artifact for artifact in artifacts if artifact.name not in kept]
    beside = [f"{one.format}/{name}" for one in gone for name in registry.beside(one.format, one.variant)]
    _remove([work / name for name in (*beside, *(name for one in gone for name in one.files))], work)


def _notes(report: ParityReport, work: Path) -> list[str]:
    formats = dict.fromkeys(result.format for result in report.artifacts)
    return [note for format in formats for note in registry.notes(format, work / format)]


def _remove(paths: Sequence[Path], work: Path) -> None:
    """Remove files, and the folders that are then empty."""
    for path in paths:
        if path.is_file():
            path.unlink()
    folders = {folder for path in paths for folder in (path, *path.parents) if folder.is_dir()}
    inside = [folder for folder in folders if work in folder.parents]
    for folder in sorted(inside, key=lambda folder: -len(folder.parts)):
        if not any(folder.iterdir()):
            folder.rmdir()


def _with_parity(artifacts: Sequence[Artifact], report: ParityReport) -> list[Artifact]:
    summaries = {result.name: result.summary() for result in report.artifacts}
    return [replace(a, parity=summaries[a.name]) for a in artifacts if a.name in summaries]


def _manifest(
    run: Run, notes: Sequence[str], report: ParityReport, inside: layers.Outcome, terms: Terms
) -> BundleManifest:
    """What the bundle says of itself: nothing of this machine, nothing of this moment."""
    manifest, photos = run.manifest, run.manifest.dataset
    return BundleManifest(
        name=manifest.name,
        architecture=manifest.architecture,
        parameters=manifest.parameters,
        convolutions=manifest.convolutions,
        preprocessing=run.preprocessing,
        labels=run.labels,
        dataset=DatasetFacts(train=photos.train, test=photos.test, copied=photos.copied),
        metrics=manifest.metrics,
        abstain=manifest.abstain,
        imported=None if manifest.imported is None else replace(manifest.imported, command=None),
        training=replace(manifest.training, preprocessing=None, seconds=None),
        notes=list(notes),
        layers=inside.entry,
        layers_reason=None if inside.reason is None else str(inside.reason),
        layers_told=Told.of(inside.reason) if isinstance(inside.reason, Message) else None,
        gates={name: dict(limits) for name, limits in terms.gates.items()},
        left_out=[_missing(failure) for failure in report.left_out],
        artifacts=[],
        files={},
    )


def _missing(failure: Failure) -> LeftOut:
    format, _, variant = failure.name.partition("/")
    return LeftOut(format, variant, ", ".join(failure.reasons), failure.stage)
