"""A pack folder, or a zip of one: what a device needs and nothing else.

    PACK/
      classify.py  gemelo/*   the program: gemelo.edge.program says which modules
      model.onnx              one artifact of the bundle  (model.ort beside it where asked for)
      labels.txt  preprocessing.json
      goldens/*  goldens/expected.json
      requirements.txt  README.md  classify.service  Containerfile
      pack.json          written last, with the sha256 of every other file

It holds no time and no machine's path: the same bundle packed twice on one machine gives the same bytes.
"""

from dataclasses import dataclass
from pathlib import Path

import gemelo
from gemelo.edge.answers import expected_answers, golden_path
from gemelo.edge.choose import AUTO, FORMAT, Candidate, choose
from gemelo.edge.device.model import Model
from gemelo.edge.device.selftest import SelfTest, self_test
from gemelo.edge.device.whole import (
    EXPECTED_FILE,
    LABELS_FILE,
    PACK_FILE,
    PREPROCESSING_FILE,
    Pack,
    PackManifest,
)
from gemelo.edge.ort import convert
from gemelo.edge.output_path import check_target, zipped
from gemelo.edge.program import program
from gemelo.edge.texts import texts
from gemelo.errors import ImageError, ParityError, TamperedFileError, UsageError
from gemelo.progress import SILENT, Progress
from gemelo.store.bundle import MANIFEST as BUNDLE_MANIFEST
from gemelo.store.bundle import Artifact, Bundle
from gemelo.store.files import (
    atomic_directory,
    atomic_write,
    describe_bytes,
    describe_files,
    scratch_directory,
    sha256_bytes,
    sha256_file,
    to_json,
)

MODEL_FILE = "model.onnx"
ORT_FILE = "model.ort"


@dataclass(frozen=True)
class PackOptions:
    """What a pack shall be.

    Attributes:
        variant: `fp32`, `fp16`, `int8`, ...; `auto` takes the fastest here that passes its self-test, None the most
            exact.
        ort: Whether the model is packed in onnxruntime's own format too, and loaded from that.
        threads: For onnxruntime while variants are measured; None lets it choose.
    """

    variant: str | None = None
    ort: bool = False
    threads: int | None = None


@dataclass(frozen=True)
class PackReport:
    """What was made.

    Attributes:
        path: The folder or zip.
        name: The bundle's.
        variant: Which artifact.
        files: How many.
        bytes: Of all files together, before they are zipped.
        zip_bytes: Of the zip; None for a folder.
        id: The sha256 of pack.json.
        test: The self-test that it passed here.
        candidates: What `auto` chose from; empty where the variant was named.
    """

    path: Path
    name: str
    variant: str
    files: int
    bytes: int
    zip_bytes: int | None
    id: str
    test: SelfTest
    candidates: list[Candidate]


def make_pack(
    path: str | Path, out: str | Path, options: PackOptions | None = None, *, progress: Progress = SILENT
) -> PackReport:
    """Write the pack of a bundle, whole or not at all, after it passed its own self-test here.

    Args:
        path: The bundle's folder.
        out: A folder, or a file that ends in .zip; a pack that is there is replaced.
        options: What it shall be.
        progress: Where to report to.

    Raises:
        UsageError: Another thing is at `out`; the bundle has no such variant; onnxruntime is not installed.
        IntegrityError: The bundle is not what was written.
        ParityError: The pack fails its self-test here, or no variant passes.
        StorageError: The disk is full or may not be written to.
    """
    options, out = options or PackOptions(), Path(out)
    bundle = Bundle.open(path)
    check_target(out, bundle.path)
    _check_format(bundle)
    candidates = choose(bundle, options.threads, progress) if options.variant == AUTO else []
    variant = next((row.variant for row in candidates if row.chosen), options.variant)
    artifact = bundle.artifact(FORMAT, variant)
    files = _content(bundle, artifact, options)
    if out.suffix.lower() == ".zip":
        with scratch_directory("pack") as work:
            report = _write(work, files, out, candidates)
            data = zipped(work)
            atomic_write(out, data)
            return PackReport(**{**vars(report), "zip_bytes": len(data)})
    with atomic_directory(out) as work:
        return _write(work, files, out, candidates)


def _check_format(bundle: Bundle) -> None:
    if not any(artifact.format == FORMAT for artifact in bundle.artifacts):
        raise UsageError(
            f"{bundle.path}: a pack runs an ONNX artifact, and this bundle has none",
            hint="export the run with ONNX too: gemelo export RUN --out BUNDLE --formats onnx",
        )


def _content(bundle: Bundle, artifact: Artifact, options: PackOptions) -> dict[str, bytes]:
    """Every file of the pack, pack.json last."""
    model = _unchanged(bundle, artifact.path, artifact.files[artifact.path].sha256)
    files = {**program(), MODEL_FILE: model}
    if options.ort:
        files[ORT_FILE] = convert(model)
    files[LABELS_FILE] = "".join(f"{label}\n" for label in bundle.labels).encode()
    files[PREPROCESSING_FILE] = to_json(bundle.preprocessing).encode()
    for image in bundle.reference.goldens:
        files[golden_path(image)] = _unchanged(bundle, image.path, image.sha256)
    files[EXPECTED_FILE] = to_json(expected_answers(bundle, artifact)).encode()
    files |= {name: text.encode() for name, text in texts(bundle, artifact).items()}
    manifest = PackManifest(
        gemelo=gemelo.__version__,
        name=bundle.name,
        variant=artifact.variant,
        model=ORT_FILE if options.ort else MODEL_FILE,
        accuracy=artifact.parity.accuracy,
        threshold=bundle.threshold,
        bundle=sha256_file(bundle.path / BUNDLE_MANIFEST),
        files={name: describe_bytes(data) for name, data in sorted(files.items())},
    )
    return {**files, PACK_FILE: to_json(manifest).encode()}


def _unchanged(bundle: Bundle, name: str, digest: str) -> bytes:
    data = bundle.file(name).read_bytes()
    if sha256_bytes(data) != digest:
        raise TamperedFileError(f"{bundle.path}: {name} was changed while it was packed")
    return data


def _write(work: Path, files: dict[str, bytes], out: Path, candidates: list[Candidate]) -> PackReport:
    for name, data in files.items():
        target = work / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    pack = Pack.open(work)
    test = _tested(pack, out)
    sizes = [row.bytes for row in describe_files(work).values()]
    return PackReport(out, pack.name, pack.variant, len(sizes), sum(sizes), None, pack.id, test, candidates)


def _tested(pack: Pack, out: Path) -> SelfTest:
    """Run the self-test here: a pack that fails it would fail on the device."""
    try:
        test = self_test(pack, Model(pack), 0)
    except ImageError as exc:
        raise ParityError(f"{out}: the pack fails its self-test here: {exc.message}") from exc
    if not test.passed:
        raise ParityError(f"{out}: the pack fails its self-test here: {'; '.join(test.reasons)}")
    return test
