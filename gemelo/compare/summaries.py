"""A comparison for machines that build: a summary in Markdown, and JUnit XML."""

import re
from xml.etree.ElementTree import Element, SubElement, tostring

from gemelo.compare.report import CompareReport, Pair, counted
from gemelo.terminal.text import shown

_MOST = 20


def markdown(report: CompareReport) -> str:
    """A table, then what differs and why."""
    reference = report.sides[0]
    lines = [
        f"### {'Agree' if report.passed else 'Differ'}: {counted(report.photos)}, compared with {cell(reference.path)}",
        "",
        "| | model | largest difference | labels changed | accuracy | |",
        "|---|---|---:|---:|---:|---|",
    ]
    pairs = {pair.letter: pair for pair in report.pairs}
    for side in report.sides:
        accuracy = "" if side.accuracy is None else f"{100 * side.accuracy:.2f} %"
        pair = pairs.get(side.letter)
        figures = ("", "", "") if pair is None else _figures(pair)
        verdict = cell(report.failures[side.letter]) if side.letter in report.failures else figures[2]
        row = (side.letter, cell(side.path), figures[0], figures[1], accuracy, verdict)
        lines.append(f"| {' | '.join(row)} |")
    for pair in report.pairs:
        lines += ["", *_explained(pair)] if _explained(pair) else []
    return "\n".join(lines) + "\n"


def junit(report: CompareReport) -> bytes:
    """A test case for each model but the first."""
    failures = sum(not pair.passed for pair in report.pairs) + len(report.failures)
    suite = Element("testsuite", name="gemelo compare", tests=str(len(report.sides) - 1), failures=str(failures))
    paths = {side.letter: side.path for side in report.sides}
    reference = report.sides[0].path
    for pair in report.pairs:
        case = SubElement(
            suite, "testcase", classname="gemelo.compare", name=plain(f"{paths[pair.letter]} = {reference}")
        )
        if not pair.passed:
            message = pair.cause.sentence if pair.cause else pair.reasons[0]
            failure = SubElement(case, "failure", message=plain(message))
            failure.text = plain("\n".join([*pair.told, *pair.reasons]))
    for letter, reason in report.failures.items():
        case = SubElement(suite, "testcase", classname="gemelo.compare", name=plain(paths[letter]))
        SubElement(case, "failure", message=plain(reason))
    return xml(suite)


def xml(suite: Element) -> bytes:
    """A suite as a file."""
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(suite, encoding="unicode")}\n'.encode()


def cell(text: str) -> str:
    """Text from outside in a table of Markdown: nothing of it is taken for markup."""
    escaped = shown(text).replace("\\", "\\\\")
    for mark in "|`*<>[]&#":
        escaped = escaped.replace(mark, f"\\{mark}")
    return re.sub(r"(?<!\w)_|_(?!\w)", r"\\_", escaped)


def plain(text: str) -> str:
    """Text from outside that XML can hold."""
    return "\n".join(shown(line) for line in text.split("\n"))


def _figures(pair: Pair) -> tuple[str, str, str]:
    changed = f"{len(pair.changes)} of {pair.photos}"
    return f"{pair.max_difference:.1e}", changed, "agrees" if pair.passed else "**differs**"


def _explained(pair: Pair) -> list[str]:
    lines = [f"- {pair.letter}: {cell(reason)}" for reason in pair.reasons]
    if pair.cause is not None:
        lines.append(f"- cause: **{cell(pair.cause.stage)}**: {cell(pair.cause.sentence)}")
    if pair.cause is not None and pair.cause.option:
        lines.append(f"- try `{pair.cause.option}`")
    if pair.unexplained:
        lines.append(f"- {cell(pair.unexplained)}")
    if pair.departure is not None:
        lines.append(f"- layers: {cell(pair.departure.sentence)}")
    changes = pair.changes[:_MOST] if not pair.passed else []
    if changes:
        lines.append(f"- labels changed, {len(changes)} of {len(pair.changes)}:")
    for change in changes:
        told = f"{cell(change.expected)} became {cell(change.answered)}, margin {change.margin:.3f}"
        lines.append(f"  - {cell(change.image)}: {told}")
    return lines
