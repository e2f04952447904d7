"""compare.html: the verdict, the figures, the causes, and the photos whose label changed."""

from pathlib import Path

from gemelo import reports
from gemelo.compare.report import CompareReport, counted
from gemelo.reports.photos import MOST

_TEMPLATE = Path(__file__).with_name("compare.html")


def render(report: CompareReport) -> str:
    """The report as a page."""
    return reports.render(
        _TEMPLATE,
        report=report,
        pairs={pair.letter: pair for pair in report.pairs},
        verdict=_verdict(report),
        most=MOST,
        counted=counted,
    )


def _verdict(report: CompareReport) -> tuple[str, str]:
    """`good` or `bad`, and the verdict in words."""
    wrong = sum(not pair.passed for pair in report.pairs) + len(report.failures)
    if not wrong:
        return "good", "all models agree" if len(report.sides) > 2 else "both models agree"
    return "bad", f"{wrong} of {len(report.sides) - 1} models differ" if len(report.sides) > 2 else "the models differ"
