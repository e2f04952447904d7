"""Requests that nobody's browser sends: one row each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class HostileRequest:
    """What is sent to the server, byte for byte.

    Attributes:
        name: What it is.
        data: The bytes.
        status: What the server answers.
    """

    name: str
    data: bytes
    status: int


def _get(target: str, *lines: str, version: str = "HTTP/1.1", host: str = "Host: localhost") -> bytes:
    head = [f"GET {target} {version}", *([host] if host else []), *lines]
    return ("\r\n".join(head) + "\r\n\r\n").encode("latin-1")


HOSTILE_REQUESTS = (
    HostileRequest("climbs out", _get("/../secret.txt"), 400),
    HostileRequest("climbs out, encoded", _get("/%2e%2e/secret.txt"), 400),
    HostileRequest("climbs out, encoded whole", _get("/%2e%2e%2fsecret.txt"), 400),
    HostileRequest("climbs out, encoded twice", _get("/%252e%252e/secret.txt"), 404),
    HostileRequest("climbs out by backslashes", _get("/..\\secret.txt"), 400),
    HostileRequest("climbs out by encoded backslashes", _get("/%5c..%5csecret.txt"), 400),
    HostileRequest("climbs out from a folder", _get("/bundle/../../secret.txt"), 400),
    HostileRequest("climbs out, overlong UTF-8", _get("/%c0%ae%c0%ae/secret.txt"), 400),
    HostileRequest("absolute path", _get("//etc/passwd"), 404),
    HostileRequest("absolute path, encoded", _get("/%2fetc/passwd"), 404),
    HostileRequest("another machine's address", _get("http://example.invalid/index.html"), 400),
    HostileRequest("file address", _get("file:///etc/passwd"), 400),
    HostileRequest("no path", _get("index.html"), 400),
    HostileRequest("star", _get("*"), 400),
    HostileRequest("NUL", _get("/index.html%00.txt"), 400),
    HostileRequest("raw NUL", _get("/index.html\0"), 400),
    HostileRequest("line break", _get("/a%0d%0aSet-Cookie:%20x=1"), 400),
    HostileRequest("no UTF-8", _get("/%ff%fe"), 400),
    HostileRequest("dot", _get("/./index.html"), 404),
    HostileRequest("folder", _get("/bundle/"), 404),
    HostileRequest("current folder", _get("/."), 404),
    HostileRequest("huge address", _get("/" + "a" * 70_000), 414),
    HostileRequest("long address", _get("/" + "a" * 60_000), 404),
    HostileRequest("huge header", _get("/", "X: " + "a" * 70_000), 431),
    HostileRequest("many headers", _get("/", *(f"X-{i}: 1" for i in range(200))), 431),
    HostileRequest("no host", _get("/", host=""), 400),
    HostileRequest("two hosts", _get("/", "Host: localhost"), 400),
    HostileRequest("another host", _get("/", host="Host: evil.example"), 421),
    HostileRequest("a body", _get("/", "Content-Length: 5") + b"hello", 400),
    HostileRequest("a body without a length", _get("/", "Transfer-Encoding: chunked") + b"0\r\n\r\n", 400),
    HostileRequest("a negative length", _get("/", "Content-Length: -1"), 400),
    HostileRequest("a request inside a body", _get("/", "Content-Length: 40") + _get("/page.json"), 400),
    HostileRequest("newer HTTP", _get("/", version="HTTP/2.0"), 505),
    HostileRequest("no HTTP", _get("/", version="GOPHER/1"), 400),
    HostileRequest("HTTP 0.9 of another method", b"POST /\r\n\r\n", 400),
    HostileRequest("nonsense", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    HostileRequest("one word", b"GET\r\n\r\n", 400),
    HostileRequest("post", b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc", 405),
    HostileRequest("made-up method", b"X" * 100 + b" / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
)
