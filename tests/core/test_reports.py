"""The frame of the reports: escaping, and the axes of their charts."""

from pathlib import Path

import jinja2
import numpy as np
import pytest

from gemelo import reports
from gemelo.reports.charts import axis
from gemelo.reports.photos import data_url


def rendered(folder: Path, body: str, **values: object) -> str:
    template = folder / "own.html"
    text = '{% extends "base.html" %}{% import "parts.html" as parts %}{% block body %}' + body + "{% endblock %}"
    template.write_text(text, encoding="utf-8")
    return reports.render(template, **values)


def test_text_from_outside_is_text(tmp_path: Path) -> None:
    hostile = "<img src=x onerror=alert(1)>\x1b[2J\u202e\"'"
    html = rendered(tmp_path, '{{ parts.table(("a",), [(x,)]) }}{{ parts.tiles([(x, x)]) }}', x=hostile)
    assert "<img" not in html
    assert "\x1b" not in html
    assert "\u202e" not in html
    assert html.count("&lt;img src=x onerror=alert(1)&gt;\\x1b[2J\\u202e&#34;&#39;") == 3


def test_names_that_are_no_utf8_are_escaped(tmp_path: Path) -> None:
    (tmp_path / "t.html").write_text("{{ x }}")
    reports.save(tmp_path / "out.html", tmp_path / "t.html", x="a\udce9.jpg")
    assert (tmp_path / "out.html").read_bytes() == b"a\\udce9.jpg"


def test_a_value_that_was_forgotten_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(jinja2.UndefinedError):
        rendered(tmp_path, "{{ forgotten }}")


@pytest.mark.parametrize("shape", [(12, 16, 3), (12, 16, 1)])
def test_a_photo_is_shown_at_the_size_of_the_input(shape: tuple[int, int, int]) -> None:
    import base64
    import io

    from PIL import Image

    url = data_url(np.full(shape, 200, np.uint8))
    head, data = url.split(",")
    assert head == "data:image/webp;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as picture:
        assert picture.size == (16, 12)
        assert picture.convert("RGB").getpixel((3, 3)) == pytest.approx((200, 200, 200), abs=3)


@pytest.mark.parametrize(
    ("values", "whole", "ticks"),
    [
        ((0.31, 0.87), False, [0.4, 0.6, 0.8]),
        ((0.0, 0.0), False, [-0.04, -0.02, 0.0, 0.02, 0.04]),
        ((1, 2), True, [1, 2]),
        ((1, 25), True, [5, 10, 15, 20, 25]),
        ((1, 4000), True, [1000, 2000, 3000, 4000]),
    ],
)
def test_axes_have_a_few_round_ticks(values: tuple[float, ...], whole: bool, ticks: list[float]) -> None:
    found = axis("x", values, whole=whole)
    assert found.ticks == pytest.approx(ticks)
    assert found.low <= min(values)
    assert max(values) <= found.high
