"""The pictures that a page offers to those who have no photo at hand: drawings, or the user's own."""

from collections.abc import Sequence
from pathlib import Path

from gemelo.errors import ImageError, NotFoundError, UnsupportedImageError, UsageError
from gemelo.preprocessing import EXTENSIONS, decode
from gemelo.preprocessing.heic import is_heic
from gemelo.preprocessing.photo_files import find
from gemelo.store.found import advice_on, found_at

MOST = 24
DRAWINGS = Path(__file__).with_name("sample_pictures")
_NAMED = 3
# By the first bytes: a photo's name may say anything, and a page's host goes by it.
_SUFFIXES = {b"\xff\xd8": ".jpg", b"\x89P": ".png", b"RI": ".webp", b"BM": ".bmp", b"GI": ".gif"}
_PETS = ({"cat", "gato"}, {"dog", "perro"})


def drawn_samples() -> dict[str, bytes]:
    """Six drawings, a cat and a dog in turn: {"cat-1.webp": bytes, ...}."""
    paths = sorted(DRAWINGS.glob("*.webp"), key=lambda path: path.stem.split("-")[::-1])
    return {path.name: path.read_bytes() for path in paths}


def drawings_fit(labels: Sequence[str]) -> bool:
    """Whether a classifier tells cats from dogs and nothing else, in English or Spanish: then the drawings suit it."""
    names = [label.strip().casefold().removesuffix("s") for label in labels]
    cats, dogs = _PETS
    return len(names) == len(_PETS) and any(
        first in cats and second in dogs for first, second in (names, reversed(names))
    )


def read_samples(folder: Path, max_pixels: int) -> dict[str, bytes]:
    """Every photo below a folder, byte for byte, under names without surprises: {"sample-01.jpg": bytes, ...}.

    Args:
        folder: The user's.
        max_pixels: What the page will read.

    Raises:
        NotFoundError: There is no such folder.
        UsageError: No photo in it, or too many.
        ImageError: Photos that the page could not read; names the first ones.
    """
    if not folder.is_dir():
        raise NotFoundError(found_at(folder), hint=advice_on(folder))
    photos = find(folder).photos
    if not 0 < len(photos) <= MOST:
        found = f"{len(photos)} photos, at most {MOST} can be samples" if photos else "no photo below it"
        raise UsageError(f"{folder}: {found}", hint=f"photos are {', '.join(EXTENSIONS)}")
    _check(photos, max_pixels)
    contents = [path.read_bytes() for path in photos]
    return {f"sample-{i:02d}{_SUFFIXES[data[:2]]}": data for i, data in enumerate(contents, 1)}


def _check(photos: list[Path], max_pixels: int) -> None:
    wrong: list[ImageError] = []
    for photo in photos:
        try:
            if is_heic(photo):
                raise UnsupportedImageError(
                    f"{photo}: this is a HEIC photo", hint="browsers do not read it: convert it to JPEG"
                )
            decode(photo, max_pixels)
        except ImageError as exc:
            wrong.append(exc)
    if len(wrong) == 1:
        raise wrong[0]
    if wrong:
        hints = dict.fromkeys(problem.hint for problem in wrong if problem.hint)
        more = f" and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        raise ImageError("; ".join(problem.message for problem in wrong[:_NAMED]) + more, hint="\n".join(hints) or None)
