"""HTTP requests that two parsers could read in two ways, or that another site sends: one row each."""

import re
import socket

HOST = b"Host: 127.0.0.1\r\n"
_INNER = b"GET /hidden HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
_LENGTH = b"Content-Length: %d\r\n" % len(_INNER)

# {name: (what is sent, the one status that is answered)}
HOSTILE_REQUESTS = {
    "two lengths": (HOST + b"Content-Length: 0\r\n" + _LENGTH, 400),
    "the same length twice": (HOST + _LENGTH + _LENGTH, 400),
    "a list of lengths": (HOST + b"Content-Length: 0, 0\r\n", 400),
    "a length with a sign": (HOST + b"Content-Length: +0\r\n", 400),
    "a length in another script": (HOST + "Content-Length: \u0660\r\n".encode(), 400),
    "a length and chunks": (HOST + b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", 400),
    "a space before the colon": (HOST + b"Transfer-Encoding : chunked\r\n", 400),
    "a line without a colon": (HOST + b"X Y\r\n" + _LENGTH, 400),
    "a folded line": (HOST + b"X: a\r\n " + _LENGTH, 400),
    "a line that ends in LF alone": (HOST + b"X: a\n" + _LENGTH, 400),
    "a CR within a line": (HOST + b"X: a\r" + _LENGTH, 400),
    "a NUL in a value": (HOST + b"X: \0\r\n", 400),
    "an empty name": (HOST + b": a\r\n", 400),
    "no host": (b"X: a\r\n", 400),
    "two hosts": (HOST + HOST, 400),
    "a host hidden behind a line": (b"X Y\r\nHost: example.org\r\n", 400),
    "too many fields": (HOST + b"X: a\r\n" * 101, 431),
    "a head too long": (HOST + b"X: " + b"a" * (1 << 15) + b"\r\n", 431),
    "a foreign host": (b"Host: example.org\r\n", 421),
    "a foreign origin": (HOST + b"Origin: http://example.org\r\n", 403),
    "an origin of another port": (HOST + b"Origin: http://127.0.0.1:1\r\n", 403),
    "an origin that is nobody": (HOST + b"Origin: null\r\n", 403),
}
REQUEST_LINES = {
    "no version": b"GET /\r\n",
    "two spaces": b"GET  / HTTP/1.1\r\n",
    "a tab": b"GET\t/ HTTP/1.1\r\n",
    "LF alone": b"GET / HTTP/1.1\n",
    "more after the version": b"GET / HTTP/1.1 x\r\n",
    "a method that is none": b"G(T / HTTP/1.1\r\n",
    "letters beyond ASCII": "GET /\u00e9 HTTP/1.1\r\n".encode(),
}


def statuses(port: int, data: bytes) -> list[int]:
    """Every status line of what is answered to some bytes."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while piece := connection.recv(65536):
                answer += piece
        except ConnectionResetError:
            pass
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+)", answer)]


def request(fields: bytes, method: bytes = b"GET") -> bytes:
    """A request with some fields, and the bytes of another one behind it."""
    return method + b" / HTTP/1.1\r\n" + fields + b"\r\n" + _INNER
