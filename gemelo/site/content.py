"""page.json, schema 1: what a page knows of its bundle. `web_demo/src/page.ts` reads it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import gemelo
from gemelo.bundle import Artefact, Bundle
from gemelo.errors import MissingFileError, SchemaError, UnknownNameError, UsageError
from gemelo.files import sha256_bytes
from gemelo.parity.gates import Gates, is_exact
from gemelo.parity.measure import SEALED_TOLERANCE
from gemelo.parity.sealed import sealed_answers
from gemelo.recorded import ANSWERS, RECORDED
from gemelo.site.assets import RUNTIMES

SCHEMA = 1
GOLDENS = "goldens.bin"
INSIDE = "bundle/"
# No two probabilities are further apart: where a gate looks at labels alone.
_ANY = 1.0


@dataclass(frozen=True)
class Goldens:
    """The goldens of a bundle in one piece, so that a page fetches them at once.

    Attributes:
        data: The bytes of their files, one after another.
        row: What page.json says of them.
    """

    data: bytes
    row: dict[str, Any]


def choose_runtimes(bundle: Bundle, wanted: Sequence[str] | None) -> tuple[list[str], list[str]]:
    """The runtimes of a page, in the order in which it prefers them, and notes on those left out.

    Args:
        bundle: What they shall run.
        wanted: Which; None takes all for which the bundle has artefacts.

    Raises:
        UnknownNameError: There is no such runtime.
        UsageError: The bundle has nothing for any of them.
    """
    for name in wanted or ():
        if name not in RUNTIMES:
            raise UnknownNameError("runtime", name, RUNTIMES)
    formats = {artefact.format for artefact in bundle.artefacts}
    asked = [name for name in RUNTIMES if wanted is None or name in wanted]
    chosen = [name for name in asked if RUNTIMES[name] in formats]
    if not asked:
        raise UsageError("no runtime was named: there is nothing that the page could run with")
    if not chosen:
        raise UsageError(
            f"{bundle.path}: no artefact for {' or '.join(asked)}: there is nothing that the page could run",
            hint=f"it has {', '.join(artefact.name for artefact in bundle.artefacts) or 'no artefact at all'}",
        )
    absent = [name for name in asked if name not in chosen]
    return chosen, [f"without {name}: the bundle has no {RUNTIMES[name]} artefact" for name in absent]


def collect_goldens(bundle: Bundle) -> Goldens:
    """All goldens in one piece.

    Raises:
        MissingFileError: The record names a golden that is not in the bundle.
    """
    parts: list[bytes] = []
    images: list[dict[str, Any]] = []
    offset = 0
    for image in bundle.recorded.goldens:
        try:
            parts.append(bundle.file(image.path).read_bytes())
        except OSError as exc:
            raise MissingFileError(f"{bundle.path}: the golden {image.path} cannot be read: {exc.strerror}") from exc
        answer = image.to_json()
        images.append(
            {
                "name": image.path.rsplit("/", 1)[-1],
                "offset": offset,
                "bytes": len(parts[-1]),
                "tensor_sha256": image.tensor_sha256,
                "probabilities": answer["probabilities"],
            }
        )
        offset += len(parts[-1])
    data = b"".join(parts)
    return Goldens(data, {"path": GOLDENS, **describe(data), "images": images})


def page_content(
    bundle: Bundle, runtimes: Sequence[str], goldens: Goldens, samples: Mapping[str, bytes], max_pixels: int
) -> dict[str, Any]:
    """page.json as an object.

    Args:
        bundle: Opened, so its hashes were checked.
        runtimes: Those of the page, the preferred one first.
        goldens: Of `collect_goldens`.
        samples: {path in the page: bytes}.
        max_pixels: Larger photos are refused by the page.

    Raises:
        SchemaError: The bundle's parity report or its list of layers is not what an export writes.
    """
    sealed = sealed_answers(bundle)
    formats = [RUNTIMES[name] for name in runtimes]
    layers, reason = _layers(bundle, runtimes)
    return {
        "schema": SCHEMA,
        "gemelo": gemelo.__version__,
        "name": bundle.name,
        "architecture": bundle.facts.architecture,
        "parameters": bundle.facts.parameters,
        "convolutions": bundle.facts.convolutions,
        "labels": bundle.labels,
        "contract": bundle.contract.to_json(),
        "accuracy": bundle.facts.metrics.accuracy,
        "threshold": bundle.threshold,
        "max_pixels": max_pixels,
        "runtimes": list(runtimes),
        "artefacts": [_artefact(bundle, a, sealed.get(a.name)) for a in _preferred(bundle) if a.format in formats],
        "goldens": goldens.row,
        "layers": layers,
        "layers_reason": reason,
        "samples": [{"path": path, **describe(data)} for path, data in samples.items()],
        "recorded": {"path": f"{INSIDE}{RECORDED}", **bundle.files[RECORDED]},
        "answers": {"path": f"{INSIDE}{ANSWERS}", **bundle.files[ANSWERS]} if ANSWERS in bundle.files else None,
    }


def encode(content: Mapping[str, Any], bundle: Bundle) -> bytes:
    """page.json's bytes: tight, for every first visit waits for them.

    Raises:
        SchemaError: The bundle holds numbers that JSON has no word for.
    """
    try:
        text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError as exc:
        raise SchemaError(f"{bundle.path}: a number in it is infinite or not a number") from exc
    return (text + "\n").encode("utf-8", "backslashreplace")


def describe(data: bytes) -> dict[str, Any]:
    """Size and sha256, as they stand beside every path."""
    return {"bytes": len(data), "sha256": sha256_bytes(data)}


def _preferred(bundle: Bundle) -> list[Artefact]:
    """Of each format's that give Keras's digits the smallest first, then all others, as the bundle lists them."""
    formats = [artefact.format for artefact in bundle.artefacts]

    def rank(artefact: Artefact) -> tuple[int, bool, int]:
        exact = _exact(bundle, artefact)
        return formats.index(artefact.format), not exact, artefact.bytes if exact else 0

    return sorted(bundle.artefacts, key=rank)


def _exact(bundle: Bundle, artefact: Artefact) -> bool:
    return is_exact(artefact.variant, artefact.parity, bundle.facts.convolutions)


def _artefact(bundle: Bundle, artefact: Artefact, sealed: Any) -> dict[str, Any]:
    return {
        "format": artefact.format,
        "variant": artefact.variant,
        "path": INSIDE + artefact.path,
        "files": _inside(artefact.files),
        "exact": _exact(bundle, artefact),
        "accuracy": artefact.parity.get("accuracy"),
        **_held_to(bundle, artefact, sealed),
    }


def _held_to(bundle: Bundle, artefact: Artefact, sealed: Any) -> dict[str, Any]:
    """The gate on goldens alone: one that gave Keras's digits must do so here, a quantised one its sealed answers."""
    variant = "fp32" if _exact(bundle, artefact) else artefact.variant
    gate = Gates.from_manifest(bundle.manifest).of(artefact.format, variant)
    allowed = gate.allowed_on(np.array([image.probabilities for image in bundle.recorded.goldens]))
    if not gate.quantised:
        return {"tolerance": gate.max_abs_difference, "flips": allowed, "sealed": None}
    if not sealed:
        return {"tolerance": _ANY, "flips": allowed, "sealed": None}
    return {"tolerance": SEALED_TOLERANCE, "flips": 0, "sealed": sealed}


def _layers(bundle: Bundle, runtimes: Sequence[str]) -> tuple[dict[str, Any] | None, str | None]:
    """The artefact whose outputs are the layers', and why there is none."""
    path = bundle.facts.layers
    if path is None:
        return None, bundle.facts.layers_reason
    if path not in bundle.files:
        raise SchemaError(f"{bundle.path}: its manifest has no hash of {path}")
    if "tfjs" not in runtimes:
        return None, "this page was made without TF.js, which runs the layers"
    folder = path.rsplit("/", 1)[0] + "/"
    files = {name: row for name, row in bundle.files.items() if name.startswith(folder)}
    return {"path": INSIDE + path, "files": _inside(files)}, None


def _inside(files: Mapping[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {INSIDE + name: row for name, row in files.items()}
