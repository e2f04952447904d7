"""The frame of the HTML reports: one self-contained file, light and dark, nothing fetched from anywhere."""

from collections.abc import Iterable, Sequence
from html import escape

STYLE = """
:root { color-scheme: light dark; --ink: #1d2433; --soft: #5b6475; --paper: #fbfaf7; --card: #ffffff; --line: #e3e0d8;
  --good: #1a7f5a; --bad: #b3261e; --accent: #2f5fc4; --bar: #7aa2f0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e9ecf3; --soft: #a5aec0; --paper: #14171e; --card: #1c212b;
  --line: #323947; --good: #5fd3a4; --bad: #ff8f86; --accent: #8fb3ff; --bar: #4a6fc0; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; margin: 0 0 .3rem; } h2 { font-size: 1.25rem; margin: 2.2rem 0 .7rem; }
.lead { color: var(--soft); margin: 0 0 1.2rem; max-width: 48rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 1rem 1.1rem;
  margin: 1rem 0; overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 600; color: var(--soft); font-size: .85rem; }
th, td { padding: .42rem .7rem; border-bottom: 1px solid var(--line); vertical-align: middle; }
tbody tr:last-child td { border-bottom: 0; } td.n, th.n { text-align: right; }
td.n, td:first-child { white-space: nowrap; }
.good { color: var(--good); font-weight: 600; } .bad { color: var(--bad); font-weight: 600; }
.badge { display: inline-block; border: 1px solid currentColor; border-radius: 99px; padding: .1rem .8rem; }
img { max-width: 100%; height: auto; border-radius: 8px; background: #fff; } code { font-size: .92em; }
ul { padding-left: 1.2rem; } svg text { fill: var(--soft); font: 12px system-ui, sans-serif; }
"""


def page(title: str, body: str) -> str:
    """A whole HTML document around a body that is HTML already."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: Iterable[int] = ()) -> str:
    """A table in a card.

    Args:
        head: Column titles, plain text.
        rows: Cells, HTML already.
        numbers: Which columns are set flush right.
    """
    right = set(numbers)
    marks = [' class="n"' if i in right else "" for i in range(len(head))]
    top = "".join(f"<th{mark}>{escape(text)}</th>" for mark, text in zip(marks, head, strict=True))
    lines = [
        "<tr>" + "".join(f"<td{mark}>{cell}</td>" for mark, cell in zip(marks, row, strict=True)) + "</tr>"
        for row in rows
    ]
    return (
        f'<div class="card"><table><thead><tr>{top}</tr></thead>\n<tbody>\n'
        + "\n".join(lines)
        + "\n</tbody></table></div>"
    )


def bullets(lines: Iterable[str]) -> str:
    """A list of plain text lines; nothing where there are none."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""
