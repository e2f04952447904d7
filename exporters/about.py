"""What a person says of the photos and of a model, for its card. Light: it is read before TensorFlow is loaded."""

from pathlib import Path

from gemelo.errors import NotFoundError, UsageError

_LONGEST = 1 << 16  # bytes
_UNSAID = (
    "Nothing was said of where the photos come from, or of what their license allows "
    "(`gemelo export --about FILE.md`). Whoever publishes this model should know both."
)


def read_about(path: Path | None) -> str:
    """What a person says of the photos and of the model, Markdown; what there is to say where nothing was said.

    Raises:
        NotFoundError: There is no such file.
        UsageError: It is no text, or longer than 64 KiB.
    """
    if path is None:
        return _UNSAID
    if not path.is_file():
        raise NotFoundError(f"{path}: there is no such file", hint="--about takes a Markdown file")
    with path.open("rb") as stream:
        data = stream.read(_LONGEST + 1)
    try:
        text = data.decode("utf-8").strip()
    except UnicodeDecodeError as exc:
        raise UsageError(f"{path}: this is no UTF-8 text", hint="--about takes a Markdown file") from exc
    if len(data) > _LONGEST or "\0" in text:
        raise UsageError(f"{path}: longer than 64 KiB, or no text", hint="--about takes a Markdown file")
    return text or _UNSAID
