"""The command line of classify.py."""

import argparse
import os
import sys
import time
from pathlib import Path

import PIL

from gemelo.edge.device.camera import answer_camera
from gemelo.edge.device.model import CURE, Model
from gemelo.edge.device.photos import answer_photos
from gemelo.edge.device.selftest import report_self_test, self_test
from gemelo.edge.device.update import install, roll_back
from gemelo.edge.device.watch import Watch, answer_watch
from gemelo.edge.device.whole import Pack
from gemelo.errors import GemeloError, MissingDependencyError, UsageError
from gemelo.terminal.answers import most_shown
from gemelo.terminal.ctrl_c import end_when_stuck
from gemelo.terminal.text import complain

# The preprocessing's exact answers hold from this version of Pillow on.
_OLDEST_PILLOW = 12
_MODES = ("selftest", "camera", "watch", "serve", "install", "rollback")
_BELONGS = {
    "every": ("--camera",),
    "csv": ("--watch",),
    "move": ("--watch",),
    "host": ("--serve",),
    "into": ("--install", "--rollback"),
}
_EPILOG = """exit code: 0 all well, 1 a photo or a check failed, 2 asked for what cannot be done"""


def main(arguments: list[str], home: Path) -> int:
    """Run the program; every error ends in one clear sentence, never in a traceback.

    Args:
        arguments: Of the command line, without the program's name.
        home: The pack's folder.

    Returns:
        The exit code.
    """
    try:
        end_when_stuck()
        return _run(_parser().parse_args(arguments), home)
    except GemeloError as error:
        complain(error.message, error.hint)
        return error.exit_code
    except KeyboardInterrupt:
        complain("interrupted")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if os.environ.get("GEMELO_TRACEBACK"):
            raise
        complain(
            f"this should not have happened: {type(error).__name__}: {error}",
            "it is a fault of gemelo's: please report it with what GEMELO_TRACEBACK=1 shows when you run it again",
        )
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="classify.py", description="What is on these photos? Answers with the model of this pack.", epilog=_EPILOG
    )
    add = parser.add_argument
    add("photos", nargs="*", metavar="PHOTO", help="photos, folders of photos, or globs")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument(
        "--selftest", action="store_true", default=None, help="hold the goldens to their reference outputs, here"
    )
    mode.add_argument(
        "--camera",
        type=int,
        metavar="N",
        help="a still of camera N, by what of these is installed: rpicam-still, libcamera-still, ffmpeg",
    )
    mode.add_argument("--watch", type=Path, metavar="DIR", help="each photo in a folder, and each that comes into it")
    mode.add_argument("--serve", type=int, metavar="PORT", help="POST / a photo, get JSON; GET /health; 0: a free port")
    mode.add_argument("--install", type=Path, metavar="ZIP", help="take a new pack, if it passes its self-test here")
    mode.add_argument("--rollback", action="store_true", default=None, help="go back to the pack before")
    add("--json", action="store_true", help="print JSON")
    add("--top", type=int, metavar="N", help="how many labels for each photo; 4 by default, all of them in JSON")
    add("--threads", type=int, metavar="N", help="for onnxruntime; it chooses by default, --serve takes one")
    add("--max-megapixels", type=float, default=64, metavar="N", help="larger photos are refused; 64 by default")
    add("--every", type=float, metavar="SECONDS", help="with --camera: one still after another")
    add("--csv", type=Path, metavar="FILE", help="with --watch: also a row in this table for each photo")
    add("--move", type=Path, metavar="DIR", help="with --watch: move answered photos to DIR/LABEL")
    add("--host", metavar="ADDRESS", help="with --serve: where to listen; this machine only by default")
    add("--into", type=Path, metavar="DIR", help="with --install, --rollback: DIR/current is the pack in use")
    return parser


def _run(given: argparse.Namespace, home: Path) -> int:
    _check(given)
    if given.install is not None:
        return install(given.install, given.into)
    if given.rollback:
        return roll_back(given.into)
    started = time.perf_counter()
    pack = Pack.open(home)
    # A server answers requests side by side: a thread for each is enough, and none waits for another by spinning.
    threads = 1 if given.threads is None and given.serve is not None else given.threads
    model = Model(pack, threads=threads, max_pixels=int(given.max_megapixels * 1e6))
    if given.selftest:
        return report_self_test(self_test(pack, model, 1000 * (time.perf_counter() - started)), given.json)
    if given.camera is not None:
        return answer_camera(model, given.camera, given.every, most_shown(given.top, given.json), given.json)
    if given.watch is not None:
        return answer_watch(model, Watch(given.watch), given.top, given.csv, given.move)
    if given.serve is not None:
        from gemelo.edge.device.service import Service, serve

        return serve(Service(model, given.top), given.host or "127.0.0.1", given.serve)
    return answer_photos(model, given.photos, most_shown(given.top, given.json), given.json)


def _check(given: argparse.Namespace) -> None:
    """Refuse what cannot be meant, before anything is loaded."""
    modes = [f"--{name}" for name in _MODES if getattr(given, name) is not None]
    if modes and given.photos:
        raise UsageError(f"{modes[0]} takes no photos: {given.photos[0]}")
    if not modes and not given.photos:
        raise UsageError("no photo was named", hint="classify.py PHOTO..., or classify.py --help")
    for name, wanted in _BELONGS.items():
        if getattr(given, name) is not None and not set(wanted) & set(modes):
            raise UsageError(f"--{name} goes with {' or '.join(wanted)}")
    if given.into is None and {"--install", "--rollback"} & set(modes):
        raise UsageError("--into is missing", hint="where packs are installed, e.g. --into /opt/gemelo/pets")
    _check_numbers(given)
    if int(PIL.__version__.split(".")[0]) < _OLDEST_PILLOW:
        raise MissingDependencyError(f"Pillow {_OLDEST_PILLOW} or newer (this is {PIL.__version__})", CURE)


def _check_numbers(given: argparse.Namespace) -> None:
    for name, least in {"top": 1, "threads": 1, "camera": 0}.items():
        value = getattr(given, name)
        if value is not None and not least <= value <= 10_000:
            raise UsageError(f"--{name} must be {least} or more, not {value}")
    for name in ("max_megapixels", "every"):
        value = getattr(given, name)
        if value is not None and not 0 < value < 1e6:
            raise UsageError(f"--{name.replace('_', '-')} must be a positive number, not {value:g}")
