"""The options of the app's command line."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from gemelo.errors import Message, UsageError
from gemelo.limits import MAX_PIXELS

USAGE = "gemelo app BUNDLE --run RUN --max-megabytes 20 --max-megapixels 64 --max-photos 60"


@dataclass(frozen=True)
class Options:
    """The command line, read.

    Attributes:
        bundles: Those to offer; none: what lies in bundles/ and models/.
        runs: Where training curves are looked for; none: what lies in runs/.
        max_bytes: Larger files are refused; never more than what Streamlit takes (`--server.maxUploadSize`).
        max_pixels: Larger photos are refused before they are decoded.
        max_photos: How many one visitor may keep at a time.
    """

    bundles: tuple[Path, ...] = ()
    runs: tuple[Path, ...] = ()
    max_bytes: int = 20 << 20
    max_pixels: int = MAX_PIXELS
    max_photos: int = 60


def read_options(arguments: Sequence[str]) -> Options:
    """Read the app's own options: after `--`, where Streamlit was started by hand.

    Raises:
        UsageError: It is not understood.
    """
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("bundles", type=Path, nargs="*", metavar="BUNDLE")
    parser.add_argument("--bundle", type=Path, action="append", default=[])
    parser.add_argument("--run", type=Path, action="append", default=[])
    parser.add_argument("--max-megabytes", type=float, default=20.0)
    parser.add_argument("--max-megapixels", type=float, default=MAX_PIXELS / 1e6)
    parser.add_argument("--max-photos", type=int, default=60)
    read = parser.parse_intermixed_args(arguments)
    if not 0 < read.max_megabytes < 1e4:
        raise UsageError(Message("app.positive", option="--max-megabytes", value=read.max_megabytes))
    if not 0 < read.max_megapixels < 1e6:
        raise UsageError(Message("app.positive", option="--max-megapixels", value=read.max_megapixels))
    if not 1 <= read.max_photos <= 1000:
        raise UsageError(Message("app.range", option="--max-photos", low=1, high=1000, value=read.max_photos))
    sizes = int(read.max_megabytes * (1 << 20)), int(read.max_megapixels * 1_000_000)
    return Options((*read.bundles, *read.bundle), tuple(read.run), *sizes, read.max_photos)


class _Parser(argparse.ArgumentParser):
    """argparse ends the process at an error: a server must not."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(Message("app.options", reason=message), hint=USAGE)
