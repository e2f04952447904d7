"""`gemelo page` and `gemelo serve` as people run them, with a built page of a few bytes."""

import http.client
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gemelo.store.files import describe_files
from gemelo.webpage import is_page
from tests.support.damage import flip_byte
from tests.support.pages import command, make_assets, run_page_command
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_assets(tmp_path_factory.mktemp("built") / "web")


@contextmanager
def serving(web: Path, temporary: Path, *arguments: str | Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """`gemelo serve` at work, and its port."""
    temporary.mkdir(exist_ok=True)
    environment = {**os.environ, "TMPDIR": str(temporary)}
    process = subprocess.Popen(
        command(web, "serve", *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        found = re.match(r"serving http://127\.0\.0\.1:(\d+)/ ", line)
        assert found, line + process.communicate()[1]
        yield process, int(found[1])
    finally:
        process.kill()
        process.communicate()


def get(port: int, target: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", target)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_page_says_what_it_made_and_how_to_serve_it(web: Path, bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "my site"
    done = run_page_command(web, "page", bundle, "--out", out)
    assert (done.returncode, done.stderr) == (0, "")
    files = describe_files(out)
    assert f"page of tiny in {out}: {len(files)} files, " in done.stdout
    assert re.search(r"runtimes +tfjs, onnx, litert\n", done.stdout)
    assert re.search(r"first answer +takes \d+\.\d kB; \d+\.\d kB from hosts that gzip\n", done.stdout)
    assert re.search(rf"\d+\.\d kB from gemelo serve '{out}'\n", done.stdout)
    assert is_page(out)


def test_page_takes_its_options(web: Path, bundle: Path, tmp_path: Path) -> None:
    options = ["--runtimes", "onnx", "--title", "Pets [bold]", "--max-megapixels", "2", "--samples", bundle / "goldens"]
    done = run_page_command(web, "page", bundle, "--out", tmp_path / "out", *options)
    assert done.returncode == 0, done.stderr
    assert "note the samples are your files as they are" in done.stdout
    text = (tmp_path / "out" / "page.json").read_text(encoding="utf-8")
    assert '"runtimes":["onnx"]' in text
    assert '"max_pixels":2000000' in text
    assert '"samples/sample-24.png"' in text
    assert "<title>Pets [bold]</title>" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["page", "BUNDLE"], 2, "--out"),
        (["page", "nowhere", "--out", "OUT"], 2, "nowhere: there is no such folder"),
        (["page", "WEB", "--out", "OUT"], 1, "this is no bundle"),
        (["page", "TAMPERED", "--out", "OUT"], 1, "not the bytes that were written: onnx/fp32.onnx"),
        (["page", "BUNDLE", "--out", "BUNDLE"], 2, "would change the bundle"),
        (["page", "BUNDLE", "--out", "BUNDLE/page"], 2, "would change the bundle"),
        (["page", "BUNDLE", "--out", "WEB"], 2, "no page is there already"),
        (["page", "BUNDLE", "--out", "OUT", "--runtimes", "tfjs,tensorrt"], 2, "there is: tfjs, onnx, litert"),
        (["page", "BUNDLE", "--out", "OUT", "--runtimes", ""], 2, "no runtime was named"),
        (["page", "BUNDLE", "--out", "OUT", "--samples", "nowhere"], 2, "nowhere: there is no such folder"),
        (["page", "BUNDLE", "--out", "OUT", "--samples", "WEB/app"], 2, "no photo below it"),
        (["page", "BUNDLE", "--out", "OUT", "--samples", "WEB"], 1, "icon-192.png: this is not an image"),
        (["page", "BUNDLE", "--out", "OUT", "--max-megapixels", "0"], 2, "positive"),
        (["page", "BUNDLE", "--out", "/proc/page"], 1, "cannot write /proc/page"),
        (["serve", "nowhere"], 2, "nowhere: there is no such folder"),
        (["serve", "WEB"], 1, "this is no bundle"),
        (["serve", "TAMPERED"], 1, "not the bytes that were written"),
        (["serve", "BUNDLE", "--runtimes", "x"], 2, "unknown runtime 'x'"),
        (["serve", "BUNDLE", "--port", "70000"], 2, "--port"),
        (["serve", "BUNDLE", "--port", "-1"], 2, "--port"),
        (["serve", "BUNDLE", "--host", "no-such-host.invalid"], 2, "cannot listen on no-such-host.invalid"),
        (["serve", "SITE", "--title", "x", "--runtimes", "tfjs"], 2, "--runtimes, --title can change it no more"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_bad_input_is_a_sentence(
    words: list[str], code: int, said: str, web: Path, bundle: Path, made: Path, written: Path, tmp_path: Path
) -> None:
    flip_byte("onnx/fp32.onnx")(bundle)
    places = {"BUNDLE": written, "TAMPERED": bundle, "WEB": web, "SITE": made, "OUT": tmp_path / "out"}
    before = describe_files(written), describe_files(web)
    parts = [re.sub(r"^[A-Z]+", lambda m: str(places.get(m[0], m[0])), word) for word in words]
    done = run_page_command(web, *parts)
    assert done.returncode == code, done.stdout + done.stderr
    assert said in re.sub(r"[\s│]+", " ", done.stderr)
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
    assert (describe_files(written), describe_files(web)) == before


def test_without_the_built_page_both_say_how_to_build_it(bundle: Path, tmp_path: Path) -> None:
    for words in (["page", bundle, "--out", tmp_path / "out"], ["serve", bundle]):
        done = run_page_command(tmp_path / "nothing", *words)
        assert done.returncode == 2
        assert "is not installed" in done.stderr
        assert "make web" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_serve_removes_its_folder_however_it_is_ended(
    web: Path, bundle: Path, tmp_path: Path, number: signal.Signals
) -> None:
    temporary = tmp_path / "temporary"
    with serving(web, temporary, bundle, "--port", "0") as (process, port):
        assert [name[:12] for name in os.listdir(temporary)] == ["gemelo-page."]
        assert get(port, "/")[0] == 200
        assert get(port, "/nothing")[0] == 404
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out, err) == (0, "stopped\n", "")
    assert os.listdir(temporary) == []


def test_serve_takes_a_page_as_it_is(web: Path, site: Path, tmp_path: Path) -> None:
    before = describe_files(site)
    with serving(web, tmp_path / "temporary", site, "--port", "0") as (process, port):
        assert os.listdir(tmp_path / "temporary") == []
        assert get(port, "/page.json") == (200, (site / "page.json").read_bytes())
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert describe_files(site) == before


def test_a_busy_port_is_an_error_only_where_it_was_named(web: Path, site: Path, tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            busy.bind(("127.0.0.1", 8765))
            busy.listen()
        except OSError:  # somebody else's already: as good
            pass
        done = run_page_command(web, "serve", site, "--port", "8765")
        assert done.returncode == 2
        assert "port 8765 of 127.0.0.1 is taken" in done.stderr
        with serving(web, tmp_path / "temporary", site) as (_, port):
            assert 8765 < port < 8785
            assert get(port, "/")[0] == 200


def test_an_interruption_while_the_page_is_made(web: Path, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    table = (web / "assets.json").read_text(encoding="utf-8")
    os.mkfifo(web / "waits.js")  # reading it never ends
    try:
        slow = table.replace('"files": {', f'"files": {{"waits.js": {{"bytes": 1, "sha256": "{"0" * 64}"}},', 1)
        (web / "assets.json").write_text(slow, encoding="utf-8")
        for words in (["serve", bundle], ["page", bundle, "--out", tmp_path / "out"]):
            environment = {**os.environ, "TMPDIR": str(tmp_path / "temporary")}
            process = subprocess.Popen(command(web, *words), stderr=subprocess.PIPE, text=True, env=environment)
            wait_until(lambda: any(tmp_path.rglob("dog-3.webp")))
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=20)
            assert process.returncode == 130
            assert "interrupted" in err
    finally:
        (web / "assets.json").write_text(table, encoding="utf-8")
        (web / "waits.js").unlink()
    assert os.listdir(tmp_path / "temporary") == []
    assert sorted(os.listdir(tmp_path)) == ["bundles", "temporary"]
