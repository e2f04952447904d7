"""Altair plots, in the colors of the theme."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import altair as alt

from gemelo.store.run import Epoch

from .i18n import language, percent, say

Chart: TypeAlias = alt.Chart | alt.LayerChart
# As many as there may be variants of one format and another.
_SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down"]
# So many characters of labels stand side by side above half a page.
_FLAT = 40
_MOST_TICKS = 9
_COMMA = alt.NumberLocale(decimal=",", thousands=".", grouping=[3], currency=["", " €"])


@dataclass(frozen=True)
class Cost:
    """What one artifact costs and is worth.

    Attributes:
        artifact: Its name.
        format: As people write it.
        kb: Size in kB.
        ms: Latency in milliseconds.
        accuracy: 0 to 1 on test photos; None where nobody measured it.
    """

    artifact: str
    format: str
    kb: float
    ms: float
    accuracy: float | None


def cost(points: Sequence[Cost]) -> Chart:
    """Size against latency: the color is the format, the shape the variant, a larger mark is right more often."""
    rows = [
        {**asdict(point), "right": _share(point.accuracy), "variant": point.artifact.split("/")[-1]} for point in points
    ]
    known = [point.accuracy for point in points if point.accuracy is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    size = alt.Size("accuracy:Q", scale=alt.Scale(domain=[low - 0.002, high + 0.002], range=[90, 420]), legend=None)
    formats, variants = ([*dict.fromkeys(row[key] for row in rows)] for key in ("format", "variant"))
    legend = alt.Legend(title=say("shell.format"), orient="top", symbolType="circle")
    tips = [
        alt.Tooltip("artifact:N", title=say("compare.artifact")),
        alt.Tooltip("kb:Q", title=say("compare.axis_size"), format=",.1f"),
        alt.Tooltip("ms:Q", title=say("compare.axis_latency"), format=".3f"),
        alt.Tooltip("right:N", title=say("compare.accuracy")),
    ]
    chart: Chart = (
        alt.Chart(_data(rows))
        .mark_point(filled=True, opacity=0.65)
        .encode(
            x=_log(alt.X, "kb", say("compare.axis_size"), [point.kb for point in points]),
            y=_log(alt.Y, "ms", say("compare.axis_latency"), [point.ms for point in points]),
            color=alt.Color("format:N", sort=formats, legend=legend),
            shape=alt.Shape(
                "variant:N",
                sort=variants,
                scale=alt.Scale(domain=variants, range=_SHAPES[: len(variants)]),
                legend=alt.Legend(title=say("shell.variant"), orient="bottom", columns=3, symbolFillColor="#8a93a5"),
            ),
            size=size,
            tooltip=tips,
        )
        .properties(height=480)
    )
    return _spoken(chart)


def _log(channel: Any, key: str, title: str, values: Sequence[float]) -> Any:
    """A logarithmic axis from half the least to twice the largest, with ticks at 1, 2 and 5 and their tens.

    The domain is said, because Vega warns of one that it has to find itself.
    """
    low, high = min(values) / 2, max(values) * 2
    tens = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [tick for ten in tens for digit in (1, 2, 5) if low <= (tick := digit * 10.0**ten) <= high]
    if len(ticks) > _MOST_TICKS:
        ticks = [10.0**ten for ten in tens if low <= 10.0**ten <= high]
    scale, axis = alt.Scale(type="log", domain=[low, high], nice=False), alt.Axis(values=ticks, format="~g")
    return channel(f"{key}:Q", scale=scale, axis=axis, title=title)


def curves(history: Sequence[Epoch], figure: str, title: str) -> Chart:
    """One figure over the epochs, on the training photos and on the others."""
    kinds = {figure: say("training.learning"), f"val_{figure}": say("training.validation")}
    rows = [
        {"epoch": row.epoch, "value": getattr(row, key), "kind": kind} for row in history for key, kind in kinds.items()
    ]
    tips = [
        alt.Tooltip("epoch:Q", title=say("training.epoch")),
        alt.Tooltip("kind:N", title=say("training.photos")),
        alt.Tooltip("value:Q", title=title, format=".4f"),
    ]
    values, epochs = [row["value"] for row in rows], [row["epoch"] for row in rows]
    room = 0.05 * (max(values) - min(values) or 1)
    high = alt.Scale(domain=[min(values) - room, max(values) + room], nice=False)
    wide = alt.Scale(domain=[min(epochs), max(epochs)], nice=False)
    chart: Chart = (
        alt.Chart(_data(rows))
        .mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=24))
        .encode(
            x=alt.X("epoch:Q", title=say("training.epoch"), scale=wide, axis=alt.Axis(tickMinStep=1, grid=False)),
            y=alt.Y("value:Q", title=title, scale=high),
            color=alt.Color("kind:N", sort=list(kinds.values()), legend=alt.Legend(title=None, orient="top")),
            tooltip=tips,
        )
        .properties(height=280)
    )
    return _spoken(chart)


def confusion(matrix: Sequence[Sequence[int]], labels: Sequence[str]) -> Chart:
    """Photos of each class (rows) by what the model says (columns); the shade is the share of the row."""
    rows = [
        {
            "true": labels[i],
            "said": labels[k],
            "count": n,
            "share": n / max(1, sum(line)),
            "of": percent(n / max(1, sum(line))),
        }
        for i, line in enumerate(matrix)
        for k, n in enumerate(line)
    ]
    # Upright names of many classes would overlap, and Vega would leave some of them out.
    angle = 0 if sum(map(len, labels)) <= _FLAT else -60
    across = alt.Axis(labelAngle=angle, labelAlign="center" if angle == 0 else "left", labelOverlap=False, orient="top")
    base = alt.Chart(_data(rows)).encode(
        x=alt.X("said:N", title=say("training.decided"), sort=list(labels), axis=across),
        y=alt.Y("true:N", title=say("training.true"), sort=list(labels), axis=alt.Axis(labelOverlap=False)),
    )
    shade = alt.Color("share:Q", scale=alt.Scale(domain=[0, 1], range=["#dbe6fb", "#1f4aa8"]), legend=None)
    tips = [
        alt.Tooltip("true:N", title=say("training.true")),
        alt.Tooltip("said:N", title=say("training.decided")),
        alt.Tooltip("count:Q", title=say("training.photos")),
        alt.Tooltip("of:N", title="%"),
    ]
    ink = alt.condition("datum.share > 0.45", alt.value("#ffffff"), alt.value("#1d2433"))
    cells = base.mark_rect(cornerRadius=6).encode(color=shade, tooltip=tips)
    text = base.mark_text(fontSize=13 if len(labels) <= 12 else 10, fontWeight=600).encode(text="count:Q", color=ink)
    chart: Chart = (cells + text).properties(height=max(220, (52 if len(labels) <= 8 else 30) * len(labels) + 60))
    return _spoken(chart)


def calibration(bins: Sequence[dict[str, float]]) -> Chart:
    """How often it is right against how sure it is; on the line where both are the same."""
    line = alt.Chart(_data([{"x": 0, "y": 0}, {"x": 1, "y": 1}]))
    line = line.mark_line(strokeDash=[5, 5], opacity=0.5, color="gray").encode(x="x:Q", y="y:Q")
    axis = alt.Axis(labelExpr="format(100 * datum.value, '.0f') + '\u00a0%'")
    rows = [
        {**row, **{name: percent(row[key]) for name, key in (("sure", "confidence"), ("right", "accuracy"))}}
        for row in bins
    ]
    scale, most = alt.Scale(domain=[0, 1]), max(row["count"] for row in bins)
    dots = (
        alt.Chart(_data(rows))
        .mark_circle(opacity=0.9)
        .encode(
            x=alt.X("confidence:Q", title=say("training.sure"), axis=axis, scale=scale),
            y=alt.Y("accuracy:Q", title=say("training.right"), axis=axis, scale=scale),
            size=alt.Size("count:Q", scale=alt.Scale(domain=[0, most], range=[40, 400]), legend=None),
            tooltip=[
                alt.Tooltip("sure:N", title=say("training.sure")),
                alt.Tooltip("right:N", title=say("training.right")),
                alt.Tooltip("count:Q", title=say("training.photos")),
            ],
        )
    )
    chart: Chart = (line + dots).properties(height=300)
    return _spoken(chart)


def _spoken(chart: Chart) -> Chart:
    """With the decimal comma where the language has one."""
    if language() != "es":
        return chart
    config = alt.Config() if chart.config is alt.Undefined else chart.config
    config.locale = alt.Locale(number=_COMMA)
    chart.config = config
    return chart


def _data(rows: list[dict[str, Any]]) -> Any:
    make: Any = alt.Data  # has no types
    return make(values=rows)


def _share(value: float | None) -> str:
    return "–" if value is None else percent(value, 2)
