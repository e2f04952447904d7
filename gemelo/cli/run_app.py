"""`gemelo app`: uploads, in the browser."""

import typer

from gemelo import installed
from gemelo.cli import app
from gemelo.errors import MissingDependencyError

_ANYTHING = {"allow_extra_args": True, "ignore_unknown_options": True}


@app.command("app", context_settings=_ANYTHING, options_metavar="[BUNDLE]... [OPTIONS]")
def run_app(context: typer.Context) -> None:
    """Start the Streamlit app, which classifies uploaded photos with the models of your bundles.

    BUNDLE is the folder of a bundle. You can give several. Without one, the app shows the bundles in `bundles/` and
    `models/`. The options of the app:

    - --bundle BUNDLE: the same as BUNDLE; can be repeated

    - --run RUN: a run, for its training curves; can be repeated. Default: the runs in `runs/`

    - --max-megabytes N: size of the largest photo file, in MiB. Default: 20

    - --max-megapixels N: pixels of the largest photo, in millions. Default: 64

    - --max-photos N: number of photos that the app keeps for each visitor. Default: 60

    Options of Streamlit have a dot in their name: `--server.port 8502`, `--server.address 0.0.0.0` (for others on
    the network), `--server.headless true` (no browser is opened). `streamlit run --help` lists them.

    Example: gemelo app bundles/pets --server.port 8502
    """
    try:
        launcher = installed.load("streamlit_app.launch")
        launcher.launch(context.args)
    except ModuleNotFoundError as exc:
        raise MissingDependencyError(str(exc.name).partition(".")[0], "pip install 'gemelo[app]'") from exc
