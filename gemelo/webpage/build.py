"""A page folder: the built code, one bundle, and what the code must know of it.

    DIR/
      index.html  page.json  goldens.bin  sw.js  manifest.webmanifest  icons  app/
      gemelo.js  gemelo.d.ts  package.json  README.md      the same for other people's web apps
      runtimes/NAME/     the binaries of each runtime
      bundle/            the bundle itself: `gemelo verify DIR/bundle` works
      samples/           pictures to try it with

Every path in it is relative: it works in any folder of any static host.
"""

import html
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gemelo.errors import GemeloError, MissingFileError, SchemaError, TamperedFileError
from gemelo.preprocessing import DEFAULT_MAX_PIXELS
from gemelo.store.bundle import MANIFEST, Bundle, read_bundle_manifest
from gemelo.store.files import atomic_directory, parse_json, read_json, safe_join, sha256_bytes
from gemelo.store.output_path import check_place
from gemelo.store.schema1 import upgraded
from gemelo.webpage.assets import Assets
from gemelo.webpage.content import INSIDE, choose_runtimes, collect_goldens, encode, page_content
from gemelo.webpage.module import CODE, package_files, without
from gemelo.webpage.packing import gzipped
from gemelo.webpage.page_data import PageData
from gemelo.webpage.samples import drawings_fit, drawn_samples, read_samples

CONTENT = "page.json"
_HTML = "index.html"
_WEB_MANIFEST = "manifest.webmanifest"
# What lies at the top of a page's folder; beside other files, a page is not replaced.
_OWN = frozenset(
    (
        *(
            CONTENT,
            _HTML,
            _WEB_MANIFEST,
            "README.md",
            "THIRD-PARTY-NOTICES.txt",
            "app",
            "bundle",
            "gemelo.d.ts",
            "gemelo.js",
        ),
        *("goldens.bin", "icon-192.png", "icon-512.png", "icon.svg", "package.json", "runtimes", "samples", "sw.js"),
    )
)
_TITLE = re.compile(r"<title>.*?</title>", re.DOTALL)


@dataclass(frozen=True)
class PageOptions:
    """What a page shall be.

    Attributes:
        runtimes: Their names, e.g. `tfjs`; None takes all for which the bundle has artifacts.
        samples: A folder of photos to offer; None draws some.
        title: What the page and the installed app are called; None takes the bundle's name.
        max_pixels: Larger photos are refused by the page.
    """

    runtimes: Sequence[str] | None = None
    samples: Path | None = None
    title: str | None = None
    max_pixels: int = DEFAULT_MAX_PIXELS


@dataclass(frozen=True)
class Download:
    """What a visitor downloads, in bytes.

    Attributes:
        plain: Where the host packs nothing.
        gzip: Where it packs by gzip, as most do.
        served: By `gemelo serve`, which has the code packed by brotli.
    """

    plain: int
    gzip: int
    served: int


@dataclass(frozen=True)
class PageReport:
    """What was made.

    Attributes:
        path: The folder.
        name: The bundle's.
        runtimes: Those of the page.
        files: How many.
        bytes: Of all of them together.
        first: What a first answer takes.
        notes: What was left out, and what to think of.
        warning: What speaks against the declared preprocessing of an imported model.
    """

    path: Path
    name: str
    runtimes: list[str]
    files: int
    bytes: int
    first: Download
    notes: list[str]
    warning: str | None = None


def make_page(path: str | Path, out: str | Path, options: PageOptions | None = None) -> PageReport:
    """Write the page of a bundle, whole or not at all.

    Args:
        path: The bundle's folder.
        out: Where the page goes; a page that is there is replaced.
        options: What it shall be.

    Raises:
        UsageError: Another thing is at `out`, or would be destroyed; unknown runtimes; too many samples.
        MissingDependencyError: The page's code was not built.
        IntegrityError: The bundle, or the built code, is not what was written.
        ImageError: A sample cannot be read.
        StorageError: The disk is full or may not be written to.
    """
    options, out = options or PageOptions(), Path(out)
    bundle = Bundle.open(path)
    check_place(out, "page", bundle.path, [options.samples] if options.samples else [], is_page, lambda _: _OWN)
    assets = Assets.open()
    runtimes, notes = choose_runtimes(assets, bundle, options.runtimes)
    samples = {f"samples/{name}": data for name, data in _samples(bundle, options, notes).items()}
    if bundle.reference.test:
        notes.append(_given_away(bundle))
    title = " ".join((options.title or bundle.name).split())
    goldens = collect_goldens(bundle)
    formats = {name: assets.runtimes[name].format for name in runtimes}
    content = replace(page_content(bundle, formats, goldens, samples, options.max_pixels), name=title)
    files = {CONTENT: encode(content, bundle), goldens.row.path: goldens.data, **samples, **package_files(title)}
    with atomic_directory(out) as work:
        sizes = _write_all(work, files)
        sizes |= _copy_code(assets, runtimes, title, work)
        sizes |= _copy_bundle(bundle, work)
        first = _first(work, assets, content)
    warning = content.imported.warning if content.imported else None
    return PageReport(out, bundle.name, runtimes, len(sizes), sum(sizes.values()), first, notes, warning)


def _given_away(bundle: Bundle) -> str:
    """What of the test photos a page publishes with its bundle."""
    shown = bundle.file("parity.html").read_bytes().count(b" data-own>") if "parity.html" in bundle.files else 0
    text = (
        f"{INSIDE}reference.json and {INSIDE}parity.html tell the file names of the {len(bundle.reference.test)} test "
    )
    if not shown:
        return f"{text}photos, not the photos"
    return f"{text}photos; {INSIDE}parity.html shows {shown} of them: export with --no-photos to leave them out"


def _samples(bundle: Bundle, options: PageOptions, notes: list[str]) -> dict[str, bytes]:
    """Pictures to try it with; drawings of pets only where there are pets among the labels."""
    if options.samples is not None:
        notes.append("the samples are your files as they are, with all that the camera wrote into them")
        return read_samples(options.samples, options.max_pixels)
    if drawings_fit(bundle.labels):
        return drawn_samples()
    notes.append("the page offers no samples to try, for the drawings are cats and dogs: --samples FOLDER offers yours")
    return {}


def is_page(path: Path) -> bool:
    """Whether a folder says that it is a page; its hashes are not looked at."""
    try:
        value = read_json(safe_join(path, CONTENT))
        return (
            isinstance(value, dict)
            and isinstance(value["schema"], int)
            and "goldens" in value
            and (path / _HTML).is_file()
        )
    except (GemeloError, KeyError, TypeError, OSError):
        return False


def _copy_code(assets: Assets, runtimes: Sequence[str], title: str, root: Path) -> dict[str, int]:
    sizes: dict[str, int] = {}
    chosen = assets.chosen(runtimes)
    for path in chosen:  # one after another: the binaries of three runtimes are large
        data = assets.read(path)
        if path in _RETITLE:
            data = _RETITLE[path](data, title)
        elif path == CODE:
            data = without(data, set(assets.files) - set(chosen))
        sizes |= _write_all(root, {path: data})
    return sizes


def _retitle_html(data: bytes, title: str) -> bytes:
    line = f"<title>{html.escape(title, quote=False)}</title>"
    text, count = _TITLE.subn(lambda _: line, data.decode("utf-8"), count=1)
    if not count:
        raise SchemaError(f"the built {_HTML} has no title", hint="build it again with: make web")
    return text.encode("utf-8", "backslashreplace")


def _retitle_manifest(data: bytes, title: str) -> bytes:
    value = {**json.loads(data), "name": title, "short_name": title}
    return (json.dumps(value, indent=1) + "\n").encode("ascii")


_RETITLE: dict[str, Callable[[bytes, str], bytes]] = {_HTML: _retitle_html, _WEB_MANIFEST: _retitle_manifest}


def _write_all(root: Path, files: Mapping[str, bytes]) -> dict[str, int]:
    for path, data in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return {path: len(data) for path, data in files.items()}


def _copy_bundle(bundle: Bundle, root: Path) -> dict[str, int]:
    """What was written and nothing else, checked against its hashes once more on the way."""
    sizes: dict[str, int] = {}
    for name, row in {MANIFEST: None, **bundle.files}.items():
        try:
            data = bundle.file(name).read_bytes()
        except OSError as exc:
            raise MissingFileError(f"{bundle.path}: {name} cannot be read: {exc.strerror}") from exc
        if not (_is_manifest(data, bundle) if row is None else sha256_bytes(data) == row.sha256):
            raise TamperedFileError(f"{bundle.path}: {name} was changed while it was copied")
        sizes |= _write_all(root, {INSIDE + name: data})
    return sizes


def _is_manifest(data: bytes, bundle: Bundle) -> bool:
    try:
        return read_bundle_manifest(upgraded(parse_json(data)), bundle.path / MANIFEST) == bundle.manifest
    except (ValueError, SchemaError):
        return False


def _first(root: Path, assets: Assets, content: PageData) -> Download:
    """What a first answer takes: the code, page.json, the goldens, and the preferred model."""
    offered = [
        (name, row)
        for name in content.runtimes
        for row in content.artifacts
        if row.format == assets.runtimes[name].format
    ]
    runtime, model = min(offered, key=lambda one: not one[1].exact)
    sizes = []
    for path in [*assets.first(runtime), CONTENT, content.goldens.path, *model.files]:
        data = (root / path).read_bytes()
        packed = gzipped(path, data) or data
        sizes.append((len(data), len(packed), len(assets.packed(path, sha256_bytes(data)) or packed)))
    return Download(*map(sum, zip(*sizes, strict=True)))
