"""page.json, schema 2: what a page knows of its bundle. `web_demo/src/page.ts` reads it."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

import gemelo
from gemelo.bundle import Artifact, Bundle
from gemelo.errors import MissingFileError, SchemaError, UnknownNameError, UsageError
from gemelo.files import sha256_bytes
from gemelo.parity.expected import expected_outputs
from gemelo.parity.gates import EXPECTED_TOLERANCE, Gates, is_exact
from gemelo.reference import ANSWERS, name_in
from gemelo.webpage.assets import Assets

SCHEMA = 2
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


def choose_runtimes(assets: Assets, bundle: Bundle, wanted: Sequence[str] | None) -> tuple[list[str], list[str]]:
    """The runtimes of a page, in the order in which it prefers them, and notes on those left out.

    Args:
        assets: The built page, with the runtimes that there are.
        bundle: What they shall run.
        wanted: Which; None takes all for which the bundle has artifacts.

    Raises:
        UnknownNameError: There is no such runtime.
        UsageError: The bundle has nothing for any of them.
    """
    for name in wanted or ():
        if name not in assets.runtimes:
            raise UnknownNameError("runtime", name, assets.runtimes)
    formats = {artifact.format for artifact in bundle.artifacts}
    asked = [name for name in assets.runtimes if wanted is None or name in wanted]
    chosen = [name for name in asked if assets.runtimes[name].format in formats]
    if not asked:
        raise UsageError("no runtime was named: there is nothing that the page could run with")
    if not chosen:
        raise UsageError(
            f"{bundle.path}: no artifact for {' or '.join(asked)}: there is nothing that the page could run",
            hint=f"it has {', '.join(artifact.name for artifact in bundle.artifacts) or 'no artifact at all'}",
        )
    absent = [name for name in asked if name not in chosen]
    return chosen, [f"without {name}: the bundle has no {assets.runtimes[name].format} artifact" for name in absent]


def collect_goldens(bundle: Bundle) -> Goldens:
    """All goldens in one piece.

    Raises:
        MissingFileError: The record names a golden that is not in the bundle.
    """
    parts: list[bytes] = []
    images: list[dict[str, Any]] = []
    offset = 0
    for image in bundle.reference.goldens:
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
    bundle: Bundle, runtimes: Mapping[str, str], goldens: Goldens, samples: Mapping[str, bytes], max_pixels: int
) -> dict[str, Any]:
    """page.json as an object.

    Args:
        bundle: Opened, so its hashes were checked.
        runtimes: Those of the page, the preferred one first, with the format that each runs.
        goldens: Of `collect_goldens`.
        samples: {path in the page: bytes}.
        max_pixels: Larger photos are refused by the page.

    Raises:
        SchemaError: The bundle's parity report or its list of layers is not what an export writes.
    """
    own_outputs = expected_outputs(bundle)
    formats = list(runtimes.values())
    layers, reason = _layers(bundle, runtimes)
    reference = name_in(bundle.files)
    return {
        "schema": SCHEMA,
        "gemelo": gemelo.__version__,
        "name": bundle.name,
        "architecture": bundle.facts.architecture,
        "parameters": bundle.facts.parameters,
        "convolutions": bundle.facts.convolutions,
        "labels": bundle.labels,
        "preprocessing": bundle.preprocessing.to_json(),
        "accuracy": bundle.facts.metrics.accuracy,
        "threshold": bundle.threshold,
        "max_pixels": max_pixels,
        "runtimes": list(runtimes),
        "artifacts": [_artifact(bundle, a, own_outputs.get(a.name)) for a in _preferred(bundle) if a.format in formats],
        "goldens": goldens.row,
        "layers": layers,
        "layers_reason": reason,
        "samples": [{"path": path, **describe(data)} for path, data in samples.items()],
        "reference": {"path": f"{INSIDE}{reference}", **bundle.files[reference]},
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


def _preferred(bundle: Bundle) -> list[Artifact]:
    """Of each format's that give Keras's digits the smallest first, then all others, as the bundle lists them."""
    formats = [artifact.format for artifact in bundle.artifacts]

    def rank(artifact: Artifact) -> tuple[int, bool, int]:
        exact = _exact(bundle, artifact)
        return formats.index(artifact.format), not exact, artifact.bytes if exact else 0

    return sorted(bundle.artifacts, key=rank)


def _exact(bundle: Bundle, artifact: Artifact) -> bool:
    return is_exact(artifact.variant, artifact.parity, bundle.facts.convolutions)


def _artifact(bundle: Bundle, artifact: Artifact, own_outputs: Any) -> dict[str, Any]:
    return {
        "format": artifact.format,
        "variant": artifact.variant,
        "path": INSIDE + artifact.path,
        "files": _inside(artifact.files),
        "exact": _exact(bundle, artifact),
        "accuracy": artifact.parity.get("accuracy"),
        **_held_to(bundle, artifact, own_outputs),
    }


def _held_to(bundle: Bundle, artifact: Artifact, own_outputs: Any) -> dict[str, Any]:
    """The gate on goldens alone: one that gave Keras's digits must do so here, a quantized one its expected outputs."""
    variant = "fp32" if _exact(bundle, artifact) else artifact.variant
    gate = Gates.from_manifest(bundle.manifest).of(artifact.format, variant)
    allowed = gate.allowed_on(np.array([image.probabilities for image in bundle.reference.goldens]))
    if not gate.quantized:
        return {"tolerance": gate.max_abs_difference, "allowed_label_changes": allowed, "expected_outputs": None}
    if not own_outputs:
        return {"tolerance": _ANY, "allowed_label_changes": allowed, "expected_outputs": None}
    return {"tolerance": EXPECTED_TOLERANCE, "allowed_label_changes": 0, "expected_outputs": own_outputs}


def _layers(bundle: Bundle, runtimes: Collection[str]) -> tuple[dict[str, Any] | None, str | None]:
    """The artifact whose outputs are the layers', and why there is none."""
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
