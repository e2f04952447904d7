"""Commands that are killed: how each begins, and what its target is at any moment."""

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.hostile.images import BUNDLE
from gemelo.edge.build import PackOptions, make_pack
from gemelo.edge.device.whole import Pack
from gemelo.errors import GemeloError, MissingFileError, NotFoundError, UnfinishedRunError
from gemelo.store.bundle import Bundle
from gemelo.store.run import Run
from gemelo.webpage import PageOptions, make_page

_TRAIN = ("--arch", "lecture-28", "--epochs", "1")


@dataclass(frozen=True)
class Scenario:
    """A command that is killed.

    Attributes:
        name: What it is.
        chains: How many of fifty.
        begin: Puts into the folder what is there before.
        command: The module or file, and its arguments.
        state: What is at its target: "old", "new", "absent", "unfinished", or "half: ...".
    """

    name: str
    chains: int
    begin: Callable[[Path, Path], object]
    command: Callable[[Path, Path], list[str]]
    state: Callable[[Path], str]


def prepare(base: Path) -> None:
    """What all scenarios begin with: pages and packs, old and new, drawings to learn from, and a run."""
    from gemelo.synthetic import draw_dataset

    make_page(BUNDLE, base / "page-old", PageOptions(runtimes=["tfjs"], title="old"))
    for variant in ("fp32", "int8"):
        for end in ("", ".zip"):
            make_pack(BUNDLE, base / f"pack-{variant}{end}", PackOptions(variant))
    shutil.copytree(base / "pack-fp32", base / "program")
    draw_dataset(base / "pets", 60, seed=5)
    draw_dataset(base / "photos", 1_200, seed=6)


# What is at a target


def _page(work: Path) -> str:
    return _whole(work / "out", {"title": "<title>old</title>", "file": "index.html"})


def _whole(folder: Path, old: dict[str, str]) -> str:
    """Check the files of a page or a pack against the hashes in its manifest."""
    if not folder.exists():
        return "absent"
    try:
        Bundle.open(folder / "bundle")
    except GemeloError as error:
        return f"half: {error.message}"
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for name in names:
        digest.update(f"{name}\0".encode() + hashlib.sha256((folder / name).read_bytes()).digest())
    kind = "old" if old["title"] in (folder / old["file"]).read_text() else "new"
    return f"{kind} {digest.hexdigest()[:12]}"


def _pack(work: Path) -> str:
    return _opened(work / "out")


def _opened(folder: Path) -> str:
    if not folder.exists():
        return "absent"
    try:
        found = Pack.open(folder)
    except GemeloError as error:
        return f"half: {error.message}"
    return f"pack {found.variant} {len(list(folder.rglob('*')))}"


def _zip(work: Path) -> str:
    path = work / "out.zip"
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else "absent"


def _installed(work: Path) -> str:
    return _opened(work / "device" / "current")


def _bundle(work: Path) -> str:
    try:
        bundle = Bundle.open(work / "out")
    except (NotFoundError, MissingFileError) as error:
        return "absent" if not (work / "out").exists() else f"half: {error.message}"
    except GemeloError as error:
        return f"half: {error.message}"
    return " ".join(artifact.name for artifact in bundle.artifacts)


def _run(work: Path) -> str:
    try:
        return f"run of {len(Run.open(work / 'run').labels)} labels"
    except UnfinishedRunError:
        return "unfinished"
    except NotFoundError:
        return "absent"
    except MissingFileError:
        # Begun, and not a file written yet.
        return "absent" if not any((work / "run").rglob("*.*")) else "half: a run without its checkpoints"
    except GemeloError as error:
        return f"half: {error.message}"


def _cache(work: Path) -> str:
    """Check the cache by using it: `python -m benchmarks.hostile.decoded` writes the hash of what it reads."""
    path = work / "decoded"
    return path.read_text() if path.is_file() else "absent"


# How they begin, and what is called


def _nothing(work: Path, base: Path) -> None:
    """Nothing is there."""


def _copy(source: str, target: str) -> Callable[[Path, Path], object]:
    def begin(work: Path, base: Path) -> None:
        origin = base / source
        shutil.copytree(origin, work / target) if origin.is_dir() else shutil.copy(origin, work / target)

    return begin


def _gemelo(*words: str) -> Callable[[Path, Path], list[str]]:
    def command(work: Path, base: Path) -> list[str]:
        return ["gemelo", *(word.format(work=work, base=base, bundle=BUNDLE) for word in words)]

    return command


def _device(*versions: str) -> Callable[[Path, Path], object]:
    """A device with these versions installed, one after another."""

    def begin(work: Path, base: Path) -> None:
        from contextlib import redirect_stdout
        from io import StringIO

        from gemelo.edge.device.update import install

        with redirect_stdout(StringIO()):
            for variant in versions:
                install(base / f"pack-{variant}.zip", work / "device")

    return begin


def _classify(*words: str) -> Callable[[Path, Path], list[str]]:
    def command(work: Path, base: Path) -> list[str]:
        return [str(base / "program" / "classify.py"), *(word.format(work=work, base=base) for word in words)]

    return command


def _train(work: Path, base: Path) -> list[str]:
    """Go on where there is something to go on with."""
    more = ["--resume"] if _run(work) == "unfinished" else ["--overwrite"]
    return ["gemelo", "train", str(base / "pets"), "--out", str(work / "run"), *_TRAIN, *more]


def _decode(work: Path, base: Path) -> list[str]:
    return ["benchmarks.hostile.decoded", str(base / "photos"), str(work / "decoded")]


def _export_from(work: Path, base: Path) -> None:
    """A run, made once."""
    if not (base / "run").exists():
        import subprocess
        import sys

        words = ["train", str(base / "pets"), "--out", str(base / "run"), *_TRAIN]
        subprocess.run([sys.executable, "-m", "gemelo", *words], check=True, capture_output=True)
    _copy("run", "run")(work, base)


_PAGE = ("page", "{bundle}", "--out", "{work}/out", "--runtimes", "tfjs")
_PACK = ("pack", "{bundle}", "--variant", "int8", "--out")
_ZIP = (*_PACK, "{work}/out.zip")
_EXPORT = ("export", "{work}/run", "--out", "{work}/out", "--variants", "onnx/int8,tflite/fp32")
_INSTALL = ("--install", "{base}/pack-int8.zip", "--into", "{work}/device")
SCENARIOS = (
    Scenario("a page", 4, _nothing, _gemelo(*_PAGE), _page),
    Scenario("a page in the place of another", 12, _copy("page-old", "out"), _gemelo(*_PAGE), _page),
    Scenario("a pack in the place of another", 8, _copy("pack-fp32", "out"), _gemelo(*_PACK, "{work}/out"), _pack),
    Scenario(
        "a zip in the place of another", 7, _copy("pack-fp32.zip", "out.zip"), _gemelo(*_PACK, "{work}/out.zip"), _zip
    ),
    Scenario("an update", 8, _device("fp32"), _classify(*_INSTALL), _installed),
    Scenario("an update of an update", 2, _device("int8", "fp32"), _classify(*_INSTALL), _installed),
    Scenario("an export", 3, _export_from, _gemelo(*_EXPORT), _bundle),
    Scenario("a training, resumed", 3, _nothing, _train, _run),
    Scenario("decoded photos", 3, _nothing, _decode, _cache),
)
