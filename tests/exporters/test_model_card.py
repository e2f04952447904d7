"""The model card in a bundle: its figures are the run's and the artifacts' own, and a name in it is only a name."""

from dataclasses import replace

import numpy as np
import pytest

from exporters import model_card
from exporters.export import Extras, export
from gemelo.errors import GemeloError
from gemelo.parity import verify
from gemelo.reports.statistics import percent
from gemelo.store.bundle import Bundle
from gemelo.store.manifest import TeacherFacts
from gemelo.store.reference import ReferenceImage, ReferenceOutputs
from gemelo.store.run import Run
from tests.support.cli import run_gemelo


@pytest.fixture(scope="module")
def about(tmp_path_factory):
    path = tmp_path_factory.mktemp("about") / "about.md"
    path.write_text("Drawings by a program. License: CC0.\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def bundle(run, about, tmp_path_factory) -> Bundle:
    out = tmp_path_factory.mktemp("card") / "bundle"
    return export(run.path, out, variants=["onnx/int8", "tfjs/fp16"], extras=Extras(layers=False, about=about)).bundle


def test_the_card_says_what_the_run_and_the_artifacts_say(bundle, run):
    text = bundle.file(model_card.FILE).read_text(encoding="utf-8")
    right = sum(int(image.probabilities.argmax()) == image.label for image in run.reference.test)
    assert f"**{percent(right / len(run.reference.test), 2)}** of {len(run.reference.test)} test photos" in text
    assert "Drawings by a program. License: CC0." in text
    for artifact in bundle.artifacts:
        assert f"| {artifact.name} | {artifact.bytes:,} |" in text
    for index, label in enumerate(run.labels):
        of_class = [image for image in run.reference.test if image.label == index]
        decided = [sum(int(image.probabilities.argmax()) == column for image in of_class) for column in (0, 1)]
        assert f"| {label} | {decided[0]} | {decided[1]} |" in text
    assert model_card.FILE in bundle.files


def test_kernels_of_8_bits_are_told(tmp_path, bundle, run):
    for bits, told in ((8, True), (32, False)):
        manifest = replace(run.manifest, training=replace(run.manifest.training, weight_bits=bits))
        model_card.write(tmp_path, manifest, run.reference, bundle.artifacts, verify(bundle.path), "x")
        assert ("on a grid of 8 bits" in (tmp_path / model_card.FILE).read_text(encoding="utf-8")) is told


def test_a_teacher_is_told_with_its_command(tmp_path, bundle, run):
    teacher = TeacherFacts("big", "compact", "ab" * 32)
    for row, told in ((replace(teacher, command="gemelo train PHOTOS --arch compact"), True), (teacher, False)):
        manifest = replace(run.manifest, training=replace(run.manifest.training, teachers=[row]))
        model_card.write(tmp_path, manifest, run.reference, bundle.artifacts, verify(bundle.path), "x")
        text = (tmp_path / model_card.FILE).read_text(encoding="utf-8")
        assert "It learned from a teacher, `compact` (sha256 abababababababab...)" in text
        assert ("made by\n\n```\ngemelo train PHOTOS --arch compact\n```" in text) is told


def test_variants_of_one_format_and_no_layers(bundle):
    assert [artifact.name for artifact in bundle.artifacts] == ["onnx/int8", "tfjs/fp16"]
    assert bundle.manifest.layers is None
    assert bundle.manifest.layers_reason == "this bundle was exported without its layers"
    assert not (bundle.path / "layers").exists()


def test_a_bundle_without_fp32_is_opened_at_its_most_exact(bundle):
    assert bundle.artifact("onnx").variant == "int8"
    done = run_gemelo("predict", bundle.path, bundle.file(bundle.reference.goldens[0].path))
    assert done.returncode == 0, done.stderr
    done = run_gemelo("predict", bundle.path, bundle.file(bundle.reference.goldens[0].path), "--format", "tflite")
    assert done.returncode == 2
    assert "there is: onnx/int8, tfjs/fp16" in done.stderr


def test_names_from_outside_are_only_text(tmp_path, bundle, run):
    answers = ReferenceImage("test/<img src=x>|`\n# x.png", "", "", np.array([0.9, 0.1], np.float32), 1)
    reference = ReferenceOutputs(run.labels, [], [answers])
    manifest = replace(run.manifest, name="a](http://b) <b>")
    model_card.write(tmp_path, manifest, reference, bundle.artifacts, verify(bundle.path), "x")
    text = (tmp_path / model_card.FILE).read_text(encoding="utf-8")
    assert "<img" not in text.replace("\\<img", "")
    assert "\n# x.png" not in text
    assert "a\\](http://b) \\<b\\>" in text


def test_the_confusions_of_many_classes_are_a_short_list():
    labels = [f"class {i}" for i in range(300)]
    one_hot = np.eye(300, dtype=np.float32)
    pairs = [(7, 9)] * 3 + [(9, 7)] * 2 + [(i, (i + 1) % 300) for i in range(300)]
    test = [ReferenceImage(f"{n}.png", "", "", one_hot[said], true) for n, (true, said) in enumerate(pairs)]
    lines = model_card._confusion(ReferenceOutputs(labels, [], test)).splitlines()
    assert lines[0] == "The 25 most frequent confusions:"
    assert lines[4] == "| class 7 | class 9 | 3 |"
    assert len(lines) == 29
    right = [ReferenceImage("a.png", "", "", one_hot[3], 3)]
    assert model_card._confusion(ReferenceOutputs(labels, [], right)) == "None."


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\xff\xfe\x00", "no UTF-8 text"), (b"a" * 70_000, "longer than 64 KiB"), (b"a\0b", "no text")],
    ids=["bytes", "long", "nul"],
)
def test_what_is_no_text_is_refused_before_anything_is_done(run, tmp_path, content, said):
    path = tmp_path / "about.md"
    path.write_bytes(content)
    done = run_gemelo("export", run.path, "--out", tmp_path / "x", "--about", path)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert not (tmp_path / "x").exists()


def test_a_missing_file_and_unknown_names_are_told(run, tmp_path):
    with pytest.raises(GemeloError, match=r"nowhere\.md: there is no such file"):
        export(run.path, tmp_path / "x", extras=Extras(about=tmp_path / "nowhere.md"))
    done = run_gemelo("export", run.path, "--out", tmp_path / "x", "--variants", "onnx/int4")
    assert done.returncode == 2
    assert "unknown variant 'onnx/int4'\n  there is: onnx/fp32" in done.stderr
    assert Run.open(run.path).manifest == run.manifest


def test_the_balanced_accuracy_stands_beside_it_where_classes_are_skewed() -> None:
    def seen(label: int, said: int) -> ReferenceImage:
        return ReferenceImage("x", "0" * 64, "0" * 64, np.eye(2, dtype=np.float32)[said], label)

    skewed = ReferenceOutputs(["a", "b"], [], [seen(0, 0)] * 9 + [seen(1, 0)])
    assert "**90.00\u00a0%** of 10 test photos" in model_card._accuracy(skewed)
    assert "**50.00\u00a0%** (balanced accuracy)" in model_card._accuracy(skewed)
    assert "copies" not in model_card._accuracy(skewed)
    assert "3 of them are copies of training photos" in model_card._accuracy(skewed, 3)
    assert "balanced" not in model_card._accuracy(ReferenceOutputs(["a", "b"], [], [seen(0, 0)] * 5 + [seen(1, 0)] * 4))
