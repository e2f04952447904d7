"""Gates, label changes and attribution."""

import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gemelo.errors import RuntimeFailure, SchemaError, StorageError, UsageError
from gemelo.parity import Gates, ParityReport, Trial, gate_for, goldens, measure
from gemelo.parity.compare import Comparison
from gemelo.parity.gates import excesses, parse_gates
from gemelo.parity.subjects import Subject, folder
from gemelo.parity.summary import proved
from gemelo.reports.photos import MOST
from gemelo.store.bundle import Artifact, Bundle, read_bundle_manifest
from gemelo.store.schema import as_json
from tests.support.bundles import LABELS, WEIGHTS, make_bundle, write_onnx


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return make_bundle(tmp_path_factory.mktemp("parity") / "tiny")


def trial_of(bundle: Bundle, root: Path | None = None, **change: object) -> Trial:
    root = root or bundle.path
    artifacts = [replace(artifact, parity={}) for artifact in bundle.artifacts]
    subjects = goldens(root, bundle.reference)
    return replace(Trial(root, "tiny", artifacts, bundle.preprocessing, LABELS, 0, subjects), **change)


def compared(difference: float, margins: list[float], images: int) -> Comparison:
    """So many images, all of them `difference` off; the first ones changed their label, at these margins."""
    changed = np.arange(images) < len(margins)
    sure = np.array([*margins, *[0.9] * (images - len(margins))], np.float32)
    return Comparison(np.full(images, difference), sure, changed)


@pytest.mark.parametrize(
    ("variant", "convolutions", "difference", "margins", "images", "drop", "key"),
    [
        ("fp32", 4, 1e-5, [], 2000, 0.0, None),
        ("fp32", 4, 1.01e-5, [], 2000, 0.0, "difference"),
        ("fp32", 4, float("nan"), [], 2000, 0.0, "difference"),
        ("fp32", 4, 1e-7, [1.9e-5], 2000, 0.0, None),
        ("fp32", 4, 1e-7, [2.1e-5], 2000, 0.0, "changes"),
        ("fp32", 21, 9e-5, [1.9e-4], 2000, 0.0, None),
        ("fp32", 20, 9e-5, [], 2000, 0.0, "difference"),
        ("fp16", 4, 1e-2, [0.0096, 0.0021, 0.0], 529, 0.6, None),
        ("fp16", 4, 1.1e-2, [], 2000, 0.0, "difference"),
        ("fp16", 20, 4e-2, [], 2000, 0.0, "difference"),
        ("fp16", 21, 4e-2, [0.01] * 9, 2000, 0.0, None),
        ("fp16", 21, 5.1e-2, [], 2000, 0.0, "difference"),
        ("int8", 4, 0.3, [0.19] * 100 + [0.21] * 10, 2000, 0.5, None),
        ("int8", 4, 0.3, [0.21] * 11, 2000, 0.5, "changes"),
        ("int8-dynamic", 4, 0.3, [], 2000, 0.51, "drop"),
        ("uint8", 4, 0.3, [0.9], 24, 100 / 24, None),
        ("uint8", 4, 0.3, [0.9], 24, 200 / 24, "drop"),
        ("uint8", 4, 0.3, [0.9, 0.3], 24, None, "changes"),
    ],
)
def test_gates(
    variant: str,
    convolutions: int,
    difference: float,
    margins: list[float],
    images: int,
    drop: float | None,
    key: str | None,
) -> None:
    found = compared(difference, margins, images)
    wrong = excesses(gate_for(variant, convolutions), found, drop=drop, labeled=images)
    assert [excess.key for excess in wrong] == ([] if key is None else [key])


def test_a_reason_names_the_photos_and_their_margins() -> None:
    names = [f"{i}.jpg" for i in range(100)]
    [excess] = excesses(gate_for("int8", 0), compared(0.4, [0.3, 0.8, 0.5, 0.1, 0.4], 100), names)
    assert excess.reason == (
        "4 of 100 labels changed where the reference's margin is over 0.2, at most 1 allowed: "
        "1.jpg (margin 0.80), 2.jpg (margin 0.50), 4.jpg (margin 0.40), 1 more"
    )
    off = replace(compared(1e-7, [], 3), differences=np.array([0, 3e-4, 0]))
    [excess] = excesses(gate_for("fp32", 0), off, names)
    assert excess.reason == "a probability differs by 0.0003 on 1.jpg (margin 0.90), at most 1e-05 allowed"


def test_a_drop_in_accuracy_names_the_photos_that_are_no_longer_right() -> None:
    names, found = [f"{i}.jpg" for i in range(400)], compared(0.4, [0.1, 0.15, 0.05, 0.19, 0.12], 400)
    [excess] = excesses(gate_for("int8", 0), found, names, drop=1.0, labeled=400, lost=[0, 1, 3, 4])
    assert excess.reason == (
        "accuracy drops by 1.00 points (4 of 400 photos), at most 0.5 allowed; no longer right: "
        "3.jpg (margin 0.19), 1.jpg (margin 0.15), 4.jpg (margin 0.12), 1 more"
    )


@pytest.mark.parametrize("variant", ["fp32", "fp16", "int8"])
def test_the_limit_that_is_advised_is_enough(variant: str) -> None:
    found = compared(0.0347, [0.9] * 7, 300)
    wrong = excesses(gate_for(variant, 0), found, drop=2.34, labeled=300)
    assert wrong
    advised = gate_for(variant, 0).with_limits({excess.key: excess.needed for excess in wrong})
    assert excesses(advised, found, drop=2.34, labeled=300) == []
    assert advised.by_hand
    assert "set by hand" in advised.reason


def test_a_limit_for_one_format_comes_before_one_for_all() -> None:
    gates = Gates(0, parse_gates(["int8:drop=1.5,changes=0", "onnx/int8:drop=2"], []))
    assert (gates.of("onnx", "int8").max_accuracy_drop, gates.of("onnx", "int8").max_changes) == (2.0, 0.0)
    assert gates.of("onnx", "int8").allowed_changes(24) == 0, "a limit of 0 allows no photo"
    assert gates.of("tflite", "int8").max_accuracy_drop == 1.5
    assert gates.of("tflite", "fp32") == gate_for("fp32", 0)


@pytest.mark.parametrize(
    "text",
    [
        *("", "int8", "int8:", "int8:drop", "int8:drop=", "int8:drop=x", "int8:drop=nan", "int8:drop=-1"),
        *("int8:drop=101", "int8:dorp=1", ":drop=1", "int8:drop=1,", "int4:drop=1", "fp32:difference=inf"),
    ],
)
def test_a_gate_that_cannot_be_read(text: str) -> None:
    with pytest.raises(UsageError, match="--gate") as caught:
        parse_gates([text, "int8:drop=1"], ["int8", "fp32"])
    assert "int8:drop=1.5" in str(caught.value)


@pytest.mark.parametrize(
    "gates", [[], 7, {"int8": 1}, {"int8": {"drop": "1"}}, {"int8": {"drop": -1}}, {"x": {"y": 1}}]
)
def test_gates_of_a_manifest_that_are_none(bundle: Bundle, gates: object) -> None:
    value = {**as_json(bundle.manifest), "gates": gates}
    with pytest.raises(SchemaError, match="gates"):
        read_bundle_manifest(value, bundle.path / "manifest.json")


def test_the_faithful_artifact_passes(bundle: Bundle) -> None:
    report = measure(trial_of(bundle))
    assert report.passed
    assert report.goldens == 24
    assert report.artifacts[0].max_abs_difference < 1e-6
    assert report.artifacts[0].label_changes == []


def test_other_input_bytes_are_the_preprocessing_s_fault(bundle: Bundle) -> None:
    subjects = [replace(s, tensor_sha256="0" * 64) for s in goldens(bundle.path, bundle.reference)]
    result = measure(trial_of(bundle, subjects=subjects)).artifacts[0]
    assert not result.passed
    assert "other input bytes" in result.reasons[0]
    assert result.attribution is not None
    assert result.attribution.culprit == "preprocessing"
    assert result.attribution.preprocessing == 24


def test_label_changes_are_named_with_their_margins(bundle: Bundle, tmp_path: Path) -> None:
    root = Path(shutil.copytree(bundle.path, tmp_path / "tiny"))
    write_onnx(root / "onnx" / "fp32.onnx", np.ascontiguousarray(WEIGHTS[:, ::-1]))
    result = measure(trial_of(bundle, root)).artifacts[0]
    assert not result.passed
    assert len(result.label_changes) > 12
    first = result.label_changes[0]
    assert first.expected != first.answered
    assert first.margin == max(change.margin for change in result.label_changes)
    assert result.top1_agreement == 1 - len(result.label_changes) / 24
    assert result.attribution is not None
    assert result.attribution.culprit == "conversion"


def test_a_quantized_artifact_is_attributed_to_quantization(bundle: Bundle, tmp_path: Path) -> None:
    root = Path(shutil.copytree(bundle.path, tmp_path / "tiny"))
    write_onnx(root / "onnx" / "int8.onnx", WEIGHTS * np.array([1.02, 1], np.float32))
    artifacts = [*bundle.artifacts, Artifact.of(root, "onnx", "int8", "onnx/int8.onnx")]
    assert measure(trial_of(bundle, root, artifacts=artifacts)).artifacts[1].attribution is None, "nobody asked for it"
    result = measure(trial_of(bundle, root, artifacts=artifacts, attribution=True)).artifacts[1]
    assert result.attribution is not None
    assert result.attribution.culprit == "quantization"
    assert result.attribution.quantization == pytest.approx(result.max_abs_difference, rel=0.01)


def photos_of(bundle: Bundle) -> list[Subject]:
    """The goldens again, as photos."""
    return [replace(subject, golden=False, label=0) for subject in goldens(bundle.path, bundle.reference)]


def test_of_a_quantized_artifact_photos_count_and_goldens_are_reported_apart(bundle: Bundle, tmp_path: Path) -> None:
    root = Path(shutil.copytree(bundle.path, tmp_path / "tiny"))
    write_onnx(root / "onnx" / "int8.onnx", np.ascontiguousarray(WEIGHTS[:, ::-1]))
    artifact = Artifact.of(root, "onnx", "int8", "onnx/int8.onnx")
    drawn = goldens(root, bundle.reference)
    [fewest] = [s for s in photos_of(bundle) if s.name == drawn[0].name]
    fewest = replace(fewest, expected=fewest.expected[::-1].copy())  # the one photo on which both agree
    result = measure(trial_of(bundle, root, artifacts=[artifact], subjects=[*drawn, fewest])).artifacts[0]
    assert result.passed, result.reasons
    assert (result.counted, result.changes, result.decisive, result.photos) == (1, 0, 0, 1)
    assert result.golden_changes > 12
    wrong = measure(trial_of(bundle, root, artifacts=[artifact], subjects=[*drawn, *photos_of(bundle)])).artifacts[0]
    assert not wrong.passed
    assert wrong.counted == 24
    assert "changes" in wrong.needed


def test_one_runtime_that_stops_does_not_stop_the_others(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    module = sys.modules["gemelo.parity.answering"]
    honest = module.run_session

    def run(session: object, images: object, artifact: Artifact) -> object:
        if artifact.variant == "int8":
            raise RuntimeFailure("no such operator", hint="another backend has it")
        return honest(session, images, artifact)

    monkeypatch.setattr(module, "run_session", run)
    artifacts = [*bundle.artifacts, replace(bundle.artifacts[0], variant="int8")]
    report = measure(trial_of(bundle, artifacts=artifacts))
    assert [result.name for result in report.artifacts] == ["onnx/fp32"]
    [failure] = report.failures
    assert (failure.name, failure.stage, failure.reasons) == ("onnx/int8", "runtime", ["no such operator"])
    assert not report.passed
    assert failure.help == "another backend has it"


def test_few_artifacts_are_open_at_once_and_none_at_the_end(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    module, opened, counts = sys.modules["gemelo.parity.answering"], list[object](), list[int]()
    honest = module.open_session

    def open_counted(*args: object, **options: object) -> object:
        session = honest(*args, **options)
        close = session.close
        session.close = lambda: (opened.remove(session), close())
        opened.append(session)
        counts.append(len(opened))
        return session

    monkeypatch.setattr(module, "open_session", open_counted)
    artifacts = [replace(bundle.artifacts[0], variant=f"copy{i}") for i in range(8)]
    report = measure(trial_of(bundle, artifacts=artifacts))
    assert [result.variant for result in report.artifacts] == [f"copy{i}" for i in range(8)]
    assert len({str(result.goldens) for result in report.artifacts}) == 1
    assert len(counts) == 8
    assert max(counts) <= module._MOST_AT_ONCE
    assert opened == []


def test_no_room_for_the_prepared_photos(bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: open("/dev/full", "r+b"))  # noqa: SIM115
    with pytest.raises(StorageError, match="No space left on device") as caught:
        measure(trial_of(bundle))
    assert "TMPDIR" in str(caught.value.hint)


def test_the_end_says_in_a_sentence_what_was_proved(bundle: Bundle) -> None:
    report = measure(trial_of(bundle, subjects=[*goldens(bundle.path, bundle.reference), *photos_of(bundle)]))
    [fp32] = [replace(result, max_abs_difference=3e-7) for result in report.artifacts]
    int8 = replace(
        fp32, variant="int8", gate=gate_for("int8", 0), counted=24, label_changes=fp32.label_changes, accuracy_drop=0.25
    )
    both = replace(report, artifacts=[fp32, int8])
    assert proved(both) == (
        "Proved on 24 goldens and 24 photos: onnx/fp32 gives Keras's probabilities to 3.0e-07, and every label; "
        "onnx/int8 keeps at least 24 of 24 labels and loses at most 0.25 points of accuracy."
    )
    assert proved(ParityReport("x", LABELS, None, 24, 0, 0, [])) == "Nothing was proved on 24 goldens."


def test_on_goldens_alone_a_quantized_artifact_is_held_to_its_expected_outputs(bundle: Bundle, tmp_path: Path) -> None:
    root = Path(shutil.copytree(bundle.path, tmp_path / "tiny"))
    write_onnx(root / "onnx" / "int8.onnx", np.ascontiguousarray(WEIGHTS[:, ::-1]))
    artifacts = [Artifact.of(root, "onnx", "int8", "onnx/int8.onnx")]
    first = measure(trial_of(bundle, root, artifacts=artifacts)).artifacts[0]
    assert not first.passed
    same = measure(
        trial_of(bundle, root, artifacts=artifacts, expected_outputs={"onnx/int8": first.goldens})
    ).artifacts[0]
    assert same.passed
    other = [[p + 0.02, 1 - p - 0.02] for p, _ in first.goldens]
    moved = measure(trial_of(bundle, root, artifacts=artifacts, expected_outputs={"onnx/int8": other})).artifacts[0]
    assert "when it was written" in moved.reasons[0]


def test_the_page_names_what_failed(bundle: Bundle, tmp_path: Path) -> None:
    root = Path(shutil.copytree(bundle.path, tmp_path / "tiny"))
    write_onnx(root / "onnx" / "fp32.onnx", np.ascontiguousarray(WEIGHTS[:, ::-1]))
    measure(trial_of(bundle, root)).save(tmp_path / "p.json", tmp_path / "p.html")
    html = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert "artifacts failed" in html
    assert "Images whose label changed" in html
    assert "golden-00" in html


def test_photos_whose_label_changed_are_shown_where_that_is_wanted(bundle: Bundle, tmp_path: Path) -> None:
    root = Path(shutil.copytree(bundle.path, tmp_path / "tiny"))
    write_onnx(root / "onnx" / "fp32.onnx", np.ascontiguousarray(WEIGHTS[:, ::-1]))
    photos = [replace(subject, name=f"photo {i}.png") for i, subject in enumerate(2 * photos_of(bundle))]
    trial = trial_of(bundle, root, subjects=[*goldens(root, bundle.reference), *photos])
    shown = measure(replace(trial, pictures=True))
    assert len(shown.changed_images) > len(shown.pictures) == MOST == shown.photos_shown
    assert [image.golden for image in shown.changed_images] == sorted(image.golden for image in shown.changed_images)
    shown.save(tmp_path / "p.json", tmp_path / "p.html")
    assert "data:image" not in (tmp_path / "p.json").read_text(encoding="utf-8")
    html = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert html.count("data:image/webp;base64,") == html.count("data-own") == MOST
    assert f"{len(shown.changed_images) - MOST} more are in parity.json" in html
    hidden = measure(trial)
    assert (hidden.pictures, hidden.photos_shown) == ({}, 0)
    hidden.save(tmp_path / "p.json", tmp_path / "p.html")
    assert "data:image" not in (tmp_path / "p.html").read_text(encoding="utf-8")


def test_goldens_are_shown_too_and_are_nobodys_photos(bundle: Bundle, tmp_path: Path) -> None:
    root = Path(shutil.copytree(bundle.path, tmp_path / "tiny"))
    write_onnx(root / "onnx" / "fp32.onnx", np.ascontiguousarray(WEIGHTS[:, ::-1]))
    report = measure(trial_of(bundle, root, pictures=True))
    report.save(tmp_path / "p.json", tmp_path / "p.html")
    html = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert html.count("data:image/webp;base64,") == min(MOST, len(report.changed_images))
    assert "data-own" not in html


def test_a_photo_that_keras_read_and_this_machine_cannot_is_no_pass(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"")
    first, *others = goldens(bundle.path, bundle.reference)
    result = measure(trial_of(bundle, subjects=[replace(first, source=tmp_path / "x.png"), *others])).artifacts[0]
    assert not result.passed
    assert "1 images cannot be read" in result.reasons[0]


def test_photos_of_a_folder_are_told_by_their_bytes(bundle: Bundle, tmp_path: Path) -> None:
    golden = bundle.file(bundle.reference.goldens[0].path).read_bytes()
    for name in ("photo", "photo.jfif", "@eaDir/photo.png", "__MACOSX/photo.png", "._photo.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(golden)
    (tmp_path / "notes.txt").write_text("no photo")
    found, notes = folder(bundle.reference, tmp_path)
    assert [subject.name for subject in found] == ["photo", "photo.jfif"]
    assert notes == [f"{tmp_path}: passed over 1: .txt"]
