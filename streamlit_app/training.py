"""Training: how the model learned, and how far it can be trusted."""

import contextlib

import streamlit as st

from gemelo.errors import ImageError
from gemelo.preprocessing import decode
from gemelo.reports.statistics import wilson
from gemelo.store.bundle import Bundle
from gemelo.store.manifest import ImportedFacts, Metrics
from gemelo.store.reference import ReferenceImage
from gemelo.store.run import Run
from gemelo.terminal.text import shown

from . import cards, charts, errors, limits, runs
from .i18n import markup, number, percent, say
from .photos import thumbnail
from .sidebar import Chosen, chosen


def render() -> None:
    """The page."""
    at = chosen()
    cards.heading(say("training.title"), say("training.lead"))
    metrics = at.bundle.manifest.metrics
    run = runs.find_run(at.bundle, at.options)
    test = at.bundle.reference.test
    _figures(metrics, len(test))
    _caveat(at.bundle, metrics, len(test))
    if at.bundle.manifest.imported is None:
        _curves(run)
    else:
        _declared(at.bundle.manifest.imported)
    if metrics.confusion:
        _confusion(metrics, metrics.confusion, at.bundle.labels)
    _calibration(test)
    _mistakes(at, test, run)


def _figures(metrics: Metrics, photos: int) -> None:
    rows: list[tuple[str, str]] = []
    if metrics.accuracy is not None:
        rows.append((say("training.accuracy"), percent(metrics.accuracy, 2)))
    if metrics.balanced_where_skewed is not None:
        rows.append((say("training.balanced"), percent(metrics.balanced_where_skewed, 2)))
    if metrics.loss is not None:
        rows.append((say("training.loss"), number(metrics.loss, 4)))
    if metrics.ece is not None:
        rows.append((say("training.ece"), number(metrics.ece, 4)))
    if metrics.kept_epoch:  # 0 where the head alone was trained
        epochs = number(metrics.epochs or 0)
        kept = say("training.of", epoch=number(metrics.kept_epoch), epochs=epochs)
        rows.append((say("training.epochs"), kept))
    rows.append((say("training.photos"), number(photos)))
    cards.tiles(rows)


def _caveat(bundle: Bundle, metrics: Metrics, photos: int) -> None:
    """What the figures are of, and how far they can be trusted for other photos."""
    if not photos or metrics.accuracy is None:
        return
    low, high = wilson(metrics.accuracy, photos)
    text = say("training.caveat", photos=number(photos), low=percent(low), high=percent(high))
    if copied := bundle.manifest.dataset.copied:
        text += f" {say('training.copied', copied=number(copied))}"
    chose = bundle.manifest.training.keep == "best"
    if chose and metrics.best_val_accuracy == metrics.accuracy:
        text += f" {say('training.best_on_these', epoch=metrics.kept_epoch or '?')}"
    st.html(f'<p class="gm lead small">{text}</p>')


def _curves(run: Run | None) -> None:
    st.subheader(say("training.curves"), anchor=False)
    if run is None:
        st.info(say("training.no_run"), icon=":material/search_off:")
        return
    rows = run.history()
    if len(rows) < 2:
        st.info(say("training.one_epoch" if rows else "training.no_run"), icon=":material/search_off:")
        return
    left, right = st.columns(2)
    with left:
        st.altair_chart(charts.curves(rows, "accuracy", say("training.curve_accuracy")), width="stretch")
    with right:
        st.altair_chart(charts.curves(rows, "loss", say("training.curve_loss")), width="stretch")


def _declared(source: ImportedFacts) -> None:
    """In place of the curves of a training: what was imported, and how its photos are prepared."""
    st.subheader(say("training.imported"), anchor=False)
    if source.warning is not None:
        st.html(f'<p class="gm"><strong>{markup(errors.reason(source.warning, source.warning_told))}</strong></p>')
    text = say("training.imported_lead", file=source.file, framework=source.title)
    st.html(f'<p class="gm lead small">{markup(text)}</p>')
    rows = [[markup(row.name.replace("_", " ")), markup(row.value), say(f"said.{row.by}")] for row in source.declared]
    cards.table([say(f"training.{key}") for key in ("what", "value", "said")], rows)


def _confusion(metrics: Metrics, counts: list[list[int]], labels: list[str]) -> None:
    left, right = st.columns(2)
    with left:
        st.subheader(say("training.confusion"), anchor=False)
        st.html(f'<p class="gm lead small">{say("training.confusion_lead")}</p>')
        # Of many classes, the run has kept those most often confused.
        named = [shown(label) for label in metrics.confusion_labels or labels]
        st.altair_chart(charts.confusion(counts, named), width="stretch")
    with right:
        st.subheader(say("training.classes"), anchor=False)
        rows = [
            [markup(label), percent(row.precision), percent(row.recall), number(row.support)]
            for label, row in metrics.per_class.items()
        ]
        head = [say(f"training.{key}") for key in ("class", "precision", "recall", "photos")]
        cards.table(head, rows, numbers=(1, 2, 3))


def _calibration(test: list[ReferenceImage]) -> None:
    st.subheader(say("training.calibration"), anchor=False)
    bins = runs.reliability(test)
    if not bins:
        st.info(say("training.no_test"))
        return
    st.html(f'<p class="gm lead small">{say("training.calibration_lead")}</p>')
    st.altair_chart(charts.calibration(bins), width="stretch")


def _mistakes(at: Chosen, test: list[ReferenceImage], run: Run | None) -> None:
    if not test:
        return
    st.subheader(say("training.mistakes"), anchor=False)
    found = runs.mistakes(test, run)
    if not found:
        st.success(say("training.no_mistakes"))
        return
    st.html(f'<p class="gm lead small">{say("training.mistakes_lead")}</p>')
    if not any(one.photo for one in found):
        st.info(say("training.gone"), icon=":material/hide_image:")
    cards.grid([_card(at, one) for one in found])


def _card(at: Chosen, one: runs.Mistake) -> str:
    labels = at.bundle.labels
    picture = ""
    if one.photo is not None:
        with contextlib.suppress(ImageError), limits.decoding:
            picture = cards.picture(thumbnail(decode(one.photo, at.options.max_pixels)), one.image.path)
    text = say("training.mistake", true=labels[one.true], said=labels[one.said])
    return (
        f'<article class="card">{picture}<div class="body"><p class="name">{markup(one.image.path)}</p>'
        f'<p class="answer"><strong class="bad">{markup(labels[one.said])}</strong><span>{percent(one.sure)}</span></p>'
        f'<p class="small">{markup(text)}</p></div></article>'
    )
