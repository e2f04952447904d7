"""Raw HTTP requests that nobody's browser sends: `attack(seed, number)` is the same bytes every time.

The first are those of the tests, by name; the others are composed: a valid request whose request line, fields, lengths,
host, origin and body are each replaced now and then.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from tests.goldens.make import card, saved
from tests.hostile.requests import HOSTILE_REQUESTS, REQUEST_LINES, request
from tests.webpage.hostile import HOSTILE_REQUESTS as TARGETS

_HOST = b"Host: 127.0.0.1\r\n"
_HIDDEN = b"GET /hidden HTTP/1.1\r\n" + _HOST + b"Connection: close\r\n\r\n"
_LENGTH = b"%d" % len(_HIDDEN)
FOREIGN_HOSTS = (
    b"evil.example", b"127.0.0.1.evil.example", b"localhost.evil.example", b"evil.example:8765",
    b"evil.example#localhost",
    b"localhost@evil.example", b"0.0.0.0", b"2130706433", b"127.1", b"0x7f.1", b"[::1", b"[::]", b"",
    b"localhost evil.example",
    b"%6cocalhost", b"xn--lcalhost-85a", b"localhost,evil.example", b"\xc0\xae", b"a" * 5000, b"192.168.0.1",
    b"..", b"/",
)  # fmt: skip
FOREIGN_ORIGINS = (
    b"null", b"http://evil.example", b"https://127.0.0.1:1", b"http://127.0.0.1.evil.example", b"file://", b"",
    b"chrome-extension://abcdef", b"http://127.0.0.1 http://evil.example", b"http://[", b"http://127.0.0.1@evil.example",
)  # fmt: skip
_LINES = (
    b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\n", b"HEAD / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\n",
    b"OPTIONS * HTTP/1.1\r\n", b"TRACE / HTTP/1.1\r\n", b"CONNECT evil.example:443 HTTP/1.1\r\n", b"PRI * HTTP/2.0\r\n",
    b"GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n", b"GET /..%5c..%5cx HTTP/1.1\r\n", b"GET /%00 HTTP/1.1\r\n",
    b"GET //evil.example/%2f.. HTTP/1.1\r\n", b"GET http://evil.example/ HTTP/1.1\r\n", b"GET / HTTP/1.0\r\n",
    b"GET /?" + b"a" * 9_000 + b" HTTP/1.1\r\n", b"GET / HTTP/9.9\r\n", b"get / http/1.1\r\n",
    b"GET /;x=../.. HTTP/1.1\r\n",
    b"DELETE / HTTP/1.1\r\n", b"GET /bundle/..;/manifest.json HTTP/1.1\r\n", b"GET /\xe2\x80\xae HTTP/1.1\r\n",
)  # fmt: skip
# Lengths of a body that hides a request: whoever reads them in two ways answers twice.
_LENGTHS = (
    b"Content-Length: %b\r\n" % _LENGTH, b"Content-Length: 0\r\nContent-Length: %b\r\n" % _LENGTH,
    b"Content-Length: -1\r\n", b"Content-Length: 0x10\r\n", b"Content-Length: %b, 0\r\n" % _LENGTH,
    b"Content-Length: 1e2\r\n", b"Content-Length:\r\n", b"Content-Length: \xb2\r\n", b"Content-Length: 0_0\r\n",
    b"Content-Length: 99999999999999999999999\r\n", b"Content-Length : %b\r\n" % _LENGTH,
    b"Content_Length: 9\r\nX Y\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: xchunked\r\n", b"Transfer-Encoding: chunked, identity\r\n",
    b"Transfer-Encoding: identity\r\nContent-Length: 5\r\n", b"Transfer-Encoding:\x0bchunked\r\n",
    b"Transfer-Encoding: chunked\r\nContent-Length: %b\r\n" % _LENGTH, b"transfer-encoding : chunked\r\n",
    b"Transfer-Encoding\r\n : chunked\r\n", b"X: a\r\n\tTransfer-Encoding: chunked\r\n", b"X: a\rContent-Length: 9\r\n",
)  # fmt: skip
_FIELDS = (
    b"Range: bytes=0-\r\n", b"Range: bytes=" + b"0-1," * 1000 + b"5-6\r\n", b"Range: bytes=-99999999999\r\n",
    b"Accept-Encoding: " + b"gzip;q=0.1," * 500 + b"br\r\n", b"Accept-Encoding: gzip;q=x, br;q=\r\n",
    b'If-None-Match: "' + b"a" * 9_000 + b'"\r\n', b"If-None-Match: *\r\n", b"If-None-Match: W/\"\r\n",
    b"Expect: 100-continue\r\n", b"Expect: 200-ok\r\n", b"Upgrade: h2c\r\nConnection: Upgrade\r\n",
    b"Connection: keep-alive, close\r\n", b"Connection: \r\n", b"Cookie: " + b"a=b;" * 2_000 + b"\r\n",
    b"Content-Type: multipart/form-data; boundary=\r\n",
    b"Content-Type: multipart/form-data; boundary=\"" + b"-" * 70 + b"\"\r\n",
    b"X-Forwarded-Host: evil.example\r\n", b"X: \xff\xfe\r\n", b"X" * 9_000 + b": a\r\n",
    b"Sec-Fetch-Site: cross-site\r\n",
)  # fmt: skip


@dataclass(frozen=True)
class Attack:
    """What is sent on one connection.

    Attributes:
        name: What it is.
        pieces: Its bytes; after each piece but the last there is a short wait.
        most: How many answers there may be.
        foreign: Whether an answer of 2xx or 101 is a fault: it names another host or origin.
        slow: Whether the client goes on waiting at its end, so that the server must lose patience.
    """

    name: str
    pieces: tuple[bytes, ...]
    most: int = 1
    foreign: bool = False
    slow: bool = False


def attack(seed: int, number: int) -> Attack:
    """Attack number n."""
    known = list(_known())
    return known[number] if number < len(known) else _composed(random.Random(f"{seed}:{number}"))


def _known() -> Iterator[Attack]:
    for name, (fields, status) in HOSTILE_REQUESTS.items():
        yield Attack(name, (request(fields),), foreign=status in (403, 421))
    for name, line in REQUEST_LINES.items():
        yield Attack(name, (line + _HOST + b"\r\n" + _HIDDEN,))
    for row in TARGETS:
        yield Attack(row.name, (row.data,), most=1 if row.status == 400 else 2, foreign=row.status == 421)
    photo = saved(card(), "JPEG")
    yield Attack("four at once", (request(_HOST)[: -len(_HIDDEN)] * 3 + _HIDDEN,), most=4)
    yield Attack("a hundred at once", ((b"GET /x HTTP/1.1\r\n" + _HOST + b"\r\n") * 99 + _HIDDEN,), most=100)
    for length in (0, 1, len(photo) - 1, len(photo) + 1, 20 << 20, (20 << 20) + 1):
        head = b"POST / HTTP/1.1\r\n" + _HOST + b"Content-Length: %d\r\n\r\n" % length
        yield Attack(f"a photo said to have {length} bytes", (head + photo[:length],))
    for origin in FOREIGN_ORIGINS:
        head = b"POST / HTTP/1.1\r\n" + _HOST + b"Origin: %b\r\nContent-Length: %d\r\n\r\n" % (origin, len(photo))
        yield Attack(f"a photo from {origin!r}", (head + photo,), foreign=True)
    chunks = b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    yield Attack("a photo in chunks", (b"POST / HTTP/1.1\r\n" + _HOST + chunks,))
    yield Attack("silence", (b"",), slow=True)
    yield Attack("half a line", (b"GET / HT",), slow=True)
    yield Attack("a head without an end", (b"GET / HTTP/1.1\r\n" + _HOST,), slow=True)
    drops = tuple(bytes([byte]) for byte in b"GET / HTTP/1.1\r\nX: " + b"a" * 400)
    yield Attack("a byte now and then", drops, slow=True)
    head = b"POST / HTTP/1.1\r\n" + _HOST + b"Content-Length: 900\r\n\r\n"
    yield Attack("a body now and then", (head, *[b"a"] * 400), slow=True)


def _composed(rng: random.Random) -> Attack:
    line = rng.choice(_LINES)
    fields, told, foreign, hides = list[bytes](), [line[:40]], False, False
    if rng.random() < 0.35:
        host = rng.choice(FOREIGN_HOSTS)
        fields.append(b"Host: " + host + b"\r\n")
        foreign = True
    else:
        fields.append(rng.choice((_HOST, b"Host: localhost\r\n", b"host:127.0.0.1:80 \r\n", b"Host: [::1]:8765\r\n")))
    if rng.random() < 0.25:
        fields.append(b"Origin: " + rng.choice(FOREIGN_ORIGINS) + b"\r\n")
        foreign = True
    if rng.random() < 0.6:
        fields.append(rng.choice(_LENGTHS))
        hides = True
    fields += rng.sample(_FIELDS, rng.choice((0, 1, 1, 2)))
    rng.shuffle(fields)
    told += [field[:40] for field in fields]
    data = line + b"".join(fields) + b"\r\n" + _HIDDEN * hides
    if rng.random() < 0.15:
        data, foreign = _damaged(data, rng), False  # the damage may have hit the foreign field
    at = rng.randrange(len(data))
    pieces = (data[:at], data[at:]) if rng.random() < 0.3 else (data,)
    return Attack(" | ".join(map(repr, told)), pieces, foreign=foreign)


def _damaged(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + rng.choice((b"\0", b"\r", b"\n", b"\xff", b" ", b"")) + data[at + 1 :]
