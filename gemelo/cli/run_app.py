"""`gemelo app`: uploads, in the browser."""

import typer

from gemelo import installed
from gemelo.cli import app
from gemelo.errors import MissingDependencyError

_ANYTHING = {"allow_extra_args": True, "ignore_unknown_options": True}


@app.command("app", context_settings=_ANYTHING, options_metavar="[BUNDLE]... [OPTIONS]")
def run_app(context: typer.Context) -> None:
    """Start the Streamlit app: photos are uploaded, and answered by the models of the bundles.

    Without a BUNDLE, it offers what lies in `bundles/` and `models/`. Its options:

    - --run RUN: a run, for its training curves; without it, those in `runs/`

    - --max-megabytes 20, --max-megapixels 64: of one photo

    - --max-photos 60: of one visitor

    Options of Streamlit have a dot in their name: `--server.port 8502`, `--server.address 0.0.0.0` (for others on
    the network), `--server.headless true` (no browser is opened). `streamlit run --help` lists them.

    Example: gemelo app bundles/pets --server.port 8502
    """
    try:
        launcher = installed.load("streamlit_app.launch")
        launcher.launch(context.args)
    except ModuleNotFoundError as exc:
        raise MissingDependencyError(str(exc.name).partition(".")[0], "pip install 'gemelo[app]'") from exc
