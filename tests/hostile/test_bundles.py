"""Every damaged bundle is refused with its own error, in Python and on the command line."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

import gemelo
from gemelo import errors
from gemelo.store.bundle import Artifact, write_bundle
from tests.hostile.bundles import HOSTILE_BUNDLES, HostileBundle
from tests.support.bundles import LABELS, WEIGHTS, make_bundle, write_onnx
from tests.support.cli import run_gemelo


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("whole") / "tiny").path


@pytest.fixture
def bundle(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "tiny"))


def test_the_bundle_is_fine_before_it_is_damaged(bundle: Path) -> None:
    assert gemelo.verify(bundle).passed
    assert run_gemelo("verify", bundle).returncode == 0


@pytest.mark.parametrize("row", HOSTILE_BUNDLES, ids=lambda row: row.name.replace(" ", "-"))
def test_a_damaged_bundle_is_refused(row: HostileBundle, bundle: Path) -> None:
    row.damage(bundle)
    with pytest.raises(errors.GemeloError, match=row.words) as caught:
        gemelo.load(bundle)
    assert type(caught.value).__name__ == row.error
    assert caught.value.exit_code == row.exit_code
    with pytest.raises(errors.GemeloError):
        gemelo.verify(bundle)


def test_the_command_line_says_the_same_without_a_traceback(bundle: Path) -> None:
    (bundle / "labels.txt").write_text("cats\ncows\n")
    for command in (["verify", bundle], ["predict", bundle, bundle / "goldens"], ["info", bundle]):
        done = run_gemelo(*command)
        assert done.returncode == 1
        assert "labels.txt" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_rehashed_artifact_with_other_labels_inside_is_refused(tmp_path: Path) -> None:
    root = (bundle := make_bundle(tmp_path / "tiny")).path
    write_onnx(root / "onnx" / "fp32.onnx", WEIGHTS, LABELS[::-1])
    write_bundle(root, replace(bundle.manifest, artifacts=[Artifact.of(root, "onnx", "fp32", "onnx/fp32.onnx")]))
    with pytest.raises(errors.LabelMismatchError, match="its labels"):
        gemelo.load(root)


def test_a_rehashed_artifact_with_another_weight_fails_its_gate(tmp_path: Path) -> None:
    root = (bundle := make_bundle(tmp_path / "tiny")).path
    write_onnx(root / "onnx" / "fp32.onnx", WEIGHTS * 1.01)
    write_bundle(root, replace(bundle.manifest, artifacts=[Artifact.of(root, "onnx", "fp32", "onnx/fp32.onnx")]))
    report = gemelo.verify(root)
    assert not report.passed
    assert "a probability differs by" in report.artifacts[0].reasons[0]
    assert report.artifacts[0].attribution is not None
    assert report.artifacts[0].attribution.culprit == "conversion"
    assert run_gemelo("verify", root).returncode == 1
