"""Gates, flips and blame."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gemelo.bundle import Artefact, Bundle
from gemelo.parity import Trial, gate_for, goldens, measure
from gemelo.parity.measure import gate_reasons
from gemelo.parity.subjects import folder
from tests.support.bundles import LABELS, WEIGHTS, make_bundle, write_onnx


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_bundle(tmp_path_factory.mktemp("parity") / "tiny")


def trial_of(bundle: Bundle, root: Path | None = None, **change: object) -> Trial:
    root = root or bundle.path
    artefacts = [replace(artefact, parity={}) for artefact in bundle.artefacts]
    subjects = goldens(root, bundle.recorded)
    return replace(Trial(root, "tiny", artefacts, bundle.contract, LABELS, 0, subjects), **change)


@pytest.mark.parametrize(
    ("variant", "convolutions", "difference", "flips", "images", "drop", "passes"),
    [
        ("fp32", 4, 1e-5, 0, 2000, 0.0, True),
        ("fp32", 4, 1.01e-5, 0, 2000, 0.0, False),
        ("fp32", 4, 1e-7, 1, 2000, 0.0, False),
        ("fp32", 21, 9e-5, 0, 2000, 0.0, True),
        ("fp32", 20, 9e-5, 0, 2000, 0.0, False),
        ("fp16", 4, 1e-2, 2, 2000, 0.0, True),
        ("fp16", 4, 1e-3, 3, 2000, 0.0, False),
        ("fp16", 4, 1.1e-2, 0, 2000, 0.0, False),
        ("fp16", 20, 4e-2, 0, 2000, 0.0, False),
        ("fp16", 21, 4e-2, 2, 2000, 0.0, True),
        ("fp16", 21, 5.1e-2, 0, 2000, 0.0, False),
        ("int8", 4, 0.3, 20, 2000, 0.5, True),
        ("int8", 4, 0.3, 21, 2000, 0.5, False),
        ("int8-dynamic", 4, 0.3, 0, 2000, 0.51, False),
        ("uint8", 4, 0.3, 1, 24, None, True),
        ("uint8", 4, 0.3, 2, 24, None, False),
    ],
)
def test_gates(
    variant: str, convolutions: int, difference: float, flips: int, images: int, drop: float | None, passes: bool
) -> None:
    reasons = gate_reasons(gate_for(variant, convolutions), difference, flips, images, drop)
    assert (not reasons) == passes, reasons


def test_the_faithful_twin_passes(bundle: Bundle) -> None:
    report = measure(trial_of(bundle))
    assert report.passed
    assert report.goldens == 24
    assert report.artefacts[0].max_abs_difference < 1e-6
    assert report.artefacts[0].flips == []


def test_other_input_bytes_are_the_contract_s_fault(bundle: Bundle) -> None:
    subjects = [replace(s, tensor_sha256="0" * 64) for s in goldens(bundle.path, bundle.recorded)]
    result = measure(trial_of(bundle, subjects=subjects)).artefacts[0]
    assert not result.passed
    assert "other input bytes" in result.reasons[0]
    assert result.blame is not None
    assert result.blame.culprit == "contract"
    assert result.blame.contract == 24


def test_flips_are_named_with_their_margins(bundle: Bundle, tmp_path: Path) -> None:
    root = Path(shutil.copytree(bundle.path, tmp_path / "tiny"))
    write_onnx(root / "onnx" / "fp32.onnx", np.ascontiguousarray(WEIGHTS[:, ::-1]))
    result = measure(trial_of(bundle, root)).artefacts[0]
    assert not result.passed
    assert len(result.flips) > 12
    first = result.flips[0]
    assert first.expected != first.answered
    assert first.margin == max(flip.margin for flip in result.flips)
    assert result.top1_agreement == 1 - len(result.flips) / 24
    assert result.blame is not None
    assert result.blame.culprit == "conversion"


def test_a_quantised_twin_is_blamed_on_quantisation(bundle: Bundle, tmp_path: Path) -> None:
    root = Path(shutil.copytree(bundle.path, tmp_path / "tiny"))
    write_onnx(root / "onnx" / "int8.onnx", WEIGHTS * np.array([1.02, 1], np.float32))
    artefacts = [*bundle.artefacts, Artefact.of(root, "onnx", "int8", "onnx/int8.onnx")]
    result = measure(trial_of(bundle, root, artefacts=artefacts)).artefacts[1]
    assert result.blame is not None
    assert result.blame.culprit == "quantisation"
    assert result.blame.quantisation == pytest.approx(result.max_abs_difference, rel=0.01)


def test_on_goldens_alone_a_quantised_twin_is_held_to_its_sealed_answers(bundle: Bundle, tmp_path: Path) -> None:
    root = Path(shutil.copytree(bundle.path, tmp_path / "tiny"))
    write_onnx(root / "onnx" / "int8.onnx", np.ascontiguousarray(WEIGHTS[:, ::-1]))
    artefacts = [Artefact.of(root, "onnx", "int8", "onnx/int8.onnx")]
    first = measure(trial_of(bundle, root, artefacts=artefacts)).artefacts[0]
    assert not first.passed
    same = measure(trial_of(bundle, root, artefacts=artefacts, sealed={"onnx/int8": first.goldens})).artefacts[0]
    assert same.passed
    other = [[p + 0.02, 1 - p - 0.02] for p, _ in first.goldens]
    moved = measure(trial_of(bundle, root, artefacts=artefacts, sealed={"onnx/int8": other})).artefacts[0]
    assert "when it was sealed" in moved.reasons[0]


def test_the_page_names_what_failed(bundle: Bundle, tmp_path: Path) -> None:
    root = Path(shutil.copytree(bundle.path, tmp_path / "tiny"))
    write_onnx(root / "onnx" / "fp32.onnx", np.ascontiguousarray(WEIGHTS[:, ::-1]))
    measure(trial_of(bundle, root)).save(tmp_path / "p.json", tmp_path / "p.html")
    html = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert "a gate failed" in html
    assert "Flips: images whose label changed" in html
    assert "golden-00" in html


def test_a_photo_that_keras_read_and_this_machine_cannot_is_no_pass(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"")
    first, *others = goldens(bundle.path, bundle.recorded)
    result = measure(trial_of(bundle, subjects=[replace(first, source=tmp_path / "x.png"), *others])).artefacts[0]
    assert not result.passed
    assert "1 images cannot be read" in result.reasons[0]


def test_photos_of_a_folder_are_told_by_their_bytes(bundle: Bundle, tmp_path: Path) -> None:
    golden = bundle.file(bundle.recorded.goldens[0].path).read_bytes()
    for name in ("photo", "photo.jfif", "@eaDir/photo.png", "__MACOSX/photo.png", "._photo.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(golden)
    (tmp_path / "notes.txt").write_text("no photo")
    found, notes = folder(bundle.recorded, tmp_path)
    assert [subject.name for subject in found] == ["photo", "photo.jfif"]
    assert notes == [f"{tmp_path}: passed over 1: .txt"]
