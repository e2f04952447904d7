"""A file that a model reads and no hash covers is an integrity error."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

import gemelo
from gemelo.edge.build import make_pack
from gemelo.errors import IntegrityError, SchemaError
from gemelo.store.bundle import Artifact, Bundle, write_bundle
from gemelo.store.files import read_json, write_json
from gemelo.store.onnx_external import has_external_data
from tests.support.bundles import make_bundle
from tests.support.pages import make_full_bundle


def make_external(path: Path) -> None:
    """Move the weights of a model into a file beside it."""
    model = onnx.load(path)
    weight = next(tensor for tensor in model.graph.initializer if tensor.name == "weights")
    path.with_name("weights.bin").write_bytes(weight.raw_data)
    onnx.external_data_helper.set_external_data(weight, "weights.bin", offset=0, length=len(weight.raw_data))
    weight.ClearField("raw_data")
    path.write_bytes(model.SerializeToString())


@pytest.fixture
def external(tmp_path: Path) -> Path:
    bundle = make_bundle(tmp_path / "tiny")
    make_external(bundle.path / "onnx" / "fp32.onnx")
    artifact = Artifact.of(bundle.path, "onnx", "fp32", "onnx/fp32.onnx")
    write_bundle(bundle.path, replace(bundle.manifest, artifacts=[artifact]))
    return bundle.path


def test_external_data_of_onnx_is_refused(external: Path, tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="takes weights from another file"):
        gemelo.load(external)
    with pytest.raises(IntegrityError):
        make_pack(external, tmp_path / "pack")


def test_external_data_is_found_wherever_it_hides() -> None:
    hidden = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[1], raw_data=np.float32([0]).tobytes())
    onnx.external_data_helper.set_external_data(hidden, "elsewhere.bin")
    constant = helper.make_node("Constant", [], ["c"], value=hidden)
    body = helper.make_graph([constant], "body", [], [])
    function = helper.make_function("own", "F", [], ["c"], [constant], [helper.make_opsetid("", 17)])
    sparse = helper.make_sparse_tensor(hidden, helper.make_tensor("i", TensorProto.INT64, [1], [0]), [1])
    graphs = {
        "in a node": helper.make_graph([constant], "g", [], []),
        "in a graph of a node": helper.make_graph(
            [helper.make_node("If", ["x"], ["y"], then_branch=body)], "g", [], []
        ),
        "among the weights": helper.make_graph([], "g", [], [], initializer=[hidden]),
        "among the sparse weights": helper.make_graph([], "g", [], [], sparse_initializer=[sparse]),
    }
    for name, graph in graphs.items():
        assert has_external_data(helper.make_model(graph).SerializeToString()), name
    empty = helper.make_graph([], "g", [], [])
    assert has_external_data(helper.make_model(empty, functions=[function]).SerializeToString())
    assert not has_external_data(helper.make_model(empty).SerializeToString())
    with pytest.raises(ValueError, match="cut short"):
        has_external_data(helper.make_model(empty).SerializeToString()[:-1])


def test_a_shard_that_is_not_listed_is_refused(tmp_path: Path) -> None:
    manifest = (full := make_full_bundle(tmp_path / "tiny")).manifest
    root = full.path
    model = root / "tfjs" / "fp32" / "model.json"
    value = read_json(model)
    value["weightsManifest"][0]["paths"] = ["extra.bin"]
    write_json(model, value)
    rows = manifest.artifacts
    again = [Artifact.of(root, a.format, a.variant, a.path) if a.format == "tfjs" else a for a in rows]
    write_bundle(root, replace(manifest, artifacts=again))
    shutil.copy(next((root / "tfjs" / "fp32").glob("*.bin")), model.with_name("extra.bin"))
    with pytest.raises(SchemaError, match=r"no hash of extra\.bin"):
        Bundle.open(root)
