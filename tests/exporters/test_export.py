"""A run becomes a bundle: whole and verified, or not at all."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from exporters import export as exporting
from exporters.export import Extras, Terms, export
from gemelo import cli, parity
from gemelo.cli import export as _  # noqa: F401  # registers the command
from gemelo.errors import (
    ExportError,
    LabelMismatchError,
    NotFoundError,
    ParityError,
    RuntimeFailure,
    TamperedFileError,
    UnknownNameError,
    UsageError,
)
from gemelo.store.bundle import Bundle
from gemelo.store.files import describe_files, read_json, sha256_file, write_json
from gemelo.store.layers import Layers
from gemelo.store.schema import as_json
from gemelo.webpage.content import collect_goldens, page_content
from tests.exporters import networks
from tests.support.older import make_older


@pytest.fixture(scope="module")
def whole(run, tmp_path_factory):
    """The run exported to everything there is."""
    return export(run.path, tmp_path_factory.mktemp("bundles") / "whole", every=True)


def contents(root: Path) -> dict[str, str]:
    return {path: row.sha256 for path, row in describe_files(root).items()}


def fail(monkeypatch, *names: str) -> None:
    """Let these artifacts fail their gates."""
    measure = parity.measure

    def failing(trial, progress, answering=None):
        report = measure(trial, progress, answering)
        bad = {"passed": False, "reasons": ["far off"], "needed": {"drop": 1.3}}
        rows = [replace(r, **bad) if r.name in names else r for r in report.artifacts]
        return replace(report, artifacts=rows)

    monkeypatch.setattr(exporting.parity, "measure", failing)


def test_everything_is_in_it_and_passed(whole, run):
    bundle = Bundle.open(whole.bundle.path)
    assert [artifact.name for artifact in bundle.artifacts] == [
        *("onnx/fp32", "onnx/fp16", "onnx/int8", "tfjs/fp32", "tfjs/fp16", "tfjs/uint8"),
        *("tflite/fp32", "tflite/fp16", "tflite/int8", "tflite/int8-dynamic"),
    ]
    assert whole.report.passed
    assert (whole.report.goldens, whole.report.photos) == (len(run.reference.goldens), 6)
    for artifact in bundle.artifacts:
        assert artifact.parity.passed
        assert artifact.parity.images == len(run.reference.goldens) + 6
    fp32 = [a.parity.max_abs_difference for a in bundle.artifacts if a.variant == "fp32"]
    assert max(fp32) <= 1e-5
    head, *chosen = bundle.manifest.notes
    assert head == "the one-unit sigmoid head expanded to two columns, [1 - p, p]"
    for note, name in zip(chosen, ("onnx", "tflite"), strict=True):
        table = read_json(bundle.file(f"{name}/quantization.json"))
        [taken] = [row["scheme"] for row in table["candidates"] if row["chosen"]]
        assert note.startswith(f"{name}/int8: {taken}; chosen from {len(table['candidates'])} ways")
        assert f"**{taken}**" in bundle.file("README.md").read_text(encoding="utf-8")
    assert bundle.manifest.left_out == []


def test_the_bundle_verifies_without_the_run(whole):
    assert parity.verify(whole.bundle.path).passed


def test_the_same_run_twice_gives_the_same_bytes(whole, run, tmp_path):
    export(run.path, tmp_path / "other-name", every=True)
    assert contents(tmp_path / "other-name") == contents(whole.bundle.path)
    assert sha256_file(tmp_path / "other-name" / "manifest.json") == sha256_file(whole.bundle.path / "manifest.json")


def test_no_trace_of_this_machine(whole, run, data):
    for path in whole.bundle.path.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            for place in (run.path.parent, data, Path.home() / "x"):
                assert str(place).encode() not in content, path


def test_some_formats_and_variants(run, tmp_path):
    result = export(run.path, tmp_path / "some", ["onnx"], ["fp32", "fp16"])
    assert [artifact.name for artifact in result.bundle.artifacts] == ["onnx/fp32", "onnx/fp16"]
    assert sorted(path.name for path in result.bundle.path.iterdir()) == [
        *("README.md", "goldens", "labels.txt", "layers", "manifest.json", "onnx"),
        *("parity.html", "parity.json", "reference.json", "reference.npy"),
    ]


def test_all_wrong_names_are_told_at_once(run, tmp_path):
    with pytest.raises(UsageError) as caught:
        export(run.path, tmp_path / "x", ["onnx", "pmml", "coreml"], ["fp32", "int4"])
    assert "unknown format 'pmml'; unknown format 'coreml'; unknown variant 'int4'" in str(caught.value)
    assert "onnx, tfjs, tflite" in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_wrong_name_before_a_wrong_run(tmp_path):
    with pytest.raises(UnknownNameError, match="int4"):
        export(tmp_path / "no-run", tmp_path / "x", None, ["int4"])


@pytest.mark.parametrize(("formats", "variants"), [([], None), (["onnx"], [])])
def test_nothing_to_export(run, tmp_path, formats, variants):
    with pytest.raises(UsageError, match="nothing to export"):
        export(run.path, tmp_path / "x", formats, variants)


def test_a_folder_that_is_no_bundle_is_not_touched(run, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "diary.txt").write_text("dear diary", encoding="utf-8")
    with pytest.raises(UsageError, match="no bundle is there already"):
        export(run.path, tmp_path / "mine", ["onnx"])
    assert (tmp_path / "mine" / "diary.txt").read_text(encoding="utf-8") == "dear diary"


@pytest.mark.parametrize("place", [".", ".."])
def test_a_run_is_not_overwritten(run, place):
    with pytest.raises(UsageError, match="take the place of the run"):
        export(run.path, run.path / place, ["onnx"])


def test_an_older_bundle_is_replaced(run, tmp_path):
    out = tmp_path / "bundle"
    export(run.path, out, ["onnx"], ["fp32"])
    export(run.path, out, ["tflite"], ["fp16"])
    assert [artifact.name for artifact in Bundle.open(out).artifacts] == ["tflite/fp16"]
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_the_usual_variants_are_those_that_most_people_want(run, tmp_path):
    result = export(run.path, tmp_path / "usual", extras=Extras(layers=False))
    names = [artifact.name for artifact in result.bundle.artifacts]
    assert names == ["onnx/fp32", "onnx/int8", "tfjs/fp32", "tfjs/uint8", "tflite/fp32", "tflite/int8"]
    assert all(artifact.attribution is None for artifact in result.report.artifacts), "nothing failed, nobody asked"
    with pytest.raises(UsageError, match="--all"):
        export(run.path, tmp_path / "x", None, ["fp32"], every=True)


def test_what_fails_is_left_out_and_explained(run, tmp_path, monkeypatch):
    fail(monkeypatch, "onnx/int8", "tfjs/uint8", "tfjs/fp16")
    result = export(run.path, tmp_path / "bundle", ["onnx", "tfjs"], every=True)
    bundle = Bundle.open(tmp_path / "bundle")
    assert [artifact.name for artifact in bundle.artifacts] == ["onnx/fp32", "onnx/fp16", "tfjs/fp32"]
    assert [(row.format, row.variant, row.stage, row.reason) for row in bundle.manifest.left_out] == [
        ("onnx", "int8", "gate", "far off"),
        ("tfjs", "fp16", "gate", "far off"),
        ("tfjs", "uint8", "gate", "far off"),
    ]
    assert not (bundle.path / "onnx" / "int8.onnx").exists()
    assert not (bundle.path / "onnx" / "quantization.json").exists()
    assert not (bundle.path / "tfjs" / "uint8").exists()
    assert result.fatal == [], "nobody asked for them by name"
    assert result.report.left_out[0].help == (
        "with 6 images one label is 16.7\u00a0%: test on more photos; "
        "to keep it all the same, add: --gate onnx/int8:drop=1.3"
    )
    assert "- onnx/int8 was left out: far off" in (bundle.path / "README.md").read_text(encoding="utf-8")
    page = (bundle.path / "parity.html").read_text(encoding="utf-8")
    assert "3 passed, 3 left out" in page
    assert "--gate onnx/int8:drop=1.3" in page
    assert result.report.passed
    assert parity.verify(bundle.path).passed


@pytest.mark.parametrize(("failing", "variants"), [("onnx/fp32", None), ("onnx/int8", ["fp32", "int8"])])
def test_a_failure_that_counts_is_told_and_the_rest_is_written(run, tmp_path, monkeypatch, failing, variants):
    fail(monkeypatch, failing)
    result = export(run.path, tmp_path / "bundle", ["onnx"], variants)
    assert [failure.name for failure in result.fatal] == [failing]
    assert [artifact.name for artifact in result.bundle.artifacts] == [
        name for name in ("onnx/fp32", "onnx/int8") if name != failing
    ]


@pytest.mark.parametrize("strict", [True, False])
def test_without_anything_that_passed_or_strictly_there_is_no_bundle(run, tmp_path, monkeypatch, strict):
    out = tmp_path / "bundle"
    export(run.path, out, ["onnx"], ["fp32"])
    before = contents(out)
    fail(monkeypatch, "onnx/int8", *([] if strict else ["onnx/fp32"]))
    with pytest.raises(ParityError, match="onnx/int8: far off") as caught:
        export(run.path, out, ["onnx"], terms=Terms(strict=strict))
    assert caught.value.exit_code == 1
    assert ("without --strict" in caught.value.message) is strict
    assert contents(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bundle", "bundle.parity.html", "bundle.parity.json"]


def break_converter(monkeypatch, name: str, only: str | None = None) -> None:
    """Let a converter fail, with a file already written."""
    module = exporting.registry.get(name)
    honest = module.write

    def write(source, variant, folder):
        if only not in (None, variant):
            return honest(source, variant, folder)
        (folder / variant).mkdir()
        (folder / variant / "half").touch()
        raise ExportError(f"{name}/{variant}: no such operator", hint="use common operators")

    monkeypatch.setattr(module, "write", write)


def test_what_cannot_be_converted_is_left_out(run, tmp_path, monkeypatch):
    break_converter(monkeypatch, "tfjs", "uint8")
    result = export(run.path, tmp_path / "bundle", ["onnx", "tfjs"])
    assert [artifact.name for artifact in result.bundle.artifacts] == ["onnx/fp32", "onnx/int8", "tfjs/fp32"]
    [failure] = result.report.left_out
    assert (failure.name, failure.stage, failure.help) == ("tfjs/uint8", "conversion", "use common operators")
    assert not (result.bundle.path / "tfjs" / "uint8").exists()
    assert result.fatal == []


def test_the_exit_code_is_1_where_something_that_was_asked_for_is_missing(run, tmp_path, monkeypatch):
    break_converter(monkeypatch, "tfjs", "uint8")
    words = ["export", str(run.path), "--formats", "tfjs", "--no-layers", "--out"]
    for name, more, code in (("usual", [], 0), ("asked", ["--variants", "fp32,uint8"], 1)):
        done = CliRunner().invoke(cli.app, [*words, str(tmp_path / name), *more])
        assert done.exit_code == code, done.output
        assert "left out tfjs/uint8: tfjs/uint8: no such operator" in done.output
        assert "Proved on 24 goldens and 6 photos: tfjs/fp32 gives Keras's probabilities" in done.output
        assert ("not in it, though asked for: tfjs/uint8" in done.output) is bool(code)
        assert [artifact.name for artifact in Bundle.open(tmp_path / name).artifacts] == ["tfjs/fp32"]


def test_where_nothing_can_be_converted_there_is_no_bundle(run, tmp_path, monkeypatch):
    break_converter(monkeypatch, "tfjs")
    with pytest.raises(ExportError, match="no bundle was made: tfjs/fp32: tfjs/fp32: no such operator"):
        export(run.path, tmp_path / "bundle", ["tfjs"])
    assert not list(tmp_path.iterdir())


def test_a_runtime_that_stops_costs_its_artifacts_and_layers_alone(run, tmp_path, monkeypatch):
    from gemelo.runtimes import tfjs

    def stop(self, images):
        raise RuntimeFailure("_fusedhardswish activation not yet supported")

    monkeypatch.setattr(tfjs.TfjsSession, "run", stop)
    result = export(run.path, tmp_path / "bundle", ["onnx", "tfjs"])
    layers = Layers.load(result.bundle)
    assert (layers.tfjs, layers.onnx) == (None, "layers/layers.onnx")
    assert not (result.bundle.path / "layers" / "tfjs").exists()
    assert [artifact.name for artifact in result.bundle.artifacts] == ["onnx/fp32", "onnx/int8"]
    assert [failure.name for failure in result.fatal] == ["tfjs/fp32"]
    assert not (result.bundle.path / "tfjs").exists()


def test_a_gate_set_by_hand_is_told_everywhere(run, tmp_path):
    terms = Terms(gates={"int8": {"drop": 40.0}, "onnx/fp32": {"difference": 1e-3}})
    result = export(run.path, tmp_path / "bundle", ["onnx"], extras=Extras(layers=False), terms=terms)
    bundle = Bundle.open(result.bundle.path)
    assert bundle.manifest.gates == terms.gates
    assert "onnx/int8: drop 40 set by hand with --gate" in bundle.file("README.md").read_text(encoding="utf-8")
    assert "drop 40 set by hand with --gate" in bundle.file("parity.html").read_text(encoding="utf-8")
    verified = parity.verify(bundle.path)
    assert [row.gate.by_hand for row in verified.artifacts] == [("difference",), ("drop",)]
    assert page_content(bundle, {"onnx": "onnx"}, collect_goldens(bundle), {}, 1).artifacts[0].tolerance == 1e-3


def test_a_moved_data_set(run, data, tmp_path):
    shutil.copytree(run.path, tmp_path / "run")
    manifest = read_json(tmp_path / "run" / "run.json")
    manifest["dataset"]["root"] = str(tmp_path / "gone")
    write_json(tmp_path / "run" / "run.json", manifest)
    alone = export(tmp_path / "run", tmp_path / "alone", ["onnx"], ["fp32"])
    assert alone.report.photos == 0
    assert any("test photos are not here" in note for note in alone.report.notes)
    moved = export(tmp_path / "run", tmp_path / "moved", ["onnx"], ["fp32"], images=data)
    assert moved.report.photos == 6
    with pytest.raises(NotFoundError, match="nowhere"):
        export(tmp_path / "run", tmp_path / "x", ["onnx"], images=tmp_path / "nowhere")


def test_a_changed_weight_is_noticed(run, tmp_path):
    shutil.copytree(run.path, tmp_path / "run")
    with (tmp_path / "run" / "model.keras").open("r+b") as stream:
        stream.seek(-100, 2)
        stream.write(b"!")
    with pytest.raises(TamperedFileError, match=r"model\.keras"):
        export(tmp_path / "run", tmp_path / "x", ["onnx"])


def test_labels_that_do_not_match_the_model(run, tmp_path):
    """A run written with the answers of three labels, but a model of one unit."""
    shutil.copytree(run.path, tmp_path / "run")
    labels = ["a", "b", "c"]
    reference = read_json(tmp_path / "run" / "reference.json")
    del reference["answers"]
    for row in reference["goldens"] + reference["test"]:
        row["probabilities"] = [0.2, 0.3, 0.5]
    write_json(tmp_path / "run" / "reference.json", {**reference, "labels": labels})
    manifest = read_json(tmp_path / "run" / "run.json")
    manifest["files"]["reference.json"] = as_json(describe_files(tmp_path / "run")["reference.json"])
    write_json(tmp_path / "run" / "run.json", {**manifest, "labels": labels})
    with pytest.raises(LabelMismatchError, match="does not match 3 labels"):
        export(tmp_path / "run", tmp_path / "x", ["onnx"])
    assert not (tmp_path / "x").exists()


def test_another_answer_than_keras_gave_fails(run, tmp_path):
    """The gate compares artifacts with the reference outputs, not with what the model says today."""
    shutil.copytree(run.path, tmp_path / "run")
    reference = read_json(tmp_path / "run" / "reference.json")
    first = reference["goldens"][0]["probabilities"]
    reference["goldens"][0]["probabilities"] = [float(np.float32(first[0] + 1e-4)), float(np.float32(first[1] - 1e-4))]
    write_json(tmp_path / "run" / "reference.json", reference)
    manifest = read_json(tmp_path / "run" / "run.json")
    manifest["files"]["reference.json"] = as_json(describe_files(tmp_path / "run")["reference.json"])
    write_json(tmp_path / "run" / "run.json", manifest)
    with pytest.raises(ParityError, match=r"onnx/fp32: a probability differs by 0\.0001 on goldens/"):
        export(tmp_path / "run", tmp_path / "x", ["onnx"], ["fp32"])


DISK_FULL = """
import json, resource, sys
from exporters.export import Extras, Terms, export
from gemelo.errors import GemeloError
run, out, limit = sys.argv[1], sys.argv[2], int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
for name, variant in (("onnx", "fp32"), ("onnx", "int8"), ("tflite", "fp32"), ("tfjs", "fp32")):
    try:
        export(run, out, [name], [variant])
        print(json.dumps([name, variant, None, "whole"]))
    except GemeloError as exc:
        print(json.dumps([name, variant, exc.exit_code, type(exc).__name__, exc.message]))
"""


def test_a_full_disk_leaves_the_older_bundle(run, tmp_path):
    """Files of more than 16 kB cannot be written: in every format it is told as what it is, and nothing is left."""
    out = tmp_path / "bundle"
    export(run.path, out, ["onnx"], ["fp32"])
    before = contents(out)
    command = [sys.executable, "-c", DISK_FULL, str(run.path), str(out), str(16 << 10)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row[:4] for row in rows] == [
        [name, variant, 1, "StorageError"]
        for name, variant in (("onnx", "fp32"), ("onnx", "int8"), ("tflite", "fp32"), ("tfjs", "fp32"))
    ], done.stdout + done.stderr
    assert done.stderr == "", "what converters and TensorFlow say is not shown"
    assert contents(out) == before
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_progress_is_told(run, tmp_path):
    told: list[tuple[str, str]] = []

    class Listener:
        def step(self, what, total):
            import contextlib

            return contextlib.nullcontext(lambda done=1, note="": told.append((what, note)))

    export(run.path, tmp_path / "x", ["tflite"], ["fp32", "fp16"], progress=Listener())
    assert [note for what, note in told if what == "exporting"] == [
        "tflite/fp32",
        "tflite/fp32",
        "tflite/fp16",
        "tflite/fp16",
    ]


def test_the_networks_are_told_apart_by_name():
    assert set(networks.LABELS) == set(networks.SHAPES)


def test_a_run_of_an_older_gemelo_is_exported(run, tmp_path):
    older = Path(shutil.copytree(run.path, tmp_path / "older"))
    make_older(older, "run.json")
    bundle = export(older, tmp_path / "bundle", variants=["onnx/fp32"], extras=Extras(layers=False)).bundle
    same = export(run.path, tmp_path / "same", variants=["onnx/fp32"], extras=Extras(layers=False)).bundle
    assert bundle.manifest.files["reference.json"] == same.manifest.files["reference.json"]
    assert (bundle.path / "reference.json").read_bytes() == (run.path / "reference.json").read_bytes()
