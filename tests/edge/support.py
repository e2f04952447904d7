"""A tiny bundle with three ONNX variants, and a pack's program run as on a device."""

import atexit
import importlib.util
import os
import shutil
import subprocess
import tempfile
import venv
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from gemelo.parity import Trial, goldens, measure
from gemelo.store.bundle import Artifact, Bundle
from gemelo.store.files import read_json
from tests.support.bundles import WEIGHTS, make_bundle, reseal, write_onnx

VARIANTS = {"fp32": 0.0, "fp16": 2e-3, "int8": 0.2}


def make_variants(root: Path, name: str = "tiny", **more: Any) -> Bundle:
    """The tiny bundle with two variants more, whose weights are a little off, as rounding makes them.

    Args:
        root: Where it goes.
        name: What it is called.
        more: Other fields of its manifest.
    """
    bundle = make_bundle(root)
    artifacts = []
    for variant, off in VARIANTS.items():
        write_onnx(root / "onnx" / f"{variant}.onnx", WEIGHTS * (1 + off))
        artifacts.append(Artifact.of(root, "onnx", variant, f"onnx/{variant}.onnx"))
    trial = Trial(root, name, artifacts, bundle.preprocessing, bundle.labels, 0, goldens(root, bundle.reference))
    report = measure(trial)
    assert report.passed, [artifact.reasons for artifact in report.artifacts]
    report.save(root / "parity.json", root / "parity.html")
    rows = zip(artifacts, report.artifacts, strict=True)
    return reseal(bundle, name=name, artifacts=[replace(a, parity=row.summary()) for a, row in rows], **more)


@cache
def device_python() -> str:
    """A Python that has numpy, Pillow and onnxruntime, and nothing else."""
    root = Path(tempfile.mkdtemp(prefix="gemelo-device-"))
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    venv.create(root, symlinks=True)
    [packages] = root.glob("lib/python*/site-packages")
    for name in ("numpy", "PIL", "onnxruntime"):
        source = Path(importlib.util.find_spec(name).origin).parent  # type: ignore[union-attr, arg-type]
        for folder in (source, *source.parent.glob(f"{'pillow' if name == 'PIL' else name}.libs")):
            (packages / folder.name).symlink_to(folder)
    return str(root / "bin" / "python")


def classify(
    pack: Path, *arguments: str | Path, path: str | None = None, timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run a pack's program as its service does, where no gemelo but the pack's own is in reach.

    Args:
        pack: Its folder.
        arguments: Of the command line.
        path: Where programs are looked for; None leaves it as it is.
        timeout: Seconds.
    """
    environment = {**os.environ, "NO_COLOR": "1", **({} if path is None else {"PATH": path})}
    return subprocess.run(
        [device_python(), "-I", str(pack / "classify.py"), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env=environment,
    )


def hashes(pack: Path) -> dict[str, str]:
    """What pack.json says of the pack's files."""
    return {name: row["sha256"] for name, row in read_json(pack / "pack.json")["files"].items()}
