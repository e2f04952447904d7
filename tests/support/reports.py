"""What a training report is made of, without a training."""

from dataclasses import replace

import numpy as np

from gemelo import metrics
from gemelo.preprocessing import Preprocessing
from gemelo.store.manifest import DatasetFacts, TrainingFacts
from gemelo.store.reference import ReferenceImage, ReferenceOutputs
from gemelo.store.run import Epoch, RunManifest
from trainer import report
from trainer.datareport import DataReport
from trainer.photos import Photos

ROWS = [Epoch(i, 0.7 - 0.1 * i, 0.5 + 0.1 * i, 0.8 - 0.1 * i, 0.45 + 0.1 * i, 1e-3, 1.0) for i in (1, 2, 3)]


def contents(labels: list[str], photos: int = 60, rows: list[Epoch] = ROWS, channels: int = 3) -> report.Contents:
    """A run whose answers are drawn by lot, and right more often than not."""
    rng = np.random.default_rng(0)
    truth = np.arange(photos) % len(labels)
    logits = rng.normal(size=(photos, len(labels)))
    logits[np.arange(photos), truth] += 1.5
    probabilities = (np.exp(logits) / np.exp(logits).sum(1, keepdims=True)).astype(np.float32)
    reference = ReferenceOutputs(
        labels,
        [],
        [ReferenceImage(f"{labels[k]}/{i}.jpg", "", "", probabilities[i], int(k)) for i, k in enumerate(truth)],
    )
    images_u8 = rng.integers(0, 256, (photos, 12, 16, channels), np.uint8)
    found = metrics.summarize(probabilities, truth, labels)
    kept = {"kept_epoch": rows[-1].epoch, "epochs": len(rows), "accuracy_mirrored": 0.9, "temperature": 1.0}
    manifest = RunManifest(
        *("pets", "lecture", 1234, labels, Preprocessing(16, 12, channels)),
        metrics=replace(found, **kept, ece_before=found.ece, calibration="not calibrated"),
        dataset=DatasetFacts(),
        training=TrainingFacts(command="gemelo train PHOTOS", keep="best", batch=8),
        convolutions=2,
        versions={},
    )
    counts = {split: dict.fromkeys(labels, 6) for split in ("train", "test")}
    data = DataReport(labels, "test", counts, [], [], [], [], 0, {}, [], "", "")
    test = Photos(images_u8, np.arange(photos), truth, [], [])
    return report.Contents(manifest, data, test, rows, reference, metrics.reliability(probabilities, truth), None)
