"""What `gemelo verify` found, for machines that build: a summary in Markdown, and JUnit XML."""

from xml.etree.ElementTree import Element, SubElement

from gemelo.compare.baseline import ArtifactChange, BaselineReport
from gemelo.compare.report import Departure
from gemelo.compare.summaries import cell, plain, xml
from gemelo.parity.report import ParityReport

_MOST = 20


def markdown(report: ParityReport, layers: dict[str, Departure], baseline: BaselineReport | None) -> str:
    """A table of the artifacts; then what the layers say, and what changed since the baseline."""
    lines = [
        f"### {cell(report.name)}: {'every artifact passed' if report.passed else 'an artifact failed'}",
        "",
        "| artifact | largest difference | same label | accuracy | |",
        "|---|---:|---:|---:|---|",
    ]
    for artifact in report.artifacts:
        accuracy = "" if artifact.accuracy is None else f"{100 * artifact.accuracy:.2f} %"
        same = f"{artifact.counted - artifact.changes} of {artifact.counted}"
        verdict = "passed" if artifact.passed else "**failed**"
        lines.append(f"| {artifact.name} | {artifact.max_abs_difference:.1e} | {same} | {accuracy} | {verdict} |")
    for artifact in report.artifacts:
        lines += [f"- {artifact.name}: {cell(reason)}" for reason in artifact.reasons]
    lines += [f"- {cell(failure.name)}: {cell('; '.join(failure.reasons))}" for failure in report.failures]
    lines += [f"- layers of {cell(name)}: {cell(departure.sentence)}" for name, departure in layers.items()]
    return "\n".join([*lines, *(_baseline(baseline) if baseline else [])]) + "\n"


def _baseline(report: BaselineReport) -> list[str]:
    lines = [
        "",
        f"### Since {cell(report.old)}: {'no worse' if report.passed else 'worse'}",
        "",
        "| artifact | labels changed | accuracy before | accuracy after | lost | won | p (McNemar) |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for row in report.artifacts:
        shares = ["" if each is None else f"{100 * each:.2f} %" for each in (row.accuracy_before, row.accuracy_after)]
        changed = f"{len(row.changes)} of {row.photos}"
        p = "" if row.p is None else f"{row.p:.3g}"
        lines.append(f"| {row.name} | {changed} | {shares[0]} | {shares[1]} | {row.lost} | {row.won} | {p} |")
    for row in report.artifacts:
        lines += _changes(row)
    names = (("only in the new one", report.added), ("only in the old one", report.removed))
    return [*lines, *(f"- {told}: {', '.join(found)}" for told, found in names if found)]


def _changes(row: ArtifactChange) -> list[str]:
    lines = [
        f"- {row.name}: {cell(change.image)}: {cell(change.expected)} became {cell(change.answered)}"
        + (f", the folder says {cell(change.label)}" if change.label else "")
        for change in row.changes[:_MOST]
    ]
    more = len(row.changes) - _MOST
    return [*lines, f"- {row.name}: {more} more"] if more > 0 else lines


def junit(report: ParityReport, baseline: BaselineReport | None) -> bytes:
    """A test case for each artifact, and one for each that the baseline has too."""
    suite = Element("testsuite", name=plain(f"gemelo verify {report.name}"))
    wrong = {artifact.name: artifact.reasons for artifact in report.artifacts}
    wrong |= {failure.name: failure.reasons for failure in report.failures}
    for name, reasons in wrong.items():
        _case(suite, "gemelo.verify", name, reasons)
    for row in baseline.artifacts if baseline else ():
        told = f"the accuracy dropped: {row.lost} photos are wrong now, {row.won} are right now (p = {row.p})"
        _case(suite, "gemelo.verify.baseline", row.name, [] if row.passed else [told])
    failures = len(suite.findall("testcase/failure"))
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(failures))
    return xml(suite)


def _case(suite: Element, group: str, name: str, reasons: list[str]) -> None:
    case = SubElement(suite, "testcase", classname=group, name=plain(name))
    if reasons:
        SubElement(case, "failure", message=plain(reasons[0])).text = plain("\n".join(reasons))
