"""The same on an x86-64 that adds products of bytes in 16 bits, as all did before VNNI."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from tests.arm64.bundles import NETWORKS

PRODUCT = Path(__file__).with_name("product.py")


@pytest.mark.parametrize("artifact", ["onnx/int8", "tflite/int8"])
@pytest.mark.parametrize("name", NETWORKS)
def test_int8_is_the_same_there(answers, name, artifact):
    found, expected = answers("x86-64 without VNNI", name)[artifact], answers("here", name)[artifact]
    assert np.abs(found - expected).max() <= 1e-6


def _product(path: Path, weights: np.ndarray) -> None:
    """An ONNX file that multiplies bytes by weights."""
    node = helper.make_node("MatMulInteger", ["bytes", "weights"], ["product"])
    given = helper.make_tensor_value_info("bytes", TensorProto.UINT8, [1, len(weights)])
    made = helper.make_tensor_value_info("product", TensorProto.INT32, [1, weights.shape[1]])
    graph = helper.make_graph([node], "product", [given], [made], [numpy_helper.from_array(weights, "weights")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def test_it_is_one_where_signed_weights_go_wrong(run, tmp_path):
    """Else the test above would pass on any processor, whatever the exporter writes."""
    signed, unsigned = np.full((64, 16), 127, np.int8), np.full((64, 16), 255, np.uint8)
    found = {}
    for name, weights in {"signed": signed, "unsigned": unsigned}.items():
        _product(tmp_path / f"{name}.onnx", weights)
        found[name] = run("x86-64 without VNNI", PRODUCT, tmp_path / f"{name}.onnx").split()
    assert set(found["unsigned"]) == {str(64 * 255 * 255)}
    assert len(found["signed"]) == 16
    assert all(int(word) < 64 * 255 * 127 for word in found["signed"])
