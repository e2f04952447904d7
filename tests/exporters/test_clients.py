"""Files for clients that others wrote, in a bundle; `tests/clients` runs the clients themselves."""

import json
import re
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
from PIL import Image

from exporters import client_files, clients
from exporters.clients import transformers
from exporters.export import Extras, export
from exporters.formats import onnx as onnx_format
from gemelo.errors import UnknownNameError, UsageError
from gemelo.preprocessing import Preprocessing, prepare, tensor
from gemelo.store.bundle import Bundle
from tests.support.cli import run_gemelo


@pytest.fixture(scope="module")
def bundle(run, tmp_path_factory) -> Bundle:
    """The lecture's run with files for every client."""
    out = tmp_path_factory.mktemp("bundles") / "lecture"
    return export(run.path, out, ["onnx"], every=True, extras=Extras(clients.names())).bundle


def test_the_files_are_in_the_manifest_with_their_hashes_and_how_far_they_are_from_keras(bundle):
    rows = bundle.manifest.clients
    assert list(rows) == clients.names()
    for name, row in rows.items():
        files = [path for path in bundle.files if path.startswith(f"{row.path}/")]
        assert sorted(bundle.path / path for path in files) == sorted(
            path for path in (bundle.path / "clients" / name).rglob("*") if path.is_file()
        )
        assert row.max_abs_difference["fp32"] <= 1e-5
        assert row.notes
    assert list(rows["transformers"].max_abs_difference) == ["fp32", "fp16", "int8"]


def test_a_bundle_has_none_unless_they_are_asked_for(run, tmp_path):
    made = export(run.path, tmp_path / "plain", ["onnx"], ["fp32"]).bundle
    assert made.manifest.clients == {}
    assert not (made.path / "clients").exists()


def test_the_same_run_twice_gives_the_same_files(bundle, run, tmp_path):
    again = export(run.path, tmp_path / "again", ["onnx"], every=True, extras=Extras(clients.names())).bundle
    assert again.manifest == bundle.manifest


@pytest.mark.parametrize(
    ("formats", "variants", "wanted", "said"),
    [
        (None, None, ["nothing"], "unknown client 'nothing'"),
        (["tflite"], None, ["transformers"], "made of onnx/fp32, which was not asked for"),
        (["onnx"], ["int8"], ["transformers"], "made of onnx/fp32, which was not asked for"),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_done(run, tmp_path, formats, variants, wanted, said):
    with pytest.raises(UsageError, match=said):
        export(run.path, tmp_path / "x", formats, variants, extras=Extras(wanted))
    assert not list(tmp_path.iterdir())


def test_an_unknown_client_is_exit_code_2_and_names_those_there_are(run, tmp_path):
    done = run_gemelo("export", run.path, "--out", tmp_path / "x", "--for", "siri")
    assert done.returncode == 2
    assert f"there is: {', '.join(clients.names())}" in done.stderr


def test_info_names_the_clients(bundle):
    done = run_gemelo("info", bundle.path)
    assert f"also for      {', '.join(clients.names())}" in done.stdout


def test_files_that_answer_otherwise_are_left_out_and_the_bundle_is_there(run, tmp_path, monkeypatch):
    honest = transformers.run

    def off(folder, images):
        return {variant: answers + np.float32(2e-5) for variant, answers in honest(folder, images).items()}

    monkeypatch.setattr(transformers, "run", off)
    result = export(run.path, tmp_path / "x", ["onnx"], ["fp32"], extras=Extras(["transformers"]))
    [failure] = result.fatal
    assert failure.name == "clients/transformers"
    assert "its fp32 answers otherwise than the bundle's: a probability differs by 2e-05" in failure.reasons[0]
    bundle = Bundle.open(tmp_path / "x")
    assert [artifact.name for artifact in bundle.artifacts] == ["onnx/fp32"]
    assert bundle.manifest.clients == {}
    assert not (bundle.path / "clients").exists()
    [row] = bundle.manifest.left_out
    assert (row.format, row.variant) == ("clients", "transformers")


def test_each_client_once_in_the_order_of_the_registry(run):
    choices = client_files.choose(["transformers", "transformers"], clients_choices())
    assert choices == ["transformers"]
    with pytest.raises(UnknownNameError):
        client_files.choose(["Transformers"], clients_choices())


def clients_choices():
    from exporters.request import choose

    return choose(["onnx"], None)


def test_the_transformers_folder_read_by_hand_answers_as_keras_from_photos_of_any_size(bundle):
    """What Hugging Face's Python side does, with Pillow and onnxruntime alone."""
    folder = bundle.path / "clients" / "transformers"
    config, how = (json.loads((folder / name).read_text()) for name in ("config.json", "preprocessor_config.json"))
    pixels = []
    for golden in bundle.reference.goldens[:12]:
        with Image.open(bundle.path / golden.path) as image:
            # Pillow may resize these vertically first, up to 1 of 255 from our preprocessing; the client turns no photo
            # and composites no alpha.
            if image.width < image.height or image.getexif() or image.mode == "RGBA":
                continue
            size = how["size"]["width"], how["size"]["height"]
            resized = image.convert("RGB").resize(size, how["resample"])
            pixels.append((golden, np.asarray(resized, np.float32) * how["rescale_factor"]))
    assert len(pixels) == 7
    session = onnxruntime.InferenceSession(folder / "onnx" / "model.onnx")
    [logits] = session.run(["logits"], {"pixel_values": np.stack([p for _, p in pixels]).transpose(0, 3, 1, 2)})
    found = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert np.abs(found - np.stack([golden.probabilities for golden, _ in pixels])).max() <= 1e-5
    assert [config["id2label"][str(index)] for index in range(found.shape[1])] == bundle.labels


def test_the_transformers_graph_is_read_by_onnx_and_carries_the_labels(bundle):
    for path in sorted((bundle.path / "clients" / "transformers" / "onnx").iterdir()):
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        assert [entry.name for entry in (*model.graph.input, *model.graph.output)] == ["pixel_values", "logits"]
        assert json.loads(next(e.value for e in model.metadata_props if e.key == "labels")) == bundle.labels


def test_color_becomes_the_preprocessing_s_grey_to_the_last_bit(source_of, tmp_path):
    """A grey network behind color: its `pixel_values` may be any photo's."""
    source = source_of("grey")
    (tmp_path / "onnx").mkdir()
    entry = tmp_path / "onnx" / onnx_format.write(source, "fp32", tmp_path / "onnx")
    transformers.write(source, tmp_path, tmp_path / "client")
    session = onnxruntime.InferenceSession(entry)
    color = np.random.default_rng(4).integers(0, 256, (8, 20, 28, 3), dtype=np.uint8)
    grey = tensor(np.stack([prepare(image, source.preprocessing) for image in color]))
    expected = session.run(None, {"image": grey})[0]
    found = transformers.run(tmp_path / "client", color.astype(np.float32))["fp32"]
    assert np.abs(found - expected).max() <= 2e-7


@pytest.mark.parametrize(
    ("preprocessing", "size", "crop", "notes"),
    [
        (Preprocessing(40, 30), {"height": 30, "width": 40}, None, 1),
        (Preprocessing(40, 40, fit="crop"), {"shortest_edge": 40}, {"height": 40, "width": 40}, 1),
        (Preprocessing(40, 30, fit="crop"), {"height": 30, "width": 40}, None, 2),
        (Preprocessing(40, 40, fit="pad"), {"height": 40, "width": 40}, None, 2),
    ],
)
def test_the_size_says_the_preprocessing_s_mode_or_a_note_that_it_cannot(
    source_of, tmp_path, preprocessing, size, crop, notes
):
    found = transformers.write(replace(source_of("lecture"), preprocessing=preprocessing), tmp_path, tmp_path)
    how = json.loads((tmp_path / "preprocessor_config.json").read_text())
    assert (how["size"], how.get("crop_size")) == (size, crop)
    assert len(found) == notes


def test_the_docs_name_every_client_and_the_versions_that_are_tested(project):
    text = (project / "docs" / "clients.md").read_text(encoding="utf-8")
    for name in clients.names():
        assert f"clients/{name}/" in text
    node = json.loads((project / "tests" / "clients" / "node" / "package.json").read_text(encoding="utf-8"))
    for package in ("@huggingface/transformers", "@teachablemachine/image", "@tensorflow/tfjs", "onnxruntime-node"):
        assert f"`{package}` {node['dependencies'][package]}" in text
    pins = (project / "requirements-clients.lock").read_text(encoding="utf-8")
    for package in ("mediapipe", "transformers"):
        assert f"`{package}` {re.search(rf'^{package}==([0-9.]+)', pins, re.MULTILINE)[1]}" in text
