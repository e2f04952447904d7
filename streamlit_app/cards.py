"""Photos and answers as HTML. Whatever came from outside goes through `markup` first."""

import base64
from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from gemelo.decisions import ranked, top1
from gemelo.store.bundle import Bundle

from . import errors
from .guard import markup_lines
from .i18n import markup, milliseconds, number, percent, say
from .models import Answer
from .photos import Photo

FIRST = 4


def heading(title: str, lead: str) -> None:
    """The top of a page; texts of the app's own."""
    st.title(title, anchor=False)
    st.html(f'<p class="gm lead">{lead}</p>')


def grid(cards: Sequence[str]) -> None:
    """Cards side by side, as many as fit."""
    st.html(f'<div class="gm cards">{"".join(cards)}</div>')


def answered(photo: Photo, answer: Answer, bundle: Bundle) -> str:
    """The card of a photo that was classified."""
    share = float(answer.probabilities[answer.index])
    label = verdict(bundle, answer.probabilities)
    times = say("card.times", decode=milliseconds(photo.ms), model=milliseconds(answer.ms))
    return (
        f'<article class="card">{picture(photo.thumbnail, photo.name)}<div class="body">'
        f'<p class="name" title="{markup(photo.name)}">{markup(photo.name)}</p>'
        f"{headline(bundle, answer.probabilities)}"
        f"{bars(answer.probabilities, bundle.labels)}"
        f'<p class="small">{photo.width}×{photo.height} · {times}</p>'
        f"<details><summary>{say('card.printed')}</summary>"
        f'<p class="printed">probability: {share:.4f}<br>prediction: {markup(label)}</p></details></div></article>'
    )


def headline(bundle: Bundle, probabilities: NDArray[np.float32]) -> str:
    """The label with its probability; or that the bundle is not sure, and why."""
    best = int(top1(probabilities))
    label, share = bundle.labels[best], float(probabilities[best])
    if bundle.is_sure(share):
        return f'<p class="answer"><strong>{markup(label)}</strong><span>{percent(share)}</span></p>'
    least = percent(bundle.threshold or 0)
    why = say("card.why_not_sure", label=label, share=percent(share), least=least)
    return f'<p class="answer unsure"><strong>{say("card.not_sure")}</strong></p><p class="small">{markup(why)}</p>'


def verdict(bundle: Bundle, probabilities: NDArray[np.float32]) -> str:
    """The label, or that the bundle is not sure, plain text."""
    best = int(top1(probabilities))
    return bundle.labels[best] if bundle.is_sure(float(probabilities[best])) else say("card.not_sure")


def waiting(photo: Photo, text: str) -> str:
    """The card of a photo that this model cannot be asked about."""
    return (
        f'<article class="card">{picture(photo.thumbnail, photo.name)}<div class="body">'
        f'<p class="name">{markup(photo.name)}</p><p class="small">{markup(text)}</p></div></article>'
    )


def failed(photo: Photo) -> str:
    """The card of a photo that cannot be read: the command line's words for it, or the static page's in Spanish."""
    error = photo.problem
    if error is None:
        return ""
    what = errors.hint(error)
    hint = f'<p class="small">{markup_lines(what)}</p>' if what else ""
    return (
        '<article class="card bad" role="alert"><div class="picture empty" aria-hidden="true">!</div>'
        f'<div class="body"><p class="name">{markup(photo.name)}</p><p class="wrong">{say("card.unread")}</p>'
        f"<p>{markup(errors.sentence(error))}</p>{hint}</div></article>"
    )


def picture(webp: bytes, name: str) -> str:
    """A photo as an image element; inside the page, so that no address leads to it."""
    return f'<div class="picture"><img src="{data_url(webp)}" alt="{markup(name)}"></div>'


def figure(png: bytes, caption: str) -> None:
    """A picture with what it shows below it, plain text."""
    text = markup(caption)
    source = data_url(png, "png")
    st.html(
        f'<figure class="gm"><img class="wide" src="{source}" alt="{text}"><figcaption>{text}</figcaption></figure>'
    )


def data_url(data: bytes, kind: str = "webp") -> str:
    """A picture's file as an address that holds it."""
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"


def bars(probabilities: NDArray[np.float32], labels: Sequence[str]) -> str:
    """The most probable labels as bars, the others folded away."""
    order = ranked(probabilities)
    rows = [_bar(labels[i], float(probabilities[i])) for i in order]
    first, others = "".join(rows[:FIRST]), "".join(rows[FIRST:])
    more = say("card.more", count=len(rows) - FIRST)
    folded = f"<details><summary>{more}</summary>{others}</details>" if others else ""
    return f'<div class="bars">{first}{folded}</div>'


def _bar(label: str, share: float) -> str:
    # DOMPurify, which Streamlit passes this through, keeps style attributes.
    return (
        f'<div class="bar"><span class="label">{markup(label)}</span>'
        f'<span class="track"><span style="width:{100 * share:.2f}%"></span></span>'
        f'<span class="value">{percent(share)}</span></div>'
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> None:
    """A table; its cells are HTML already."""
    marks = [' class="n"' if i in set(numbers) else "" for i in range(len(head))]
    top = "".join(f'<th scope="col"{mark}>{text}</th>' for mark, text in zip(marks, head, strict=True))
    # On a phone a row is a card, and a cell has its head before it: see app.css.
    marks = [f'{mark} data-head="{text}"' for mark, text in zip(marks, head, strict=True)]
    lines = (
        "<tr>" + "".join(f"<td{mark}><div>{cell}</div></td>" for mark, cell in zip(marks, row, strict=True)) + "</tr>"
        for row in rows
    )
    st.html(
        f'<div class="gm table" tabindex="0"><table><thead><tr>{top}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def tiles(pairs: Sequence[tuple[str, str]]) -> None:
    """Figures with their names; both plain text."""
    cells = "".join(f"<div><dt>{markup(name)}</dt><dd>{markup(value)}</dd></div>" for name, value in pairs)
    st.html(f'<dl class="gm tiles">{cells}</dl>')


def badge(good: bool, text: str) -> str:
    """A verdict."""
    return f'<span class="badge {"good" if good else "bad"}">{markup(text)}</span>'


def count(value: int) -> str:
    """A whole number."""
    return number(value)
