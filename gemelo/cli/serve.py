"""`gemelo serve`: the page of a bundle, on this machine."""

import contextlib
import webbrowser
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gemelo.cli import app
from gemelo.cli.interrupt import interruptible
from gemelo.cli.options import RuntimesOption, SamplesOption, TitleOption, split_names, to_pixels
from gemelo.errors import UsageError
from gemelo.store.files import scratch_directory
from gemelo.terminal.until_stopped import UntilStopped

if TYPE_CHECKING:
    from gemelo.http_server import Server


@app.command()
def serve(
    path: Annotated[
        Path, typer.Argument(metavar="BUNDLE_OR_PAGE", help="A bundle, or a folder written by `gemelo page`.")
    ],
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="Port to listen on; 0 takes any. Default: 8765, or the next free one."),
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Print a line for each request.")] = False,
    runtimes: RuntimesOption = None,
    samples: SamplesOption = None,
    title: TitleOption = None,
    max_megapixels: Annotated[
        float | None, typer.Option(help="Refuse larger photos before they are decoded. Default: 64.")
    ] = None,
) -> None:
    """Serve the page of a bundle on this machine, until Ctrl-C.

    The page is written to a temporary folder, which is removed at the end. A folder written by `gemelo page` is served
    as it is. Only this machine can reach it, unless you set --host.
    """
    from gemelo.webpage import PageOptions, bind, is_page, make_page

    given = {"--runtimes": runtimes, "--samples": samples, "--title": title, "--max-megapixels": max_megapixels}
    pixels = to_pixels(64 if max_megapixels is None else max_megapixels)
    with UntilStopped(), contextlib.ExitStack() as stack:
        with interruptible("nothing is left behind"):
            if is_page(path):
                _refuse_options(path, given)
                root = path
            else:
                root = stack.enter_context(scratch_directory("page")) / "page"
                make_page(path, root, PageOptions(split_names(runtimes), samples, title, pixels))
            server = stack.enter_context(bind(root, host, port, verbose=verbose))
        _announce(server)
        if open_browser:
            webbrowser.open(server.url)
        server.serve_forever()
    print("stopped")


def _refuse_options(path: Path, given: Mapping[str, object]) -> None:
    names = [name for name, value in given.items() if value is not None]
    if names:
        raise UsageError(f"{path} is a page already: {', '.join(names)} can change it no more", hint="give the bundle")


def _announce(server: "Server") -> None:
    # A pipe that waits for the address must not wait for the end.
    print(f"serving {server.url}   (Ctrl-C stops it)", flush=True)
    if not server.is_local:
        host, port = server.server_address[:2]
        where = "this machine's address" if ip_address(str(host)).is_unspecified else str(host)
        print(f"  others reach it at {where}, port {port}; their cameras and offline use need https", flush=True)
