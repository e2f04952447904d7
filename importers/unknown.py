"""The classes and functions that Keras misses when it loads a model, by what it says."""

import re

_UNKNOWN = (
    r"[Uu]nknown (?:layer|object|activation function|initializer|regularizer|metric|loss)[^'\"]*['\"]([\w>.]+)['\"]",
    r"Could not (?:locate|find) (?:class|function|object) '([\w>.]+)'",
    r"Could not interpret (?:activation function|activation|initializer) identifier: ([\w>.]+)",
)


def names(message: str) -> list[str]:
    """The names in an error of Keras 3 or of tf-keras; empty where it is about something else."""
    found = [name for pattern in _UNKNOWN for name in re.findall(pattern, message)]
    return sorted({name.rpartition(">")[2] for name in found})
