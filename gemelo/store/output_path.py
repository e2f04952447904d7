"""Where something made may go: never in the place of what it was made from, nor of what somebody else put there."""

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

from gemelo.errors import UsageError
from gemelo.store.files import storage_errors

_SYSTEM = frozenset((".DS_Store", "Thumbs.db", "desktop.ini"))


def check_place(
    out: Path,
    what: str,
    bundle: Path,
    kept: Sequence[Path],
    is_one: Callable[[Path], bool],
    own: Callable[[Path], Collection[str]],
) -> None:
    """Refuse a place where a page or a pack would destroy something.

    Args:
        out: Output folder.
        what: What it is called: "page", "pack".
        bundle: What it is made of, which it may not lie in nor replace.
        kept: Other folders that it may not replace; the working directory is always one.
        is_one: Whether an older one is there, which may be replaced.
        own: The names at its top that are its own: beside others, it is not replaced.

    Raises:
        UsageError: Something else is there, or files of yours, or the place is in the bundle, or holds what is needed.
    """
    hint = "choose another --out"
    with storage_errors(out):
        place = out.resolve()
        if place.is_relative_to(bundle.resolve()):
            raise UsageError(f"{out}: a {what} there would change the bundle", hint=hint)
        for one in (bundle, *kept, Path.cwd()):
            if one.resolve().is_relative_to(place):
                raise UsageError(f"{out}: a {what} there would take the place of {one}", hint=hint)
        if out.exists() and not is_one(out) and not (out.is_dir() and not any(out.iterdir())):
            raise UsageError(f"{out}: something that is no {what} is there already", hint=f"remove it, or {hint}")
        check_strangers(out, what, own(out) if is_one(out) else ())


def check_strangers(out: Path, what: str, own: Collection[str]) -> None:
    """Refuse to replace a folder in which files of somebody else lie.

    Raises:
        UsageError: There are some; names them.
    """
    found = sorted(path.name for path in out.iterdir()) if out.is_dir() else []
    if strangers := [name for name in found if name not in own and name not in _SYSTEM]:
        more = f" and {len(strangers) - 4} more" if len(strangers) > 4 else ""
        named = ", ".join(strangers[:4]) + more
        raise UsageError(
            f"{out}: a {what} is there, and beside it {named}, which would be lost",
            hint="move that elsewhere, or choose another --out",
        )


def tops(names: Iterable[str]) -> set[str]:
    """The first part of each relative path."""
    return {name.split("/")[0] for name in names}
