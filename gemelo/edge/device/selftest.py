"""The self-test: the goldens on this very device, compared with the outputs that the pack expects."""

import hashlib
import io
import platform
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from gemelo.decisions import top1
from gemelo.edge.device.model import Model
from gemelo.edge.device.whole import ExpectedGolden, Pack
from gemelo.errors import ImageError
from gemelo.preprocessing import Images
from gemelo.terminal.text import print_json, shown

_ROUNDS = 3


@dataclass(frozen=True)
class SelfTest:
    """What was found.

    Attributes:
        name, variant, pack: Of which pack; its id.
        passed: Whether every reason is absent.
        reasons: Why not, in words.
        goldens: How many images.
        against: `keras`, or `expected_outputs`: the answers of this very file on the machine that made the pack.
        max_difference, tolerance: Of probabilities.
        keras_difference: Largest difference from Keras's own answers.
        label_changes: How many answers have another label than was expected.
        median_ms, p95_ms: From a golden's bytes to its answer.
        load_ms: To check the hashes and to load the model.
        peak_bytes: Peak resident memory of this process.
        versions: Of what answered.
    """

    name: str
    variant: str
    pack: str
    passed: bool
    reasons: list[str]
    goldens: int
    against: str
    max_difference: float
    tolerance: float
    keras_difference: float
    label_changes: int
    median_ms: float
    p95_ms: float
    load_ms: float
    peak_bytes: int
    versions: dict[str, str]


def self_test(pack: Pack, model: Model, load_ms: float) -> SelfTest:
    """Run the goldens.

    Args:
        pack: Whose goldens.
        model: Its model.
        load_ms: What opening both took.

    Raises:
        SchemaError: goldens/expected.json is damaged.
        RuntimeFailure: onnxruntime stopped.
    """
    wanted = pack.expected()
    rows, tolerance, allowed = wanted.goldens, wanted.tolerance, wanted.allowed_label_changes
    images, reasons = _prepared(pack, model, rows)
    answered = model.probabilities(np.stack(images))
    expected, keras = np.stack([row.expected for row in rows]), np.stack([row.keras for row in rows])
    difference = float(np.abs(answered - expected).max())
    label_changes = int((top1(answered) != top1(expected)).sum())
    if difference > tolerance:
        reasons.append(f"answers differ by {difference:.2g}, at most {tolerance:g} allowed")
    if label_changes > allowed:
        reasons.append(f"{label_changes} labels differ in {len(rows)} images, at most {allowed} allowed")
    times = _timed(pack, model, rows)
    return SelfTest(
        name=pack.name,
        variant=pack.variant,
        pack=pack.id,
        passed=not reasons,
        reasons=reasons,
        goldens=len(rows),
        against=wanted.against,
        max_difference=difference,
        tolerance=tolerance,
        keras_difference=float(np.abs(answered - keras).max()),
        label_changes=label_changes,
        median_ms=_rounded(float(np.median(times))),
        p95_ms=_rounded(float(np.percentile(times, 95))),
        load_ms=_rounded(load_ms),
        peak_bytes=_peak_bytes(),
        versions=_versions(),
    )


def report_self_test(found: SelfTest, as_json: bool) -> int:
    """Print what was found and return the exit code."""
    if as_json:
        print_json(asdict(found))
        return 0 if found.passed else 1
    versions = ", ".join(f"{name} {version}" for name, version in found.versions.items())
    print(f"self-test of {shown(found.name)} onnx/{shown(found.variant)}: {'passed' if found.passed else 'FAILED'}")
    for reason in found.reasons:
        print(f"  failed          {shown(reason)}")
    print(f"  goldens         {found.goldens}, {found.label_changes} with another label")
    print(f"  max difference  {found.max_difference:.1e} against {shown(found.against)}, {found.tolerance:g} allowed")
    if found.against != "keras":
        print(f"  from Keras      {found.keras_difference:.1e}: eight-bit answers are judged by labels and accuracy")
    print(f"  photo to answer median {found.median_ms:g} ms, 95th percentile {found.p95_ms:g} ms")
    print(f"  loading         {found.load_ms:g} ms")
    print(f"  memory          {found.peak_bytes / 1e6:.0f} MB at the most")
    print(f"  versions        {versions}")
    return 0 if found.passed else 1


def _prepared(pack: Pack, model: Model, rows: list[ExpectedGolden]) -> tuple[list[Images], list[str]]:
    """Every golden as the model's input, and which of them are not the expected bytes."""
    images: list[Images] = []
    reasons: list[str] = []
    for row in rows:
        try:
            image = model.prepare(pack.read(row.path))
        except ImageError as exc:
            reasons.append(f"{row.path} cannot be read here: {exc.message}")
            image = np.zeros(pack.preprocessing.shape, np.uint8)
        else:
            if hashlib.sha256(image.tobytes()).hexdigest() != row.tensor_sha256:
                reasons.append(f"{row.path} becomes other input bytes here than Keras was given")
        images.append(image)
    return images, reasons


def _timed(pack: Pack, model: Model, rows: list[ExpectedGolden]) -> list[float]:
    """Milliseconds from a golden's bytes to its answer, each golden several times."""
    photos = [pack.read(row.path) for row in rows]
    times: list[float] = []
    for _ in range(_ROUNDS):
        for photo in photos:
            started = time.perf_counter()
            model.attempt(io.BytesIO(photo))
            times.append(1000 * (time.perf_counter() - started))
    return times


def _peak_bytes() -> int:
    """Peak resident memory of this process; 0 where nobody counts it."""
    try:
        # getrusage would count what the process that started this one held at that time.
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return 0


def _versions() -> dict[str, str]:
    import onnxruntime
    import PIL

    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "Pillow": PIL.__version__,
        "onnxruntime": str(onnxruntime.__version__),
        "machine": f"{platform.system()} {platform.machine()}",
    }


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")
