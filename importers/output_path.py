"""Where a run may go. Light: it is looked at before TensorFlow is loaded."""

from pathlib import Path

from gemelo.errors import UsageError
from gemelo.store import run


def check_target(out: Path, model: Path, *, overwrite: bool) -> None:
    """Refuse a place where a run would destroy something.

    Raises:
        UsageError: Something is there, or the place is or holds the model.
    """
    hint = "choose another --out"
    if model.resolve().is_relative_to(out.resolve()):
        raise UsageError(f"{out}: a run there would take the place of the model", hint=hint)
    if model.is_dir() and out.resolve().is_relative_to(model.resolve()):
        raise UsageError(f"{out}: a run there would change the model", hint=hint)
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not (out / run.MANIFEST).is_file():
        raise UsageError(f"{out}: something that is no run is there already", hint=f"remove it, or {hint}")
    if not overwrite:
        raise UsageError(f"{out}: a run is there already", hint=f"replace it with --overwrite, or {hint}")
