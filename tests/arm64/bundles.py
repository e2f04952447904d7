"""Bundles of the networks as nobody trained them, by the real exporters: no gate is asked."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from exporters import formats
from exporters.frameworks import keras
from exporters.source import ExportSource
from gemelo.goldens import load_goldens
from gemelo.parity import Trial, goldens, measure
from gemelo.preprocessing import prepare
from gemelo.store.bundle import Artifact, Bundle, BundleManifest, write_bundle
from gemelo.store.files import sha256_bytes
from gemelo.store.manifest import Metrics
from gemelo.store.reference import ReferenceImage, ReferenceOutputs, tensor_sha256
from tests.clients import cases

NETWORKS = ("lecture", "lecture-described", "compact")
ARTIFACTS = ("onnx/fp32", "onnx/int8", "tflite/fp32", "tflite/int8")


def make(name: str, root: Path) -> Bundle:
    """A bundle with `ARTIFACTS`, and beside it what they were made of."""
    source = cases.make(name, root.with_name(f"{root.name}.files")).source
    spread(source)
    root.mkdir()
    reference = record(source, root)
    artifacts = [write(source, *artifact.split("/"), root) for artifact in ARTIFACTS]
    labels = list(source.labels)
    report = measure(Trial(root, name, artifacts, source.preprocessing, labels, 0, goldens(root, reference)))
    assert all(row.passed for row in report.artifacts if row.variant == "fp32")
    report.save(root / "parity.json", root / "parity.html")
    rows = zip(artifacts, report.artifacts, strict=True)
    manifest = BundleManifest(
        name=name,
        architecture=name,
        parameters=source.model.count_params(),
        preprocessing=source.preprocessing,
        labels=labels,
        metrics=Metrics(),
        artifacts=[replace(artifact, parity=row.summary()) for artifact, row in rows],
        files={},
    )
    write_bundle(root, manifest)
    return Bundle.open(root)


def write(source: ExportSource, format: str, variant: str, root: Path) -> Artifact:
    (root / format).mkdir(exist_ok=True)
    entry = formats.get(format).write(source, variant, root / format)
    return Artifact.of(root, format, variant, f"{format}/{entry}")


def spread(source: ExportSource) -> None:
    """Make the last layer answer the goldens as if trained, from sure of one label to sure of the other.

    Nets of random weights answer all alike: then a difference between processors would hardly show.
    """
    model = source.model
    images = np.stack([prepare(golden.data, source.preprocessing) for golden in load_goldens()])
    before = keras.Model(model.input, model.layers[-1].input)
    features = np.asarray(before(images.astype(np.float32), training=False))
    kernel, _bias = model.layers[-1].get_weights()
    logits = features @ kernel
    scale = 2 / (logits[:, 0] - logits[:, 1]).std()
    model.layers[-1].set_weights([kernel * scale, -logits.mean(axis=0) * scale])


def record(source: ExportSource, root: Path) -> ReferenceOutputs:
    """Write the goldens, their labels and what Keras answers to them."""
    found, rows = load_goldens(), []
    images = np.stack([prepare(golden.data, source.preprocessing) for golden in found])
    answers = np.asarray(source.model(images.astype(np.float32), training=False))
    (root / "goldens").mkdir()
    for golden, image, answer in zip(found, images, answers, strict=True):
        path = f"goldens/{golden.name}"
        (root / path).write_bytes(golden.data)
        rows.append(ReferenceImage(path, sha256_bytes(golden.data), tensor_sha256(image), answer))
    reference = ReferenceOutputs(list(source.labels), rows, [])
    reference.save(root / "reference.json")
    (root / "labels.txt").write_text("".join(f"{label}\n" for label in source.labels), encoding="utf-8")
    return reference
