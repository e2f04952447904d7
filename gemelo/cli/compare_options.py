"""The options of `gemelo compare` that are for one model alone: `--b-scale -1..1`."""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from string import ascii_lowercase
from typing import Any

from gemelo import installed
from gemelo.errors import UsageError
from gemelo.registry import constants

PANEL = "What the files don't say (for all models; --b-scale is for model B only)"
SIDE_OPTIONS = ("scale", "channel_order", "size", "fit", "filter", "resize_to", "labels", "output")
_OTHERS = (
    *("images", "tolerance", "layers", "causes", "no-causes", "out", "show-photos", "no-photos", "markdown", "junit"),
    *("json", "trust", "max-megapixels", "help"),
)
_OPTION = re.compile(r"--([a-z])-([a-z]+(?:-[a-z]+)*)")

_HELP = """Compare models on the same photos, even if gemelo did not make them.

A, B, ... are each one of:

{readers}

gemelo reads from each file the layout, type and size of the input, and the labels if they are there. It detects from
the answers whether they are logits or probabilities. You give the rest as options, for all models or for one of them:
--scale -1..1 is for all models, --b-scale -1..1 for the second one only. A file MODEL.gemelo.json beside a model can
hold the same options: {{"scale": "-1..1", "channel_order": "bgr"}}.

If two models differ, gemelo tries the usual causes: another scale, BGR, other filters and fits, EXIF, another order of
labels or of bytes, a second softmax. --layers finds the first layer at which they differ.

Exit code: 0 if all models agree, 1 if a model exceeds a limit or gave no answer, 2 for wrong usage.

Example: gemelo compare model.onnx model.tflite --images photos --scale 0..1 --b-channel-order bgr
"""


def _help() -> str:
    """With every reader's own words, which are read, not imported."""
    readers = constants(installed.folder_of("compare.readers"), "SUMMARY")
    return _HELP.format(readers="\n".join(f"- {text}" for text in readers.values()))


HELP = _help()


def sides_of(words: Sequence[str]) -> tuple[list[Path], dict[int, Any]]:
    """The models, and what is said of some of them alone: {index: a `Declared`}.

    Args:
        words: As typed: paths, and options of one model with their values.

    Raises:
        UsageError: An option that there is not, or that is for a model that there is not.
    """
    from gemelo.compare.beside import declaration

    paths, said = _parted(list(words))
    own = {}
    for letter, values in said.items():
        index = ascii_lowercase.index(letter)
        if index >= len(paths):
            raise UsageError(f"--{letter}-{next(iter(values))}: there is no model {letter.upper()}")
        try:
            own[index] = declaration(**{name.replace("-", "_"): _typed(name, text) for name, text in values.items()})
        except UsageError as exc:
            raise UsageError(exc.message.replace("--", f"--{letter}-", 1), hint=exc.hint) from exc
    return paths, own


def _parted(words: list[str]) -> tuple[list[Path], dict[str, dict[str, str]]]:
    paths: list[Path] = []
    said: dict[str, dict[str, str]] = {}
    while words:
        word = words.pop(0)
        if not word.startswith("--"):
            paths.append(Path(word))
            continue
        option, equals, value = word.partition("=")
        match = _OPTION.fullmatch(option)
        if match is None or match[2].replace("-", "_") not in SIDE_OPTIONS:
            raise UsageError(f"{option}: there is no such option", hint=_meant(option))
        if not equals and not words:
            raise UsageError(f"{option}: a value must follow")
        said.setdefault(match[1], {})[match[2]] = value if equals else words.pop(0)
    return paths, said


def _meant(option: str) -> str:
    """What was probably meant by an option that there is not."""
    side = [name.replace("_", "-") for name in SIDE_OPTIONS]
    letter = found[0] if (found := re.match(r"--[a-z]-", option)) else "--b-"
    known = [f"--{name}" for name in (*side, *_OTHERS)] + [f"{letter}{name}" for name in side]
    near = get_close_matches(option, known, 1)
    return f"did you mean {near[0]}?" if near else f"for one model alone: {', '.join(f'--b-{name}' for name in side)}"


def _typed(name: str, text: str) -> Any:
    if name != "resize-to":
        return text
    if not text.isdecimal():
        raise UsageError(f"--{name} {text}: a whole number of pixels is wanted")
    return int(text)
