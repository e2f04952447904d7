"""What the headers of a request mean, and what the server says of a file."""

import pytest

from gemelo.http_strict import is_here
from gemelo.webpage import headers
from gemelo.webpage.packing import gzipped, media_type


@pytest.mark.parametrize(
    ("header", "codings"),
    [
        (None, set()),
        ("", set()),
        ("identity", set()),
        ("gzip, deflate, br, zstd", {"br", "gzip"}),
        ("gzip;q=1.0, identity; q=0.5, *;q=0", {"gzip"}),
        ("br;q=0, gzip;q=0.001", {"gzip"}),
        ("br ; q=0.000 , gzip", {"gzip"}),
        ("*", {"br", "gzip"}),
        ("*;q=0", set()),
        ("BR", {"br"}),
        ("gzipped, brr", set()),
        (";;;,,,=q", set()),
    ],
)
def test_codings_that_a_client_accepts(header: str | None, codings: set[str]) -> None:
    assert headers.accepted(header) == codings


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (None, False),
        ('"abc"', True),
        ('W/"abc"', True),
        ('"x", W/"abc"', True),
        ("*", True),
        ('"ab"', False),
        ('"abcd"', False),
        ("", False),
    ],
)
def test_tags_that_a_client_has(header: str | None, known: bool) -> None:
    assert headers.has_tag(header, "abc") is known


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("/", "index.html"),
        ("/index.html", "index.html"),
        ("/page.json?x=1#y", "page.json"),
        ("/?/etc/passwd", "index.html"),
        ("/samples/%63at-1.webp", "samples/cat-1.webp"),
        ("/a%20b", "a b"),
        ("/%c3%b1", "ñ"),
        ("/%ff", None),
        ("/a%00b", None),
        ("/a%0d%0ab", None),
        ("/../x", None),
        ("/a/%2e%2e/x", None),
        ("/a/%2E%2e%2fx", None),
        ("/a\\..\\x", None),
        ("/%5c..%5cx", None),
        ("x", None),
        ("*", None),
        ("http://elsewhere/index.html", None),
    ],
)
def test_names_that_a_request_asks_for(target: str, name: str | None) -> None:
    assert headers.name_of(target) == name


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1:8765", True),
        ("127.0.0.1", True),
        ("localhost:1", True),
        ("LOCALHOST", True),
        ("pets.localhost:8765", True),
        ("[::1]:8765", True),
        ("127.1.2.3", True),
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example:8765", False),
        ("192.168.1.5", False),
        ("user@evil.example", False),
        ("[::1", False),
        ("", False),
        ("a b", False),
    ],
)
def test_hosts_that_are_this_machine(host: str, here: bool) -> None:
    assert is_here(host) is here


@pytest.mark.parametrize(
    ("name", "forever"),
    [
        ("app/main-ABCD2345.js", True),
        ("app/main-ABCD2345.css", True),
        ("app/main-abcd2345.js", False),
        ("app/main.js", False),
        ("index.html", False),
        ("page.json", False),
        ("sw.js", False),
        ("gemelo.js", False),
        ("bundle/onnx/fp32-ABCD2345.onnx", False),
        ("samples/cat-ABCD2345.jpg", False),
    ],
)
def test_only_names_with_a_hash_are_kept_for_ever(name: str, forever: bool) -> None:
    assert headers.cache_control(name) == (headers.FOREVER if forever else "no-cache")


def test_the_policy_lets_nothing_in() -> None:
    policy = dict(part.strip().split(" ", 1) for part in (headers.POLICY + headers.FRAMES).split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["form-action"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    for word in ("unsafe-inline", "unsafe-eval", "http", "*"):
        assert word not in headers.POLICY.replace("wasm-unsafe-eval", "")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.js", "text/javascript; charset=utf-8"),
        ("a.mjs", "text/javascript; charset=utf-8"),
        ("a.wasm", "application/wasm"),
        ("a.json", "application/json"),
        ("a.webmanifest", "application/manifest+json"),
        ("a.onnx", "application/octet-stream"),
        ("a.tflite", "application/octet-stream"),
        ("a.bin", "application/octet-stream"),
        ("a.ort", "application/octet-stream"),
        ("a.JPG", "image/jpeg"),
        ("a.svg", "image/svg+xml"),
        ("a", "application/octet-stream"),
        ("a.exe", "application/octet-stream"),
    ],
)
def test_media_types(name: str, kind: str) -> None:
    assert media_type(name) == kind


def test_only_what_gains_is_packed() -> None:
    text = b"words " * 500
    packed = gzipped("a.js", text)
    assert packed is not None
    assert len(packed) < 100
    assert gzipped("a.js", text) == packed
    assert gzipped("a.jpg", text) is None
    assert gzipped("a.js", b"words") is None
    assert gzipped("a.bin", bytes(i * 7919 % 251 for i in range(2)) * 10) is None


@pytest.mark.parametrize(
    ("name", "active"),
    [
        ("index.html", True),
        ("bundle/parity.html", True),
        ("icon.svg", True),
        ("sw.js", True),
        ("ICON.SVG", True),
        ("app/main-ABCD2345.js", False),
        ("gemelo.js", False),
        ("runtimes/tfjs/a.wasm", False),
        ("bundle/manifest.json", False),
        ("samples/cat-1.webp", False),
    ],
)
def test_a_policy_goes_with_what_a_browser_lets_act(name: str, active: bool) -> None:
    assert headers.is_active(name) is active
