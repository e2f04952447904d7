"""parity.html: the report as a page, with each difference drawn against its gate."""

import math
from html import escape

from gemelo.page import bullets, page, table
from gemelo.parity.gates import DECISIVE
from gemelo.parity.report import ArtefactParity, ParityReport
from gemelo.parity.summary import allowance, proved

_LEGEND = (
    '<p class="lead">Bars are on a logarithmic scale from 1e-9 to 1; the tick is the most that is allowed. '
    "8-bit twins have none: they are held to their labels and their accuracy, not to digits.</p>"
)
# The scale of the drawn differences: 1e-9 to 1, by tens.
_LOWEST, _DECADES, _WIDTH = -9, 9, 220


def render(report: ParityReport) -> str:
    """The whole page."""
    verdict = "good" if report.passed else "bad"
    words = "all twins passed" if report.passed else "a gate failed"
    if report.passed and report.left_out:
        words = f"{len(report.artefacts)} passed, {len(report.left_out)} left out"
    body = [
        f"<h1>Do the twins of <em>{escape(report.name)}</em> answer as Keras did?</h1>",
        f'<p class="lead">{escape(_checked(report))}</p>',
        f'<p><span class="badge {verdict}">{words}</span></p>',
        f"<p>{escape(proved(report))}</p>",
        *_left_out(report),
        _results(report),
        _LEGEND,
        *_blame(report),
        *_flips(report),
        "<h2>The gates</h2>",
        _gates(report),
    ]
    if report.notes:
        body += ["<h2>Notes</h2>", bullets(report.notes)]
    return page(f"Parity of {report.name}", "\n".join(body))


def _checked(report: ParityReport) -> str:
    text = f"Checked from file bytes on {report.goldens} goldens and {report.photos} photos."
    if report.keras_accuracy is not None:
        text += f" Keras itself is right on {100 * report.keras_accuracy:.2f} % of the labelled photos."
    if report.unrecorded:
        text += f" Keras never saw {report.unrecorded} of the photos: on them the fp32 twin stands in for it."
    return text


def _results(report: ParityReport) -> str:
    head = ("artefact", "runtime", "largest difference of a probability", "", "agreement", "accuracy", "decisive", "")
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
    wrong = [f"{a.name}: {reason}" for a in report.artefacts for reason in a.reasons]
    wrong += [f"{failure.name}: {'; '.join(failure.reasons)}" for failure in report.failures]
    return table(head, rows, (3, 4, 5, 6)) + bullets(wrong)


def _measured(report: ParityReport) -> list[ArtefactParity]:
    """Everything that answered, what was left out too."""
    return [*report.artefacts, *(failure.measured for failure in report.left_out if failure.measured is not None)]


def _left_out(report: ParityReport) -> list[str]:
    if not report.left_out:
        return []
    lines = [
        f"{failure.name}: {'; '.join(failure.reasons)}{f' ({failure.help})' if failure.help else ''}"
        for failure in report.left_out
    ]
    return ["<h2>Left out</h2>", bullets(lines)]


def _bar(artefact: ArtefactParity) -> str:
    """A bar of the difference on a logarithmic scale, with a tick at the gate."""
    length = _place(artefact.max_abs_difference)
    gate = artefact.gate.max_abs_difference
    tick = (
        ""
        if gate is None
        else (f'<line x1="{_place(gate)}" x2="{_place(gate)}" y1="0" y2="16" stroke="var(--ink)" stroke-width="2"/>')
    )
    colour = "var(--bar)" if artefact.passed else "var(--bad)"
    label = f"{artefact.max_abs_difference:.1e}" + ("" if gate is None else f", gate {gate:.0e}")
    return (
        f'<svg width="{_WIDTH}" height="16" role="img" aria-label="{label}">'
        f'<rect width="{_WIDTH}" height="16" rx="3" fill="var(--line)"/>'
        f'<rect width="{length}" height="16" rx="3" fill="{colour}"/>{tick}</svg>'
    )


def _place(value: float) -> int:
    decades = math.log10(max(value, 10.0**_LOWEST)) - _LOWEST
    return round(_WIDTH * min(1.0, decades / _DECADES))


def _blame(report: ParityReport) -> list[str]:
    head = ("artefact", "contract (images)", "conversion", "quantisation", "runtime", "largest part")
    rows = [
        (
            f"<strong>{escape(a.name)}</strong>",
            str(a.blame.contract),
            *(_small(value) for value in (a.blame.conversion, a.blame.quantisation, a.blame.runtime)),
            a.blame.culprit,
        )
        for a in _measured(report)
        if a.blame is not None
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
    return "no fp32 twin" if value is None else "0" if value == 0 else f"{value:.1e}"


def _flips(report: ParityReport, most: int = 50) -> list[str]:
    flipped = [(artefact, flip) for artefact in _measured(report) for flip in artefact.flips]
    if not flipped:
        return []
    head = ("artefact", "image", "Keras", "twin", "Keras's margin", "difference")
    rows = [
        (
            escape(a.name),
            escape(f.image),
            escape(f.expected),
            escape(f.answered),
            f"{f.margin:.3f}",
            f"{f.difference:.1e}",
        )
        for a, f in flipped[:most]
    ]
    more = f"<p>{len(flipped) - most} more are in parity.json.</p>" if len(flipped) > most else ""
    return ["<h2>Flips: images whose label changed</h2>", table(head, rows, (4, 5)), more]


def _gates(report: ParityReport) -> str:
    head = ("artefact", "largest difference", "decisive label changes", "accuracy drop (points)", "why so wide")
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
        f"{DECISIVE:g}, in fp32 than twice the allowed difference. Of quantised twins the photos count, not the "
        "goldens, and one photo is always allowed.</p>"
    )


def _limit(value: float | None, unit: str) -> str:
    return "-" if value is None else f"{value:g}{unit}"
