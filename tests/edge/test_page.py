"""The page of `classify.py --serve`: browsers get it, programs get JSON, and nothing from outside becomes markup."""

import base64
import hashlib
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gemelo.edge.build import make_pack
from gemelo.edge.device.model import Model
from gemelo.edge.device.page import POLICY, page
from gemelo.edge.device.service import Service
from gemelo.edge.device.whole import Pack
from tests.edge.support import make_variants

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(scope="module")
def service(made: Path) -> Service:
    return Service(Model(Pack.open(made)))


@pytest.fixture
def golden(made: Path) -> bytes:
    return min((made / "goldens").glob("*.png")).read_bytes()


def test_a_browser_gets_a_page_with_the_same_answer(service: Service, golden: bytes) -> None:
    value = json.loads(service.post("/", {"Accept": "*/*"}, golden).body)
    reply = service.post("/", BROWSER, golden)
    assert (reply.status, reply.kind) == (200, "text/html; charset=utf-8")
    text = reply.body.decode()
    assert f'<p class="answer">{value["prediction"]}</p>' in text
    for row in value["predictions"]:
        assert f'<th scope="row">{row["label"]}</th>' in text
        assert f"<td>{100 * row['probability']:.1f}\u00a0%</td>" in text
    [data] = re.findall(r'<img src="data:image/png;base64,([^"]+)"', text)
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        np.testing.assert_array_equal(np.asarray(image), service.model.prepare(io.BytesIO(golden)))
    assert 'enctype="multipart/form-data"' in text


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "image/*"])
def test_a_program_gets_json(accept: str | None, service: Service, golden: bytes) -> None:
    headers = {} if accept is None else {"Accept": accept}
    for body, status in ((golden, 200), (b"no photo", 415)):
        reply = service.post("/", headers, body)
        assert (reply.status, reply.kind) == (status, "application/json")
        assert json.loads(reply.body)


@pytest.mark.parametrize(("body", "status", "said"), [(b"", 400, "the file is empty"), (b"GIF89a", 422, "damaged")])
def test_an_error_is_a_page_too(body: bytes, status: int, said: str, service: Service) -> None:
    reply = service.post("/", BROWSER, body)
    assert (reply.status, reply.kind[:9]) == (status, "text/html")
    assert re.search(f'<p class="error">the photo: .*{said}', reply.body.decode())
    for code in (400, 403, 404, 405, 411, 413, 503):
        reply = service.refusal(code, "/", BROWSER)
        assert (reply.status, reply.kind[:9]) == (code, "text/html")
        assert b'<p class="error">' in reply.body


def test_it_runs_no_script_and_its_style_is_allowed(service: Service, golden: bytes) -> None:
    for reply in (service.get("/", {}), service.post("/", BROWSER, golden), service.post("/", BROWSER, b"")):
        [style] = re.findall(r"<style>(.*?)</style>", reply.body.decode(), re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"style-src 'sha256-{digest}'" in POLICY
        policy = dict(reply.headers)["Content-Security-Policy"]
        assert policy.startswith(POLICY)
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert not re.search(rb"<script| style=| on\w+=", reply.body)


def test_text_from_outside_is_text(tmp_path: Path) -> None:
    name = '<script>alert("$name")</script>'
    pack = Pack.open(make_pack(make_variants(tmp_path / "bundle", name).path, tmp_path / "pack").path)
    rows = [{"label": "<b>&$style", "probability": 0.3, "index": 0}]
    for value in (
        {"prediction": "<b>&$style", "sure": True, "predictions": rows},
        {"prediction": None, "sure": False, "predictions": rows},
        {"error": "<i>", "hint": "<u>"},
    ):
        text = page(pack, value, np.zeros((2, 3, 1), np.uint8)).decode()
        assert not re.search(r"<(script|b|i|u)>", text)
        assert "&lt;script&gt;alert(&quot;$name&quot;)&lt;/script&gt;" in text


def test_not_sure_names_the_likeliest_and_the_threshold(tmp_path: Path, golden: bytes) -> None:
    abstain = {"threshold": 0.9999, "answered": 0.5, "accuracy": 0.9}
    bundle = make_variants(tmp_path / "bundle", abstain=abstain)
    service = Service(Model(Pack.open(make_pack(bundle.path, tmp_path / "pack").path)))
    best = json.loads(service.post("/", {}, golden).body)["predictions"][0]
    text = service.post("/", BROWSER, golden).body.decode()
    assert '<p class="answer">Not sure</p>' in text
    assert f"The likeliest label is {best['label']}, with {100 * best['probability']:.1f}\u00a0%. " in text
    assert "This network answers from 100.0\u00a0% on." in text
