"""What the server says besides the bytes: where a page may reach, how long it keeps, how it is packed."""

import base64
import hashlib
import re
from urllib.parse import unquote_to_bytes

# index.html says the same in its <meta>, for hosts that set no headers; web_demo/src/app/index.html.
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'"
)
FRAMES = "; frame-ancestors 'none'"  # a <meta> cannot say it
# Threads need an isolated page; the rest keeps other sites out and this one's address to itself.
SECURITY = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
FOREVER = "public, max-age=31536000, immutable"

_STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)
_HASHED = re.compile(r"-[A-Z0-9]{8}\.")
_CODINGS = ("br", "gzip")


def report_policy(data: bytes) -> str:
    """The policy of a report, which carries its style inside: it may show itself and fetch nothing."""
    digests = (base64.b64encode(hashlib.sha256(style).digest()).decode() for style in _STYLE.findall(data))
    styles = " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"
    return f"default-src 'none'; style-src {styles}; img-src data:; base-uri 'none'; form-action 'none'{FRAMES}"


def is_active(name: str) -> bool:
    """Whether a browser heeds a policy that comes with a file: documents, and the script of a service worker.

    Other workers begin in blobs, and so have the policy of their page.
    """
    return name == "sw.js" or name.lower().endswith((".html", ".htm", ".xhtml", ".svg", ".xml"))


def cache_control(name: str) -> str:
    """How long a browser may keep a file: for ever where its name has a hash of its content, else it asks each time."""
    built = not name.startswith(("bundle/", "samples/"))
    return FOREVER if built and _HASHED.search(name) else "no-cache"


def accepted(header: str | None) -> set[str]:
    """Which of br and gzip an Accept-Encoding header allows."""
    found: dict[str, bool] = {}
    for part in (header or "").lower().split(","):
        name, _, quality = part.partition(";")
        found[name.strip()] = not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", quality)
    return {name for name in _CODINGS if found.get(name, found.get("*", False))}


def has_tag(header: str | None, tag: str) -> bool:
    """Whether an If-None-Match header names that hash, packed or not."""
    tags = [part.strip().removeprefix("W/").strip('"') for part in (header or "").split(",")]
    return tag in tags or tags == ["*"]


def name_of(target: str) -> str | None:
    """The name of a file in a page that a request asks for; None where it is no name at all."""
    path = re.split(r"[?#]", target, maxsplit=1)[0]
    if not path.startswith("/"):
        return None
    try:
        name = unquote_to_bytes(path[1:]).decode("utf-8")
    except UnicodeError:
        return None
    if "\\" in name or any(ord(letter) < 32 for letter in name) or ".." in name.split("/"):
        return None
    return name or "index.html"
