"""What an export keeps and what it leaves out: everything that passed is written, the rest is named and explained."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from gemelo.errors import ExportError, GemeloError, ParityError
from gemelo.parity import ArtifactParity, Failure, ParityReport
from gemelo.reports.statistics import percent

from .request import Choice

# With fewer photos, one label more or less decides.
_FEW = 500


def of_error(name: str, stage: str, error: GemeloError) -> Failure:
    """An artifact that an error has stopped."""
    return Failure(name, stage, [error.message], error.hint)


def sift(measured: ParityReport, unconverted: Sequence[Failure]) -> ParityReport:
    """The report on what passed, with everything else among `left_out`."""
    failed = [
        Failure(result.name, "gate", result.reasons, _advice(result), result)
        for result in measured.artifacts
        if not result.passed
    ]
    passed = [result for result in measured.artifacts if result.passed]
    return replace(measured, artifacts=passed, failures=[], left_out=[*unconverted, *measured.failures, *failed])


def fatal(report: ParityReport, choices: Sequence[Choice]) -> list[Failure]:
    """What the export fails for: every fp32, and all that was asked for by name."""
    optional = {choice.name for choice in choices if choice.variant != "fp32" and not choice.by_name}
    return [failure for failure in report.left_out if failure.name not in optional]


def check(report: ParityReport, out: Path, *, strict: bool) -> None:
    """Refuse to write a bundle in which nothing passed, or with `strict` one from which anything is missing.

    Raises:
        ParityError: So it is. What was found lies beside `out`, as OUT.parity.html and .json.
        ExportError: The same, where nothing could be converted.
    """
    if report.artifacts and not (strict and report.left_out):
        return
    reasons = "; ".join(f"{failure.name}: {', '.join(failure.reasons)}" for failure in report.left_out)
    helps = [f"{failure.name}: {failure.help}" for failure in report.left_out if failure.help]
    if all(failure.stage == "conversion" for failure in report.left_out):
        raise ExportError(f"{report.name}: no bundle was made: {reasons}", hint="\n".join(helps) or None)
    json_path, html_path = (out.with_name(f"{out.name}.parity.{suffix}") for suffix in ("json", "html"))
    report.save(json_path, html_path)
    whole = "; without --strict what passed is written" if report.artifacts else ""
    raise ParityError(
        f"{report.name}: no bundle was made, for it would not answer as Keras did: {reasons}{whole}",
        hint="\n".join([*helps, f"every label change, and where the differences come from: {html_path}"]),
    )


def _advice(result: ArtifactParity) -> str | None:
    if not result.needed:
        return None
    limits = ",".join(f"{key}={value:g}" for key, value in result.needed.items())
    text = f"to keep it all the same, add: --gate {result.name}:{limits}"
    if result.gate.quantized and result.counted < _FEW:
        text = f"with {result.counted} images one label is {percent(1 / result.counted)}: test on more photos; {text}"
    return text
