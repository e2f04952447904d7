"""The command line: `gemelo COMMAND`. Exit code 0 all well, 1 a check failed, 2 asked for what cannot be done."""

import importlib
import os
import sys
from typing import Annotated

import typer

import gemelo
from gemelo.cli.stderr import part_stderr
from gemelo.errors import GemeloError
from gemelo.terminal.ctrl_c import end_when_stuck
from gemelo.terminal.text import complain

COMMANDS = (
    "train",
    "import",
    "export",
    "verify",
    "compare",
    "predict",
    "page",
    "serve",
    "app",
    "pack",
    "info",
    "detect",
    "bench",
    "data",
    "doctor",
)
_FILES = {"app": "run_app", "import": "import_model"}  # names that Python, or this package, has for something else

app = typer.Typer(
    name="gemelo",
    epilog="The usual way:  gemelo train photos --out runs/pets;  gemelo export runs/pets --out bundles/pets;  "
    "gemelo predict bundles/pets cat.jpg",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
_HELP = (
    "Train an image classifier, export it to ONNX, TFLite and TF.js, and prove that every file gives Keras's answers."
)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"gemelo {gemelo.__version__}")
        raise typer.Exit


@app.callback(help=_HELP)
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """What every command shares; keeps `gemelo COMMAND` even where one command alone is registered."""


def main() -> None:
    """Run the program; every error ends in one clear sentence, never in a traceback."""
    try:
        part_stderr()
        end_when_stuck()
        _register(sys.argv[1:])
        app()
    except GemeloError as error:
        complain(error.message, error.hint)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        complain("interrupted")
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        if os.environ.get("GEMELO_TRACEBACK"):
            raise
        complain(
            f"this should not have happened: {type(error).__name__}: {error}",
            "it is a fault of gemelo's: please report it with what GEMELO_TRACEBACK=1 shows when you run it again",
        )
        sys.exit(1)


def _register(arguments: list[str]) -> None:
    """Import the file of the command that is called, or of all of them where help is wanted.

    A photo should be answered in well under a second: other commands' imports would take a part of it.
    """
    called = next((word for word in arguments if not word.startswith("-")), "")
    for name in [called] if called in COMMANDS else COMMANDS:
        importlib.import_module(f"gemelo.cli.{_FILES.get(name, name)}")
