"""The program: `gemelo`, and `python -m gemelo`. Ctrl-C while its modules are still being imported ends it quietly."""

import sys


def main() -> None:
    """Import the command line and run it."""
    try:
        from gemelo.cli import main as run
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
