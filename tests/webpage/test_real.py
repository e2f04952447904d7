"""The page as `make web` builds it: what Python takes for granted of it holds."""

import html
import http.client
import re
import threading
from pathlib import Path

import pytest

from gemelo.webpage import bind, make_page
from gemelo.webpage.assets import FOLDER, INDEX, Assets
from gemelo.webpage.headers import FOREVER, POLICY, cache_control
from gemelo.webpage.module import CODE, without
from gemelo.webpage.packing import media_type

pytestmark = pytest.mark.skipif(not (FOLDER / INDEX).is_file(), reason="the page is not built (make web)")


@pytest.fixture(scope="module")
def real() -> Assets:
    return Assets.open()


def test_every_file_is_what_the_list_says(real: Assets) -> None:
    for path, row in real.files.items():
        assert len(real.read(path)) == row.bytes, path


def test_the_licenses_of_all_its_parts_are_in_it(real: Assets) -> None:
    """Whatever the runtimes of a page."""
    assert all("THIRD-PARTY-NOTICES.txt" in real.chosen([name]) for name in real.runtimes)
    text = real.read("THIRD-PARTY-NOTICES.txt").decode("utf-8")
    for name in ("gemelo", "onnxruntime-web", "@tensorflow/tfjs-core", "@litertjs/core"):
        assert name in text


def test_the_page_says_the_same_policy_as_the_server(real: Assets) -> None:
    text = real.read("index.html").decode("utf-8")
    found = re.search(r'http-equiv="Content-Security-Policy"\s+content="([^"]+)"', text)
    assert found
    assert html.unescape(found[1]) == POLICY


def test_all_addresses_in_it_are_relative(real: Assets) -> None:
    text = real.read("index.html").decode("utf-8")
    addresses = re.findall(r'(?:href|src)="([^"]*)"', text)
    assert len(addresses) >= 5
    for address in addresses:
        assert address.startswith("#") or address in {*real.files, "page.json"}, address


def test_its_code_may_be_kept_for_ever_and_nothing_else(real: Assets) -> None:
    for path in real.files:
        assert (cache_control(path) == FOREVER) is path.startswith("app/"), path


def test_every_file_has_a_type(real: Assets) -> None:
    assert {path for path in real.files if media_type(path) == "application/octet-stream"} == set()


def test_runtimes_have_their_binaries_and_the_shell_none_of_them(real: Assets) -> None:
    assert list(real.runtimes) == ["tfjs", "onnx", "litert"], "the lightest first"
    for name, runtime in real.runtimes.items():
        assert any(path.startswith(f"runtimes/{name}/") and path.endswith(".wasm") for path in runtime.first)
        assert set(runtime.first) <= set(runtime.files)
        assert not set(runtime.files) & set(real.shell)
    assert {"index.html"} < set(real.shell)


def test_the_module_names_all_its_code(real: Assets) -> None:
    """Bundlers move what is written out. A file below 4 kB they would put into the code, where a policy may stop it."""
    rows = re.findall(
        r'^  "(.+)": new URL\("\./\1", import\.meta\.url\)\.href,$', real.read(CODE).decode(), re.MULTILINE
    )
    assert {path for runtime in real.runtimes.values() for path in runtime.files} < set(rows)
    assert any(path.startswith("app/worker-") for path in rows)
    for path in rows:
        assert real.files[path].bytes > 4096, path
        assert path.endswith((".js", ".wasm")), "of these every host knows the type, or need not"
    rest = without(real.read(CODE), rows)
    assert b"new URL(" not in rest.split(b"};", 1)[0]


def test_a_real_page_is_served_packed(written: Path, tmp_path: Path, real: Assets) -> None:
    made = make_page(written, tmp_path / "page")
    wanted = [*real.first("tfjs"), "page.json", "goldens.bin", "bundle/tfjs/fp32/model.json"]
    with bind(made.path, port=0) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
        sizes = {}
        for path in wanted:
            connection.request("GET", f"/{path}", headers={"Accept-Encoding": "gzip, deflate, br"})
            answer = connection.getresponse()
            assert answer.status == 200, path
            sizes[path] = len(answer.read())
        connection.close()
        server.shutdown()
    weights = made.path / "bundle" / "tfjs" / "fp32" / "group1-shard1of1.bin"
    assert sum(sizes.values()) < made.first.served < sum(sizes.values()) + weights.stat().st_size
    assert made.first.served < made.first.gzip < made.first.plain
