"""Tiny classifiers as other people have them: ONNX files by hand, and a TF.js layers model with the same weights."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

SIDE = 12
_rng = np.random.default_rng(7)
KERNEL = _rng.normal(0, 0.4, (4, 3, 3, 3)).astype(np.float32)
BIAS = np.array([0.1, -0.1, 0.05, 0.0], np.float32)
DENSE = _rng.normal(0, 0.6, (4 * 25, 3)).astype(np.float32)
TYPES = {"float32": TensorProto.FLOAT, "float16": TensorProto.FLOAT16, "uint8": TensorProto.UINT8}


@dataclass
class Tiny:
    """Makes models in a folder: one convolution of 3x3 with stride 2, a ReLU, one dense layer, three classes."""

    folder: Path

    def onnx(
        self,
        name: str = "tiny.onnx",
        *,
        layout: str = "NCHW",
        dtype: str = "float32",
        batch: Any = "n",
        size: Any = SIDE,
        end: str | None = "Softmax",
        kernel: NDArray[np.float32] = KERNEL,
        bias: NDArray[np.float32] = BIAS,
        dense: NDArray[np.float32] = DENSE,
        scaled: bool = False,
        labels: list[str] | None = None,
        extra_output: str | None = None,
        taken: str = "pixels_of_a_photo",
    ) -> Path:
        """Write an ONNX file."""
        shape = [batch, 3, size, size] if layout == "NCHW" else [batch, size, size, 3]
        nodes, x = [], taken
        steps: list[tuple[str, dict[str, Any]]] = [("Cast", {"to": TensorProto.FLOAT})] if dtype != "float32" else []
        steps += [("Transpose", {"perm": [0, 3, 1, 2]})] if layout == "NHWC" else []
        for kind, attributes in steps:
            nodes.append(helper.make_node(kind, [x], [f"{kind}_out"], **attributes))
            x = f"{kind}_out"
        if scaled:
            nodes.append(helper.make_node("Mul", [x, "factor"], ["scaled"]))
            x = "scaled"
        nodes += [
            helper.make_node("Conv", [x, "kernel", "bias"], ["features"], strides=[2, 2]),
            helper.make_node("Relu", ["features"], ["active"]),
            helper.make_node("Flatten", ["active"], ["flat"]),
            helper.make_node("MatMul", ["flat", "dense"], ["logits" if end else "answer"]),
        ]
        nodes += [helper.make_node(end, ["logits"], ["answer"])] if end else []
        weights = {"kernel": kernel, "bias": bias, "dense": dense, "factor": np.float32(1 / 255)}
        outputs = [helper.make_tensor_value_info("answer", TensorProto.FLOAT, [batch, dense.shape[1]])]
        if extra_output:
            rank2 = [batch, None] if extra_output == "flat" else None
            outputs.append(helper.make_tensor_value_info(extra_output, TensorProto.FLOAT, rank2))
        graph = helper.make_graph(
            nodes,
            "tiny",
            [helper.make_tensor_value_info(taken, TYPES[dtype], shape)],
            outputs,
            [numpy_helper.from_array(value, key) for key, value in weights.items() if key != "factor" or scaled],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        if labels:
            helper.set_model_props(model, {"labels": json.dumps(labels)})
        path = self.folder / name
        onnx.save(model, str(path))
        return path

    def layers(self, name: str = "layers") -> Path:
        """Write the same as a TF.js layers model, channels last."""
        folder = self.folder / name
        folder.mkdir()
        dense = DENSE.reshape(4, 5, 5, 3).transpose(1, 2, 0, 3).reshape(-1, 3)
        weights = {
            "conv/kernel": KERNEL.transpose(2, 3, 1, 0),
            "conv/bias": BIAS,
            "dense/kernel": dense,
        }
        conv = {"name": "conv", "filters": 4, "kernel_size": [3, 3], "strides": [2, 2], "activation": "relu"}
        layers = [
            {"class_name": "Conv2D", "config": {**conv, "batch_input_shape": [None, SIDE, SIDE, 3]}},
            {"class_name": "Flatten", "config": {"name": "flatten"}},
            {
                "class_name": "Dense",
                "config": {"name": "dense", "units": 3, "activation": "softmax", "use_bias": False},
            },
        ]
        topology = {"class_name": "Sequential", "config": {"name": "tiny", "layers": layers}}
        rows = [{"name": key, "shape": list(value.shape), "dtype": "float32"} for key, value in weights.items()]
        value = {
            "format": "layers-model",
            "modelTopology": {"model_config": topology, "keras_version": "2.1.6", "backend": "tensor_flow.js"},
            "weightsManifest": [{"paths": ["weights.bin"], "weights": rows}],
        }
        (folder / "model.json").write_text(json.dumps(value))
        data = [np.ascontiguousarray(each, "<f4").tobytes() for each in weights.values()]
        (folder / "weights.bin").write_bytes(b"".join(data))
        return folder
