"""The page of `classify.py --serve`: a form for a photo, and the answer. It needs no script and fetches nothing."""

import base64
import hashlib
import io
from html import escape
from string import Template
from typing import Any

from PIL import Image

from gemelo.edge.device.whole import Pack
from gemelo.preprocessing import Images

_MOST_LABELS = 5
_STYLE = """
:root { color-scheme: light dark; --text: #1c1e21; --quiet: #5f6670; --ground: #f5f6f8; --card: #fff; --line: #dcdfe4;
  --accent: #2558c4; --on-accent: #fff; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --text: #e8eaed; --quiet: #a2a9b4; --ground: #15171a; --card: #1f2226;
  --line: #363a41; --accent: #8ab0ff; --on-accent: #10203f; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 34rem; padding: 1.5rem 1rem 3rem; background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { margin: 0 0 1rem; font-size: 1.5rem; line-height: 1.25; }
section, form { margin: 0 0 1rem; padding: 1rem; background: var(--card); border: 1px solid var(--line);
  border-radius: .75rem; }
form { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; }
input { flex: 1 1 14rem; min-width: 0; font: inherit; color: inherit; }
button { padding: .6rem 1.4rem; border: 0; border-radius: .5rem; background: var(--accent); color: var(--on-accent);
  font: inherit; font-weight: 600; cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
figure { margin: 0 0 1rem; }
img { display: block; width: 12rem; max-width: 100%; border-radius: .5rem; image-rendering: pixelated; }
figcaption, footer, .note { color: var(--quiet); font-size: .875rem; }
.note { margin: .5rem 0 0; }
.answer { margin: 0; font-size: 1.75rem; font-weight: 700; line-height: 1.25; }
.error { margin: 0; color: var(--bad); font-weight: 600; }
table { width: 100%; margin-top: 1rem; border-collapse: collapse; }
th { padding: .2rem .75rem .2rem 0; font-weight: 400; text-align: left; }
td { width: 35%; }
td + td { width: 5.5rem; text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
progress { display: block; width: 100%; height: .6rem; accent-color: var(--accent); }
code { font-size: .9em; }
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src data:; form-action 'self'"
_PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>$title</title>
<style>$style</style>
</head>
<body>
<h1>What is on this photo?</h1>
$answer<form method="post" action="/" enctype="multipart/form-data">
<input type="file" name="photo" accept="image/*" required aria-label="A photo">
<button>Classify</button>
</form>
<footer>$name ($variant) knows $labels. Photos are not kept.
Programs post a photo's bytes and get JSON: <code>curl --data-binary @photo.jpg</code></footer>
</body>
</html>
""")


def page(pack: Pack, value: dict[str, Any], image: Images | None) -> bytes:
    """The form, below the answer to a photo or the error if there is one.

    Args:
        pack: Whose model answers.
        value: The answer as JSON has it, or an error; empty where nothing was asked.
        image: The photo as the model's input, uint8 (h, w, c).
    """
    if "error" in value:
        answer = f'<p class="error">{escape(value["error"])}</p>\n'
        answer += f'<p class="note">{escape(value["hint"])}</p>\n' if "hint" in value else ""
    elif value:
        answer = _picture(image) + _answer(pack, value) + _table(value["predictions"])
    else:
        answer = ""
    words = {
        "title": escape(pack.name),
        "style": _STYLE,
        "answer": f'<section aria-live="polite">\n{answer}</section>\n' if answer else "",
        "name": escape(pack.name),
        "variant": escape(pack.variant),
        "labels": escape(_listed(pack.labels)),
    }
    return _PAGE.substitute(words).encode()


def _answer(pack: Pack, value: dict[str, Any]) -> str:
    best = value["predictions"][0]
    if value["sure"]:
        return f'<p class="answer">{escape(best["label"])}</p>\n'
    said = f"The likeliest label is {best['label']}, with {_percent(best['probability'])}."
    needed = f"This network answers from {_percent(pack.threshold or 0)} on."
    return f'<p class="answer">Not sure</p>\n<p class="note">{escape(said)} {needed}</p>\n'


def _table(predictions: list[dict[str, Any]]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(row["label"])}</th>'
        f'<td><progress value="{row["probability"]:.4f}" aria-hidden="true"></progress></td>'
        f"<td>{_percent(row['probability'])}</td></tr>\n"
        for row in predictions[:_MOST_LABELS]
    )
    return f"<table>\n{rows}</table>\n"


def _picture(image: Images | None) -> str:
    """The photo as the network gets it."""
    if image is None:
        return ""
    stream = io.BytesIO()
    Image.fromarray(image[..., 0] if image.shape[2] == 1 else image).save(stream, "PNG")
    data = base64.b64encode(stream.getvalue()).decode()
    size = f"{image.shape[1]} × {image.shape[0]} pixels"
    return (
        f'<figure><img src="data:image/png;base64,{data}" alt="The photo as the network sees it">\n'
        f"<figcaption>What the network sees: {size}</figcaption></figure>\n"
    )


def _listed(labels: list[str]) -> str:
    more = len(labels) - _MOST_LABELS
    return ", ".join(labels[:_MOST_LABELS]) + (f" and {more} more" if more > 0 else "")


def _percent(share: float) -> str:
    return f"{100 * share:.1f}\u00a0%"
