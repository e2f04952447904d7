"""The command line of `gemelo app`: bundles, the app's own options and Streamlit's, in any order."""

import os
import sys
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path

from gemelo.errors import NotFoundError, UnknownNameError, UsageError

from .options import read_options

_SERVER = Path(__file__).resolve().parent / "server.py"
_ADDRESS, _HOSTS = "server.address", "server.allowedHosts"


def launch(arguments: Sequence[str]) -> None:
    """Become Streamlit, which serves the app until it is stopped.

    Raises:
        UsageError: An option is neither's, or has no value, or a bundle is not there.
    """
    found = command(arguments)
    os.execv(found[0], found)  # noqa: S606  the very program that runs now


def command(arguments: Sequence[str]) -> list[str]:
    """The command line of Streamlit.

    Args:
        arguments: Bundles, options of the app, and options of Streamlit, which have a dot in their name.

    Raises:
        UsageError: An option is neither's, or has no value, or a bundle is not there.
    """
    streamlit, own = _parted(arguments)
    for bundle in read_options(own).bundles:
        if not bundle.exists():
            raise NotFoundError(f"{bundle}: there is no such folder", hint="give the folder of a bundle")
    given = dict(pair.removeprefix("--").split("=", 1) for pair in streamlit)
    if _HOSTS not in given and not _is_local(given.get(_ADDRESS, "localhost")):
        streamlit.append(f"--{_HOSTS}=*")  # others reach it by names that nobody here knows
    return [sys.executable, "-m", "streamlit", "run", str(_SERVER), *streamlit, "--", *own]


def _parted(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    from streamlit.config import get_config_options

    known, streamlit, own = set(get_config_options()), list[str](), list[str]()
    rest = iter(arguments)
    for word in rest:
        name, equals, value = word.removeprefix("--").partition("=")
        if not (word.startswith("--") and "." in name):
            own.append(word)
            continue
        if name not in known:
            section = name.split(".")[0]
            raise UnknownNameError(
                "option of Streamlit", f"--{name}", sorted(n for n in known if n.startswith(section))
            )
        found = value if equals else next(rest, None)
        if found is None:
            raise UsageError(f"--{name} has no value")
        streamlit.append(f"--{name}={found}")
    return streamlit, own


def _is_local(address: str) -> bool:
    try:
        return address == "localhost" or ip_address(address).is_loopback
    except ValueError:
        return False
