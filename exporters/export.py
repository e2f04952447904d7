"""From a run to a bundle: write every artefact, verify each in its own runtime, then seal the manifest."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from exporters import card, clients, layers, quantisation
from exporters import formats as registry
from exporters.about import read_about
from exporters.request import Choice, choose
from exporters.source import ExportSource
from exporters.target import check_target
from gemelo import parity
from gemelo.bundle import Artefact, Bundle, seal_bundle
from gemelo.contract import DEFAULT_MAX_PIXELS
from gemelo.errors import NotFoundError, ParityError
from gemelo.files import atomic_directory, atomic_write
from gemelo.parity import ArtefactParity, ParityReport, Trial
from gemelo.progress import SILENT, Progress
from gemelo.recorded import ANSWERS, RECORDED
from gemelo.run import Run

_FEW = 500  # images: a hundredth of them is hardly a flip or two


@dataclass(frozen=True)
class Extras:
    """What a bundle has besides the artefacts.

    Attributes:
        clients: Clients of others for which files are added, in `clients/NAME`.
        layers: Whether the network is there once more, with its layers for outputs, for looking inside.
        about: A Markdown file for the model card: where the photos come from, what their licence allows.
    """

    clients: Sequence[str] = ()
    layers: bool = True
    about: Path | None = None


@dataclass(frozen=True)
class ExportResult:
    """What an export leaves.

    Attributes:
        bundle: Sealed and on disk.
        report: How far each artefact is from Keras.
    """

    bundle: Bundle
    report: ParityReport


def export(
    run_path: str | Path,
    out: str | Path,
    formats: Sequence[str] | None = None,
    variants: Sequence[str] | None = None,
    *,
    extras: Extras | None = None,
    images: str | Path | None = None,
    progress: Progress = SILENT,
) -> ExportResult:
    """Export a run to a bundle that appears whole and verified, or not at all.

    Args:
        run_path: The run's folder.
        out: The bundle's folder; an older bundle there is replaced when the new one is whole.
        formats: Which; None takes all.
        variants: Which, of those formats: `int8` in all of them, `onnx/int8` in one; None takes all. A quantised
            variant asked for by name must pass its gate; otherwise one that does not is left out.
        extras: What else the bundle has.
        images: The root of the data set, where it is no longer where training found it.
        progress: Where to report to.

    Raises:
        UsageError: A name, or a place, that cannot be; says all that is wrong at once.
        IntegrityError: The run is not what was sealed, or its labels do not match its model.
        ExportError: The model cannot be converted.
        ParityError: An artefact failed its gate. What was found lies beside `out`, as OUT.parity.html and .json.
        StorageError: The disk is full.
    """
    run_path, out, extras = Path(run_path), Path(out), extras or Extras()
    choices = choose(formats, variants)
    wanted, about = clients.choose(extras.clients, choices), read_about(extras.about)
    check_target(out, run_path)
    run = Run.open(run_path)
    data = _data_root(run, images)
    source = ExportSource.from_run(run)
    with atomic_directory(out) as work:
        artefacts = _write_all(source, choices, work, progress)
        _copy_record(run, work)
        measured = parity.measure(_trial(run, artefacts, work, data), progress)
        report, left_out = _apply_gates(measured, choices, out)
        _drop(work, artefacts, left_out)
        report.save(work / "parity.json", work / "parity.html")
        inside = _add_layers(source, run, choices if extras.layers else [], work, progress)
        extra = _add_clients(wanted, source, run, report, work, progress)
        notes = [*source.notes, *quantisation.sentence(work / "onnx"), *inside.notes]
        manifest = {**_manifest(run, notes, left_out, inside), **extra}
        sealed = _with_parity(artefacts, report)
        card.write(work, run.manifest, run.recorded, sealed, report, about)
        seal_bundle(work, manifest, sealed)
    return ExportResult(Bundle.open(out), report)


def _data_root(run: Run, images: str | Path | None) -> Path | None:
    if images is not None and not Path(images).is_dir():
        raise NotFoundError(f"{images}: there is no such folder")
    root = images if images is not None else run.manifest.dataset.get("root")
    return None if root is None else Path(root)


def _write_all(source: ExportSource, choices: Sequence[Choice], work: Path, progress: Progress) -> list[Artefact]:
    artefacts = []
    with progress.step("exporting", len(choices)) as done:
        for choice in choices:
            done(0, choice.name)
            folder = work / choice.format
            folder.mkdir(exist_ok=True)
            entry = registry.get(choice.format).write(source, choice.variant, folder)
            artefacts.append(Artefact.of(work, choice.format, choice.variant, f"{choice.format}/{entry}"))
            done(1, choice.name)
    return artefacts


def _add_layers(
    source: ExportSource, run: Run, choices: Sequence[Choice], work: Path, progress: Progress
) -> layers.Outcome:
    if not choices:
        return layers.Outcome(None, "this bundle was exported without its layers")
    with progress.step("layers", 1) as done:
        goldens = parity.goldens(work, run.recorded)
        formats = {choice.format for choice in choices}
        outcome = layers.add(source, work, formats, goldens, run.manifest.convolutions)
        done()
    return outcome


def _add_clients(
    names: Sequence[str], source: ExportSource, run: Run, report: ParityReport, work: Path, progress: Progress
) -> dict[str, Any]:
    if not names:
        return {}
    with progress.step("clients", 1) as done:
        gate = parity.gate_for("fp32", run.manifest.convolutions)
        rows = clients.add(names, source, work, parity.goldens(work, run.recorded), report, gate)
        done()
    return rows


def _copy_record(run: Run, work: Path) -> None:
    """What a verifier needs besides the artefacts: goldens, Keras's answers, labels."""
    for golden in run.recorded.goldens:
        target = work / golden.path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(run.file(golden.path), target)
    for name in (RECORDED, ANSWERS):
        if run.file(name).is_file():  # older runs have all answers in recorded.json
            shutil.copyfile(run.file(name), work / name)
    atomic_write(work / "labels.txt", "".join(f"{label}\n" for label in run.labels).encode())


def _trial(run: Run, artefacts: Sequence[Artefact], work: Path, data: Path | None) -> Trial:
    photos, notes = parity.test_split(run.recorded, data)
    return Trial(
        root=work,
        name=run.manifest.name,
        artefacts=artefacts,
        contract=run.contract,
        labels=run.labels,
        convolutions=run.manifest.convolutions,
        subjects=[*parity.goldens(work, run.recorded), *photos],
        notes=notes,
        max_pixels=run.manifest.training.get("max_pixels", DEFAULT_MAX_PIXELS),
    )


def _apply_gates(
    report: ParityReport, choices: Sequence[Choice], out: Path
) -> tuple[ParityReport, list[ArtefactParity]]:
    """The report on what goes into the bundle, and what is left out of it.

    Raises:
        ParityError: A faithful variant failed, or one that was asked for by name, or all of them.
    """
    asked = {choice.name for choice in choices if choice.by_name}
    failed = [result for result in report.artefacts if not result.passed]
    fatal = [result for result in failed if result.gate.required or result.name in asked]
    if fatal or len(failed) == len(report.artefacts):
        json_path, html_path = (out.with_name(f"{out.name}.parity.{suffix}") for suffix in ("json", "html"))
        report.save(json_path, html_path)
        reasons = "; ".join(f"{result.name}: {', '.join(result.reasons)}" for result in fatal or failed)
        raise ParityError(
            f"{report.name}: no bundle was made, for it would not answer as Keras did: {reasons}",
            hint=f"every flip, and where the differences come from: {html_path}",
        )
    notes = [f"{result.name} {card.LEFT_OUT}: {', '.join(result.reasons)}{_advice(result)}" for result in failed]
    passed = [result for result in report.artefacts if result.passed]
    return replace(report, artefacts=passed, notes=[*report.notes, *notes]), failed


def _advice(result: ArtefactParity) -> str:
    return "; with so few, one flip more decides: test on more photos" if result.images < _FEW else ""


def _drop(work: Path, artefacts: Sequence[Artefact], left_out: Sequence[ArtefactParity]) -> None:
    names = {result.name for result in left_out}
    gone = [work / name for artefact in artefacts if artefact.name in names for name in artefact.files]
    if "onnx/int8" in names:  # its table tells of a file that is not there
        gone += [work / "onnx" / name for name in (quantisation.DATA, quantisation.PICTURE)]
    for path in gone:
        path.unlink()
        # Its folder too, where nothing else is in it.
        if path.parent != work and not any(path.parent.iterdir()):
            path.parent.rmdir()


def _with_parity(artefacts: Sequence[Artefact], report: ParityReport) -> list[Artefact]:
    summaries = {result.name: result.summary() for result in report.artefacts}
    return [replace(a, parity=summaries[a.name]) for a in artefacts if a.name in summaries]


def _manifest(
    run: Run, notes: Sequence[str], left_out: Sequence[ArtefactParity], inside: layers.Outcome
) -> dict[str, Any]:
    """What the bundle says of itself: nothing of this machine, nothing of this moment."""
    manifest = run.manifest
    return {
        "name": manifest.name,
        "architecture": manifest.architecture,
        "parameters": manifest.parameters,
        "convolutions": manifest.convolutions,
        "contract": run.contract.to_json(),
        "labels": run.labels,
        "dataset": {key: value for key, value in manifest.dataset.items() if key in ("train", "test")},
        "metrics": manifest.metrics,
        **({"abstain": manifest.abstain} if manifest.abstain else {}),
        "training": {key: value for key, value in manifest.training.items() if key not in ("contract", "seconds")},
        "notes": list(notes),
        **inside.to_json(),
        "left_out": [
            {"format": result.format, "variant": result.variant, "reason": ", ".join(result.reasons)}
            for result in left_out
        ],
    }
