"""parity.html: the report as a page, with each difference drawn against its gate."""

import math
from html import escape

from gemelo.page import bullets, page, table
from gemelo.parity.gates import DECISIVE
from gemelo.parity.report import ArtifactParity, ParityReport
from gemelo.parity.summary import allowance, proved

_LEGEND = (
    '<p class="lead">Bars are on a logarithmic scale from 1e-9 to 1; the tick is the most that is allowed. '
    "8-bit artifacts have none: they are held to their labels and their accuracy, not to digits.</p>"
)
# The scale of the drawn differences: 1e-9 to 1, by tens.
_LOWEST, _DECADES, _WIDTH = -9, 9, 220


def render(report: ParityReport) -> str:
    """The whole page."""
    verdict = "good" if report.passed else "bad"
    words = "all artifacts passed" if report.passed else "a gate failed"
    if report.passed and report.left_out:
        words = f"{len(report.artifacts)} passed, {len(report.left_out)} left out"
    body = [
        f"<h1>Do the artifacts of <em>{escape(report.name)}</em> answer as Keras did?</h1>",
        f'<p class="lead">{escape(_checked(report))}</p>',
        f'<p><span class="badge {verdict}">{words}</span></p>',
        f"<p>{escape(proved(report))}</p>",
        *_left_out(report),
        _results(report),
        _LEGEND,
        *_attribution(report),
        *_label_changes(report),
        "<h2>The gates</h2>",
        _gates(report),
    ]
    if report.notes:
        body += ["<h2>Notes</h2>", bullets(report.notes)]
    return page(f"Parity of {report.name}", "\n".join(body))


def _checked(report: ParityReport) -> str:
    text = f"Checked from file bytes on {report.goldens} goldens and {report.photos} photos."
    if report.keras_accuracy is not None:
        text += f" Keras itself is right on {100 * report.keras_accuracy:.2f} % of the labeled photos."
    if report.without_reference:
        text += (
            f" Keras never saw {report.without_reference} of the photos: on them the fp32 artifact stands in for it."
        )
    return text


def _results(report: ParityReport) -> str:
    head = ("artifact", "runtime", "largest difference of a probability", "", "agreement", "accuracy", "decisive", "")
    rows = [
        (
            f"<strong>{escape(a.name)}</strong>",
            escape(f"{a.runtime} {a.version}"),
            _bar(a),
            f"{a.max_abs_difference:.1e}",
            f"{100 * a.top1_agreement:.2f} % ({a.counted - a.changes} of {a.counted})",
            "-" if a.accuracy is None else f"{100 * a.accuracy:.2f} %",
            escape(f"{allowance(a)} allowed" if a.allowed is not None else "not limited"),
            '<span class="good">passed</span>' if a.passed else '<span class="bad">failed</span>',
        )
        for a in _measured(report)
    ]
    wrong = [f"{a.name}: {reason}" for a in report.artifacts for reason in a.reasons]
    wrong += [f"{failure.name}: {'; '.join(failure.reasons)}" for failure in report.failures]
    return table(head, rows, (3, 4, 5, 6)) + bullets(wrong)


def _measured(report: ParityReport) -> list[ArtifactParity]:
    """Everything that answered, what was left out too."""
    return [*report.artifacts, *(failure.measured for failure in report.left_out if failure.measured is not None)]


def _left_out(report: ParityReport) -> list[str]:
    if not report.left_out:
        return []
    lines = [
        f"{failure.name}: {'; '.join(failure.reasons)}{f' ({failure.help})' if failure.help else ''}"
        for failure in report.left_out
    ]
    return ["<h2>Left out</h2>", bullets(lines)]


def _bar(artifact: ArtifactParity) -> str:
    """A bar of the difference on a logarithmic scale, with a tick at the gate."""
    length = _place(artifact.max_abs_difference)
    gate = artifact.gate.max_abs_difference
    tick = (
        ""
        if gate is None
        else (f'<line x1="{_place(gate)}" x2="{_place(gate)}" y1="0" y2="16" stroke="var(--ink)" stroke-width="2"/>')
    )
    color = "var(--bar)" if artifact.passed else "var(--bad)"
    label = f"{artifact.max_abs_difference:.1e}" + ("" if gate is None else f", gate {gate:.0e}")
    return (
        f'<svg width="{_WIDTH}" height="16" role="img" aria-label="{label}">'
        f'<rect width="{_WIDTH}" height="16" rx="3" fill="var(--line)"/>'
        f'<rect width="{length}" height="16" rx="3" fill="{color}"/>{tick}</svg>'
    )


def _place(value: float) -> int:
    decades = math.log10(max(value, 10.0**_LOWEST)) - _LOWEST
    return round(_WIDTH * min(1.0, decades / _DECADES))


def _attribution(report: ParityReport) -> list[str]:
    head = ("artifact", "preprocessing (images)", "conversion", "quantization", "runtime", "largest part")
    rows = [
        (
            f"<strong>{escape(a.name)}</strong>",
            str(a.attribution.preprocessing),
            *(_small(value) for value in (a.attribution.conversion, a.attribution.quantization, a.attribution.runtime)),
            a.attribution.culprit,
        )
        for a in _measured(report)
        if a.attribution is not None
    ]
    if not rows:
        return []
    lead = "Measured by swapping one stage at a time, on the images with the largest differences."
    return [
        "<h2>Where the differences come from</h2>",
        f'<p class="lead">{lead}</p>',
        table(head, rows, (1, 2, 3, 4)),
    ]


def _small(value: float | None) -> str:
    return "no fp32 artifact" if value is None else "0" if value == 0 else f"{value:.1e}"


def _label_changes(report: ParityReport, most: int = 50) -> list[str]:
    changed = [(artifact, change) for artifact in _measured(report) for change in artifact.label_changes]
    if not changed:
        return []
    head = ("artifact", "image", "Keras", "artifact", "Keras's margin", "difference")
    rows = [
        (
            escape(a.name),
            escape(f.image),
            escape(f.expected),
            escape(f.answered),
            f"{f.margin:.3f}",
            f"{f.difference:.1e}",
        )
        for a, f in changed[:most]
    ]
    more = f"<p>{len(changed) - most} more are in parity.json.</p>" if len(changed) > most else ""
    return ["<h2>Label changes</h2>", table(head, rows, (4, 5)), more]


def _gates(report: ParityReport) -> str:
    head = ("artifact", "largest difference", "decisive label changes", "accuracy drop (points)", "why so wide")
    rows = [
        (
            escape(a.name),
            _limit(a.gate.max_abs_difference, ""),
            _limit(a.gate.max_changes, " %"),
            _limit(a.gate.max_accuracy_drop, ""),
            escape(a.gate.reason),
        )
        for a in _measured(report)
    ]
    return table(head, rows, (1, 2, 3)) + (
        '<p class="lead">A label change is decisive where Keras\'s first two probabilities are further apart than '
        f"{DECISIVE:g}, in fp32 than twice the allowed difference. Of quantized artifacts the photos count, not the "
        "goldens, and one photo is always allowed.</p>"
    )


def _limit(value: float | None, unit: str) -> str:
    return "-" if value is None else f"{value:g}{unit}"
