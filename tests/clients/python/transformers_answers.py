"""Hugging Face's Python side on local files: python transformers_answers.py '{"folder": ..., "photos": [...]}'."""

import json
import sys

import numpy as np
import onnxruntime
from PIL import Image
from transformers import AutoConfig, AutoImageProcessor

question = json.loads(sys.argv[1])
config = AutoConfig.from_pretrained(question["folder"], local_files_only=True)
processor = AutoImageProcessor.from_pretrained(question["folder"], local_files_only=True)
pixels = processor([Image.open(photo) for photo in question["photos"]], return_tensors="np")["pixel_values"]
session = onnxruntime.InferenceSession(f"{question['folder']}/onnx/model.onnx", providers=["CPUExecutionProvider"])
[logits] = session.run(["logits"], {"pixel_values": pixels})
powers = np.exp(logits - logits.max(axis=1, keepdims=True))
answers = [
    [(config.id2label[index], float(value)) for index, value in enumerate(row)]
    for row in powers / powers.sum(axis=1, keepdims=True)
]
shown = {"pixels": pixels.tolist()} if question.get("pixels") else {}
print(json.dumps({"answers": answers, "input": list(pixels.shape), **shown}))
