"""Where a bundle may go. Light: it is looked at before TensorFlow is loaded."""

from pathlib import Path

from gemelo.errors import UsageError
from gemelo.store.bundle import is_bundle, own_names
from gemelo.store.output_path import check_strangers


def check_target(out: Path, run_path: Path) -> None:
    """Refuse a place where a bundle would destroy something.

    Raises:
        UsageError: Something that is no bundle is there, or files of yours, or the place is the run or holds it.
    """
    if run_path.resolve().is_relative_to(out.resolve()):
        raise UsageError(f"{out}: a bundle there would take the place of the run", hint="choose another --out")
    if out.exists() and not is_bundle(out) and not (out.is_dir() and not any(out.iterdir())):
        raise UsageError(
            f"{out}: something that is no bundle is there already", hint="remove it, or choose another --out"
        )
    if is_bundle(out):
        check_strangers(out, "bundle", own_names(out))
