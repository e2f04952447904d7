"""`gemelo page`: a bundle as a static page for any host."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gemelo.cli import app
from gemelo.cli.interrupt import interruptible
from gemelo.cli.options import (
    MEGAPIXELS,
    BundleArgument,
    MegapixelsOption,
    RuntimesOption,
    SamplesOption,
    TitleOption,
    split_names,
    to_pixels,
)

if TYPE_CHECKING:
    from gemelo.webpage import PageReport


@app.command()
def page(
    bundle: BundleArgument,
    out: Annotated[Path, typer.Option(help="Where the page goes, e.g. site/pets. An existing page is replaced.")],
    runtimes: RuntimesOption = None,
    samples: SamplesOption = None,
    title: TitleOption = None,
    max_megapixels: MegapixelsOption = MEGAPIXELS,
) -> None:
    """Write a static page for a bundle: a folder that any web host can serve.

    Visitors classify photos on their own machine, with TF.js, ONNX Runtime Web or LiteRT.js. Before it classifies
    photos, the page checks that the bundle's goldens get the expected probabilities. The page works in any folder of
    any host, loads nothing from other hosts, and works offline after the first visit.
    """
    from gemelo.webpage import PageOptions, make_page

    options = PageOptions(split_names(runtimes), samples, title, to_pixels(max_megapixels))
    with interruptible("nothing was written; what was there before is still there"):
        made = make_page(bundle, out, options)
    _print(made)


def _print(made: "PageReport") -> None:
    from gemelo.cli.show import console, plain, print_warning, size

    out, first = console(), made.first
    folder = plain(str(made.path))
    out.print(f"page of {plain(made.name)} in [bold]{folder}[/]: {made.files} files, {size(made.bytes)}")
    out.print(f"  runtimes      {', '.join(made.runtimes)}")
    out.print(f"  first answer  takes {size(first.plain)}; {size(first.gzip)} from hosts that gzip")
    out.print(f"                {size(first.served)} from gemelo serve {plain(shlex.quote(str(made.path)))}")
    for note in made.notes:
        out.print(f"  [yellow]note[/] {plain(note)}")
    print_warning(made.warning)
