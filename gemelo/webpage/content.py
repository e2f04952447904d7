"""page.json made from a bundle: the artifacts that a page offers, with their tolerances."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

import gemelo
from gemelo.errors import Message, MissingFileError, SchemaError, UnknownNameError, UsageError
from gemelo.parity.expected import expected_outputs
from gemelo.parity.gates import EXPECTED_TOLERANCE, Gates, is_exact
from gemelo.store.bundle import Artifact, Bundle
from gemelo.store.files import FileRow, describe_bytes
from gemelo.store.reference import ANSWERS, name_in
from gemelo.store.schema import as_json
from gemelo.webpage.assets import Assets
from gemelo.webpage.page_data import PageArtifact, PageData, PageFile, PageGolden, PageGoldens, PageImported, PageLayers

Answers = list[list[float]]
GOLDENS = "goldens.bin"
INSIDE = "bundle/"
# No two probabilities are further apart: where a gate looks at labels alone.
_ANY = 1.0


@dataclass(frozen=True)
class Goldens:
    """The goldens of a bundle in one piece.

    Attributes:
        data: The bytes of their files, one after another.
        row: What page.json says of them.
    """

    data: bytes
    row: PageGoldens


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
        names = ", ".join(artifact.name for artifact in bundle.artifacts)
        raise UsageError(
            Message("bundle.nothing-for", bundle.path, runtimes=" or ".join(asked)),
            hint=Message("hint.has", names=names) if names else Message("hint.has-nothing"),
        )
    absent = [name for name in asked if name not in chosen]
    return chosen, [f"without {name}: the bundle has no {assets.runtimes[name].format} artifact" for name in absent]


def collect_goldens(bundle: Bundle) -> Goldens:
    """All goldens in one piece.

    Raises:
        MissingFileError: The record names a golden that is not in the bundle.
    """
    parts: list[bytes] = []
    images: list[PageGolden] = []
    offset = 0
    for image in bundle.reference.goldens:
        try:
            parts.append(bundle.file(image.path).read_bytes())
        except OSError as exc:
            raise MissingFileError(
                Message("bundle.golden-unreadable", bundle.path, path=image.path, reason=exc.strerror)
            ) from exc
        name, answer = image.path.rsplit("/", 1)[-1], as_json(image.probabilities)
        images.append(PageGolden(name, offset, len(parts[-1]), image.tensor_sha256, answer))
        offset += len(parts[-1])
    data = b"".join(parts)
    return Goldens(data, PageGoldens(**vars(describe_bytes(data)), path=GOLDENS, images=images))


def page_content(
    bundle: Bundle, runtimes: Mapping[str, str], goldens: Goldens, samples: Mapping[str, bytes], max_pixels: int
) -> PageData:
    """What page.json says.

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
    return PageData(
        gemelo=gemelo.__version__,
        name=bundle.name,
        architecture=bundle.manifest.architecture,
        parameters=bundle.manifest.parameters,
        convolutions=bundle.manifest.convolutions,
        labels=bundle.labels,
        preprocessing=bundle.preprocessing,
        accuracy=bundle.manifest.metrics.accuracy,
        threshold=bundle.threshold,
        max_pixels=max_pixels,
        runtimes=list(runtimes),
        artifacts=[_artifact(bundle, a, own_outputs.get(a.name)) for a in _preferred(bundle) if a.format in formats],
        goldens=goldens.row,
        layers=layers,
        layers_reason=reason,
        layers_told=bundle.manifest.layers_told if layers is None else None,
        samples=[_file(path, describe_bytes(data)) for path, data in samples.items()],
        reference=_of_bundle(bundle, name_in(bundle.files)),
        answers=_of_bundle(bundle, ANSWERS) if ANSWERS in bundle.files else None,
        imported=_imported(bundle),
    )


def _file(path: str, row: FileRow) -> PageFile:
    return PageFile(row.bytes, row.sha256, path)


def _imported(bundle: Bundle) -> PageImported | None:
    source = bundle.manifest.imported
    if source is None:
        return None
    own = (source.file, source.sha256, source.framework, source.title)
    return PageImported(*own, source.declared, source.warning, source.warning_told)


def _of_bundle(bundle: Bundle, name: str) -> PageFile:
    return _file(INSIDE + name, bundle.files[name])


def encode(content: PageData, bundle: Bundle) -> bytes:
    """page.json's bytes: tight, for every first visit waits for them.

    Raises:
        SchemaError: The bundle holds numbers that JSON has no word for.
    """
    try:
        text = json.dumps(as_json(content), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except ValueError as exc:
        raise SchemaError(f"{bundle.path}: a number in it is infinite or not a number") from exc
    return (text + "\n").encode("utf-8", "backslashreplace")


def _preferred(bundle: Bundle) -> list[Artifact]:
    """The smallest exact artifact of each format first, then all others in the order of the bundle."""
    formats = [artifact.format for artifact in bundle.artifacts]

    def rank(artifact: Artifact) -> tuple[int, bool, int]:
        exact = _exact(bundle, artifact)
        return formats.index(artifact.format), not exact, artifact.bytes if exact else 0

    return sorted(bundle.artifacts, key=rank)


def _exact(bundle: Bundle, artifact: Artifact) -> bool:
    return is_exact(artifact.variant, artifact.parity, bundle.manifest.convolutions)


def _artifact(bundle: Bundle, artifact: Artifact, own_outputs: Answers | None) -> PageArtifact:
    tolerance, allowed, expected = _held_to(bundle, artifact, own_outputs)
    return PageArtifact(
        format=artifact.format,
        variant=artifact.variant,
        path=INSIDE + artifact.path,
        files=_inside(artifact.files),
        exact=_exact(bundle, artifact),
        accuracy=artifact.parity.accuracy,
        tolerance=tolerance,
        allowed_label_changes=allowed,
        expected_outputs=expected,
    )


def _held_to(bundle: Bundle, artifact: Artifact, own_outputs: Answers | None) -> tuple[float, int, Answers | None]:
    """Tolerance, allowed label changes and expected outputs on goldens alone.

    A float artifact is compared with Keras; a quantized one with its own expected outputs.
    """
    variant = "fp32" if _exact(bundle, artifact) else artifact.variant
    gate = Gates.from_manifest(bundle.manifest).of(artifact.format, variant)
    allowed = gate.allowed_on(np.array([image.probabilities for image in bundle.reference.goldens]))
    if gate.max_abs_difference is not None and not gate.quantized:
        return gate.max_abs_difference, allowed, None
    return (EXPECTED_TOLERANCE, 0, own_outputs) if own_outputs else (_ANY, allowed, None)


def _layers(bundle: Bundle, runtimes: Collection[str]) -> tuple[PageLayers | None, str | None]:
    """The artifact whose outputs are the layers', and why there is none."""
    path = bundle.manifest.layers
    if path is None:
        return None, bundle.manifest.layers_reason
    if path not in bundle.files:
        raise SchemaError(Message("bundle.manifest-no-hash", bundle.path, files=path))
    if "tfjs" not in runtimes:
        return None, "this page was made without TF.js, which runs the layers"
    folder = path.rsplit("/", 1)[0] + "/"
    files = {name: row for name, row in bundle.files.items() if name.startswith(folder)}
    return PageLayers(INSIDE + path, _inside(files)), None


def _inside(files: Mapping[str, FileRow]) -> dict[str, FileRow]:
    return {INSIDE + name: row for name, row in files.items()}
