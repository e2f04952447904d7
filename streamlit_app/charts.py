"""Altair plots, in the colours of the theme."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import altair as alt

from streamlit_app.words import percent, say

Chart: TypeAlias = alt.Chart | alt.LayerChart | alt.HConcatChart


@dataclass(frozen=True)
class Cost:
    """What one twin costs and is worth.

    Attributes:
        twin: Its name.
        format: As people write it.
        kb: Size in kB.
        ms: Latency in milliseconds.
        accuracy: 0 to 1 on test photos; None where nobody measured it.
    """

    twin: str
    format: str
    kb: float
    ms: float
    accuracy: float | None


def cost(points: Sequence[Cost]) -> Chart:
    """Size against latency; the dot's size is the accuracy."""
    rows = [
        {**asdict(point), "right": _share(point.accuracy), "variant": point.twin.split("/")[-1]} for point in points
    ]
    known = [point.accuracy for point in points if point.accuracy is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    dots = alt.Size(
        "accuracy:Q",
        scale=alt.Scale(domain=[low - 0.002, high + 0.002], range=[60, 420]),
        legend=None,
    )
    base = alt.Chart(_data(rows)).encode(
        x=alt.X("kb:Q", scale=alt.Scale(type="log", padding=30), title=say("compare.axis_size")),
        y=alt.Y("ms:Q", scale=alt.Scale(type="log", padding=24), title=say("compare.axis_latency")),
        color=alt.Color("format:N", legend=alt.Legend(title=say("shell.format"), orient="bottom")),
    )
    tips = [
        alt.Tooltip("twin:N", title=say("compare.twin")),
        alt.Tooltip("kb:Q", title=say("compare.axis_size"), format=",.1f"),
        alt.Tooltip("ms:Q", title=say("compare.axis_latency"), format=".3f"),
        alt.Tooltip("right:N", title=say("compare.right")),
    ]
    # TFLite's and ONNX's twins are of a size and a speed: their names would lie on one another.
    above = base.mark_text(dy=-17, fontSize=11).transform_filter("datum.format != 'TFLite'").encode(text="variant:N")
    below = base.mark_text(dy=19, fontSize=11).transform_filter("datum.format == 'TFLite'").encode(text="variant:N")
    circles = base.mark_circle(opacity=0.85).encode(size=dots, tooltip=tips)
    chart: Chart = (circles + above + below).properties(height=420)
    return chart


def curves(history: Sequence[dict[str, Any]], figure: str, title: str) -> Chart:
    """One figure over the epochs, on the training photos and on the others."""
    kinds = {figure: say("training.learning"), f"val_{figure}": say("training.validation")}
    rows = [
        {"epoch": row["epoch"], "value": row[key], "kind": kind}
        for row in history
        for key, kind in kinds.items()
        if row.get(key) is not None
    ]
    tips = [alt.Tooltip("epoch:Q", title=say("training.epoch")), "kind:N", alt.Tooltip("value:Q", format=".4f")]
    chart: Chart = (
        alt.Chart(_data(rows))
        .mark_line(strokeWidth=2.5, point=alt.OverlayMarkDef(size=24))
        .encode(
            x=alt.X("epoch:Q", title=say("training.epoch"), axis=alt.Axis(tickMinStep=1, grid=False)),
            y=alt.Y("value:Q", title=title, scale=alt.Scale(zero=False)),
            color=alt.Color("kind:N", sort=list(kinds.values()), legend=alt.Legend(title=None, orient="top")),
            tooltip=tips,
        )
        .properties(height=280)
    )
    return chart


def confusion(matrix: Sequence[Sequence[int]], labels: Sequence[str]) -> Chart:
    """Photos of each class (rows) by what the model says (columns); the shade is the share of the row."""
    rows = [
        {"true": labels[i], "said": labels[k], "count": n, "share": n / max(1, sum(line))}
        for i, line in enumerate(matrix)
        for k, n in enumerate(line)
    ]
    base = alt.Chart(_data(rows)).encode(
        x=alt.X("said:N", title=say("training.decided"), sort=list(labels), axis=alt.Axis(labelAngle=0, orient="top")),
        y=alt.Y("true:N", title=say("training.true"), sort=list(labels)),
    )
    shade = alt.Color("share:Q", scale=alt.Scale(domain=[0, 1], range=["#dbe6fb", "#1f4aa8"]), legend=None)
    tips = ["true:N", "said:N", "count:Q", alt.Tooltip("share:Q", format=".1%")]
    ink = alt.condition("datum.share > 0.45", alt.value("#ffffff"), alt.value("#1d2433"))
    cells = base.mark_rect(cornerRadius=6).encode(color=shade, tooltip=tips)
    text = base.mark_text(fontSize=13, fontWeight=600).encode(text="count:Q", color=ink)
    chart: Chart = (cells + text).properties(height=max(220, 52 * len(labels) + 60))
    return chart


def calibration(bins: Sequence[dict[str, float]]) -> Chart:
    """How often it is right against how sure it is; on the line where both are the same."""
    line = alt.Chart(_data([{"x": 0, "y": 0}, {"x": 1, "y": 1}]))
    line = line.mark_line(strokeDash=[5, 5], opacity=0.5, color="gray").encode(x="x:Q", y="y:Q")
    axis = alt.Axis(format=".0%")
    scale = alt.Scale(domain=[0, 1])
    dots = (
        alt.Chart(_data(list(bins)))
        .mark_circle(opacity=0.9)
        .encode(
            x=alt.X("confidence:Q", title=say("training.sure"), axis=axis, scale=scale),
            y=alt.Y("accuracy:Q", title=say("training.right"), axis=axis, scale=scale),
            size=alt.Size("count:Q", scale=alt.Scale(range=[40, 400]), legend=None),
            tooltip=[
                alt.Tooltip("confidence:Q", title=say("training.sure"), format=".1%"),
                alt.Tooltip("accuracy:Q", title=say("training.right"), format=".1%"),
                alt.Tooltip("count:Q", title=say("training.photos")),
            ],
        )
    )
    chart: Chart = (line + dots).properties(height=300)
    return chart


def _data(rows: list[dict[str, Any]]) -> Any:
    make: Any = alt.Data  # has no types
    return make(values=rows)


def _share(value: float | None) -> str:
    return "–" if value is None else percent(value, 2)
