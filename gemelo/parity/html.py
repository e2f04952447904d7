"""parity.html: the verdict, the reasons, the figures, and the images whose label changed."""

import math
from pathlib import Path

from gemelo import reports
from gemelo.parity.gates import DECISIVE, Gate
from gemelo.parity.report import ParityReport
from gemelo.parity.summary import allowance, proved
from gemelo.reports.photos import MOST

_TEMPLATE = Path(__file__).with_name("parity.html")
# The scale of the drawn differences: 1e-9 to 1.
_DECADES = 9


def render(report: ParityReport) -> str:
    """The report as a page."""
    return reports.render(
        _TEMPLATE,
        report=report,
        verdict=_verdict(report),
        gates=_gates(report),
        proved=proved(report),
        allowance=allowance,
        place=_place,
        decisive=DECISIVE,
        most=MOST,
    )


def _verdict(report: ParityReport) -> tuple[str, str]:
    """`good`, `some` or `bad`, and the verdict in words."""
    passed = sum(artifact.passed for artifact in report.artifacts)
    failed = len(report.artifacts) - passed + len(report.failures)
    if failed or not passed:
        return "bad", f"{failed or len(report.left_out)} of {passed + failed + len(report.left_out)} artifacts failed"
    if report.left_out:
        return "some", f"{passed} passed, {len(report.left_out)} left out"
    return "good", "all artifacts passed" if passed > 1 else "the artifact passed"


def _gates(report: ParityReport) -> dict[Gate, list[str]]:
    """{gate: names of the artifacts that it applies to}."""
    gates: dict[Gate, list[str]] = {}
    for artifact in report.measured:
        gates.setdefault(artifact.gate, []).append(artifact.name)
    return gates


def _place(difference: float) -> int:
    """Where a difference is on the scale, from 0 to 100."""
    decades = math.log10(max(difference, 10.0**-_DECADES)) + _DECADES
    return round(100 * min(1.0, decades / _DECADES))
