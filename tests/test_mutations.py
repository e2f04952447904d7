"""The tests are tested: each fault put into a copy of the project must make them fail."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Mutation:
    """One fault.

    Attributes:
        name: What is wrong.
        file: Where.
        good, bad: The text before and after.
        tests: What must notice it.
    """

    name: str
    file: str
    good: str
    bad: str
    tests: str


MUTATIONS = (
    Mutation(
        "another resize filter",
        "gemelo/preprocessing/resample.py",
        'Image.Resampling[job.filter.removeprefix("pillow-").upper()]',
        "Image.Resampling.BICUBIC",
        "tests/goldens/test_preprocessing_goldens.py",
    ),
    Mutation(
        "Pillow's own order of passes",
        "gemelo/preprocessing/resample.py",
        "whole = wide.resize((plan.to_width, plan.to_height), filter, (0, top, plan.to_width, bottom))",
        "window = (plan.left, plan.top, plan.left + plan.width, plan.top + plan.height)\n"
        "    whole = job.photo.whole().crop(window).resize((plan.to_width, plan.to_height), filter)",
        "tests/goldens/test_preprocessing_goldens.py",
    ),
    Mutation(
        "EXIF not looked at",
        "gemelo/preprocessing/upright.py",
        "return _TURNS.get(exif.get(0x0112))",
        "return None",
        "tests/goldens/test_preprocessing_goldens.py",
    ),
    Mutation(
        "labels in another order",
        "gemelo/classifier.py",
        "Prediction(self.labels[i]",
        "Prediction(self.labels[::-1][i]",
        "tests/core/test_classifier.py",
    ),
    Mutation(
        "labels inside not looked at",
        "gemelo/classifier.py",
        "session.labels != labels",
        "session.labels is labels",
        "tests/hostile/test_bundles.py",
    ),
    Mutation(
        "hashes not looked at",
        "gemelo/store/manifest.py",
        "if changed:",
        "if changed and False:",
        "tests/hostile/test_bundles.py",
    ),
    Mutation(
        "a wider gate",
        "gemelo/parity/gates.py",
        "1e-4 if deep else 1e-5",
        "1e-4 if deep else 1e-4",
        "tests/core/test_parity.py",
    ),
    Mutation(
        "label changes count where the reference was hardly sure",
        "gemelo/parity/gates.py",
        "DECISIVE = 0.2",
        "DECISIVE = 0.1",
        "tests/core/test_parity.py",
    ),
    Mutation(
        "goldens of quantized artifacts count like photos",
        "gemelo/parity/measure.py",
        "counts = ~golden if gate.quantized and photos else np.ones_like(golden)",
        "counts = np.ones_like(golden)",
        "tests/core/test_parity.py",
    ),
    Mutation(
        "a weight off by a thousandth",
        "exporters/inference.py",
        "[np.asarray(value, np.float32) for value in head.get_weights()]",
        "[np.asarray(value, np.float32) * 1.001 for value in head.get_weights()]",
        "tests/exporters/test_inference.py",
    ),
)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name.replace(" ", "-"))
def test_the_tests_notice(mutation: Mutation, project: Path, tmp_path: Path) -> None:
    for folder in ("gemelo", "trainer", "importers", "exporters", "tests"):
        shutil.copytree(project / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(project / "pyproject.toml", tmp_path)
    path = tmp_path / mutation.file
    text = path.read_text(encoding="utf-8")
    assert text.count(mutation.good) == 1, f"{mutation.good!r} is not in {mutation.file}, or more than once"
    path.write_text(text.replace(mutation.good, mutation.bad), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", mutation.tests]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout[-2000:]
    assert "1 failed" in done.stdout or "1 error" in done.stdout, done.stdout[-2000:]
