"""Programs inside a model's configuration: Lambda layers and layers of its owner's own. None is run without consent.

Keras keeps the bytecode of a Lambda layer in the file. It refuses to run it by itself (`safe_mode`), but not in every
format and version: here the configuration is read as data, before Keras sees it.
"""

import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gemelo.errors import ModelError, NotFoundError, UsageError

# Operations of TensorFlow that Keras 2 records by their names. Others, `io.write_file` among them, are programs.
_OPERATIONS = ("math.", "nn.", "linalg.", "image.", "__operators__.", "compat.v1.nn.")
_PLAIN_OPERATIONS = (
    *("cast", "clip_by_value", "concat", "convert_to_tensor", "expand_dims", "gather", "identity", "ones_like", "pad"),
    *("realdiv", "repeat", "reshape", "reverse", "shape", "slice", "split", "squeeze", "stack", "strided_slice"),
    *("tile", "transpose", "unstack", "where", "zeros_like"),
)
_PROGRAMS = frozenset(("Lambda", "__lambda__", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"))
_UNNAMED = "a lambda function"
_OWN = ("keras", "tf_keras", "builtins", "tensorflow.keras")


@dataclass(frozen=True)
class Trust:
    """What may be run.

    Attributes:
        given: Whether the model's own programs may.
        code: A Python file that defines its layers.
    """

    given: bool = False
    code: Path | None = None

    def objects(self) -> dict[str, Any]:
        """The classes and functions that the file defines, by their names.

        Raises:
            NotFoundError, ModelError: There is no such file, or it cannot be run.
            UsageError: It may not be run.
        """
        if self.code is None:
            return {}
        if not self.code.is_file():
            raise NotFoundError(f"{self.code}: there is no such file", hint="--custom-objects takes a Python file")
        if not self.given:
            raise UsageError(
                f"--custom-objects {self.code}: the file is a program, which is run only with --trust",
                hint="add --trust if you know who wrote it",
            )
        spec = importlib.util.spec_from_file_location("custom_objects", self.code)
        if spec is None or spec.loader is None:
            raise UsageError(f"--custom-objects {self.code}: this is no Python file")
        module = sys.modules["custom_objects"] = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except Exception as exc:  # it is anybody's program
            raise ModelError(f"{self.code}: the program failed: {type(exc).__name__}: {exc}") from exc
        return {name: value for name, value in vars(module).items() if callable(value) and not name.startswith("_")}


def check(named: Path, config: Any, trust: Trust) -> None:
    """Look for programs in a configuration.

    Raises:
        ModelError: There are some, and nobody said that they may be run; or layers whose code is not here.
    """
    try:
        found, own = sorted(set(_found(config, 0))), sorted(set(_own(config, 0)))
    except ValueError as exc:
        raise ModelError(f"{named}: the file is damaged: its configuration is {exc}") from exc
    found = [name for name in found if name != _UNNAMED] or found
    if found and not trust.given:
        names = ", ".join(found[:6])
        raise ModelError(
            f"{named}: the model holds programs: {names}",
            hint="they run with your rights. If you know who wrote them, add --trust; better, build the model without "
            "Lambda layers (keras.ops or layers.Rescaling do the same) and save it again",
        )
    if own and trust.code is None:
        raise missing(named, own)


def missing(named: Path, names: list[str]) -> ModelError:
    """The error where the code of layers is not in the file."""
    plural = "s" if len(names) > 1 else ""
    return ModelError(
        f"{named}: the code of {', '.join(names[:6])} is not in the file: {'they are' if plural else 'it is'} the "
        f"model's own class{'es' if plural else ''} or function{plural}",
        hint="add --custom-objects FILE.py --trust with the Python file that defines them, or save the model with "
        "model.export('folder') and import that folder",
    )


def uses_own(config: Any) -> bool:
    """Whether a model cannot be loaded from its configuration by Keras alone."""
    return any(True for _ in _found(config, 0)) or any(True for _ in _own(config, 0))


def _parts(value: Any, depth: int) -> Iterator[Any]:
    """All objects in a configuration.

    Raises:
        ValueError: It is nested deeper than any model.
    """
    if depth > 200:
        raise ValueError("nested too deeply")
    if isinstance(value, dict):
        yield value
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in items:
        yield from _parts(item, depth + 1)


def _found(config: Any, depth: int) -> Iterator[str]:
    for part in _parts(config, depth):
        kind, inside = part.get("class_name"), part.get("config")
        name = inside.get("name") if isinstance(inside, dict) else None
        if isinstance(kind, str) and kind in _PROGRAMS:
            yield f"{name} ({kind})" if isinstance(name, str) else _UNNAMED
        elif kind in ("TFOpLambda", "TFOp") and isinstance(inside, dict) and not _is_harmless(inside.get("function")):
            yield f"{name} ({inside.get('function')})"


def _is_harmless(function: Any) -> bool:
    return isinstance(function, str) and (function in _PLAIN_OPERATIONS or function.startswith(_OPERATIONS))


def _own(config: Any, depth: int) -> Iterator[str]:
    for part in _parts(config, depth):
        if not {"module", "class_name", "registered_name"} <= part.keys():
            continue
        module, name, registered = part["module"], part["class_name"], part["registered_name"]
        is_named = isinstance(registered, str) and ">" in registered
        if is_named or module is None or str(module).split(".")[0] not in _OWN:
            yield str(part.get("config") if name == "function" else name)
