"""From a model file to a run: load it, settle its preprocessing, wrap it, ask it, write."""

import platform
import shlex
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import PIL
from numpy.typing import NDArray

import gemelo
from gemelo import metrics
from gemelo.errors import DatasetError, ModelError
from gemelo.goldens import load_goldens
from gemelo.preprocessing import Preprocessing, prepare
from gemelo.progress import SILENT, Progress, Step
from gemelo.store.files import atomic_directory, atomic_write, sha256_bytes
from gemelo.store.manifest import DatasetFacts, DeclaredFact, ImportedFacts, Metrics, Told, TrainingFacts
from gemelo.store.reference import REFERENCE, ReferenceImage, ReferenceOutputs, tensor_sha256
from gemelo.store.run import Run, RunManifest, write_run

from . import detecting, ends, form, photos, report, settle
from .frameworks import keras, tf
from .loaded import Loaded
from .opening import opened
from .options import ImportOptions
from .output_path import check_target
from .photos import Decoded, Photo, Photos, decode
from .place import identity
from .settle import Settled

ARCHITECTURE = "imported"
_BATCH = 32
Ask = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def import_model(options: ImportOptions, progress: Progress = SILENT) -> Run:
    """Import a model. The run appears whole, or not at all.

    Raises:
        UsageError: Something is not said, or cannot be as it was said.
        ModelError: The file is no model that can be imported.
        DatasetError: The photos do not fit the labels.
        LabelMismatchError: The labels do not fit the model.
        StorageError: The disk is full.
    """
    settle.check(options)
    check_target(options.out, options.model, overwrite=options.overwrite)
    found = None if options.photos is None else photos.read(options.photos)
    with opened(options.model, options.trust) as loaded:
        found_out = detecting.detected(loaded, options, found, progress) if options.auto else None
        settled = settle.settle(loaded, options, None if found is None else found.folders, found_out)
        if found is not None:
            found.check(settled.labels)
            if not options.auto:
                settled = replace(settled, warning=detecting.doubts(loaded, settled, found, progress))
        with atomic_directory(options.out) as work:
            _Importing(options, loaded, settled, found, work).write(progress)
    return Run.open(options.out)


@dataclass
class _Importing:
    """An import at work."""

    options: ImportOptions
    loaded: Loaded
    settled: Settled
    photos: Photos | None
    work: Path

    def write(self, progress: Progress) -> None:
        """Write every file of the run, its manifest last."""
        self.settled = replace(self.settled, output=self._judged())
        written = form.write(self.loaded, self.settled, self.work)
        ask = _asker(form.open_form(self.work))
        unreadable: list[str] = []
        test, aside = ([], []) if self.photos is None else self.photos.split()
        goldens, images_u8 = self._goldens(ask)
        with progress.step("test photos", len(test)) as done:
            rows = list(self._answers(ask, test, unreadable, done))
        if test and not rows:
            raise DatasetError(f"{self.options.photos}: no photo can be read: {unreadable[0]}")
        with progress.step("calibration", len(aside)) as done:
            calibration = self._calibration(aside, unreadable, images_u8, done)
        reference = ReferenceOutputs(list(self.settled.labels), goldens, rows)
        reference.save(self.work / REFERENCE)
        np.save(self.work / "calibration.npy", calibration)
        manifest = self._manifest(reference, written, unreadable)
        report.write(self.work, manifest, reference)
        write_run(self.work, manifest)

    def _judged(self) -> str:
        """What the model gives, by what it answers to the goldens."""
        images = np.stack([prepare(golden.data, self._preprocessing) for golden in load_goldens()])
        x = images[..., ::-1] if self.settled.bgr else images
        factor, offset = form.scaling(self.settled.scale)
        scaled = (x.astype(np.float32) * np.float32(factor) + np.float32(offset)).astype(np.float32)
        try:
            answers = self.loaded.answer(scaled)
        except Exception as exc:  # TensorFlow raises anything
            reason = (str(exc).strip().splitlines() or [type(exc).__name__])[0][:300]
            shape = f"{self._preprocessing.width}x{self._preprocessing.height}"
            raise ModelError(f"{self.options.model.name}: the model fails on photos of {shape}: {reason}") from exc
        return ends.judge(self.options.model.name, answers, self.settled.output)

    @property
    def _preprocessing(self) -> Preprocessing:
        return self.settled.preprocessing

    def _goldens(self, ask: Ask) -> tuple[list[ReferenceImage], NDArray[np.uint8]]:
        goldens = load_goldens()
        images_u8 = np.stack([prepare(golden.data, self._preprocessing) for golden in goldens])
        rows = []
        for golden, image_u8, probabilities in zip(goldens, images_u8, ask(images_u8), strict=True):
            path = f"goldens/{golden.name}"
            atomic_write(self.work / path, golden.data)
            rows.append(ReferenceImage(path, sha256_bytes(golden.data), tensor_sha256(image_u8), probabilities))
        return rows, images_u8

    def _answers(self, ask: Ask, test: list[Photo], unreadable: list[str], done: Step) -> Iterator[ReferenceImage]:
        decoded = decode(test, self._preprocessing, self.options.max_pixels, unreadable)
        index = {label: i for i, label in enumerate(self.settled.labels)}
        while batch := list(islice(decoded, _BATCH)):
            answers = ask(np.stack([one.image_u8 for one in batch]))
            yield from (_row(one, probabilities, index) for one, probabilities in zip(batch, answers, strict=True))
            done(len(batch))

    def _calibration(
        self, aside: list[Photo], unreadable: list[str], goldens_u8: NDArray[np.uint8], done: Step
    ) -> NDArray[np.uint8]:
        images = []
        for one in decode(aside, self._preprocessing, self.options.max_pixels, unreadable):
            images.append(one.image_u8)
            done(1)
        return np.stack(images) if images else goldens_u8

    def _manifest(self, reference: ReferenceOutputs, written: str, unreadable: list[str]) -> RunManifest:
        return RunManifest(
            name=self.options.out.resolve().name,
            architecture=ARCHITECTURE,
            parameters=self.loaded.parameters,
            convolutions=self.loaded.convolutions,
            preprocessing=self._preprocessing,
            labels=list(self.settled.labels),
            metrics=_metrics(reference),
            dataset=self._dataset(reference, unreadable),
            training=TrainingFacts(max_pixels=self.options.max_pixels),
            imported=self._imported(written),
            versions=_versions(),
        )

    def _dataset(self, reference: ReferenceOutputs, unreadable: list[str]) -> DatasetFacts:
        root = "" if self.options.photos is None else str(self.options.photos.resolve())
        warnings = [f"{len(unreadable)} photos cannot be read: {unreadable[0]}"] if unreadable else []
        return DatasetFacts(
            root=root,
            test=len(reference.test) or None,
            unreadable=len(unreadable),
            warnings=[*warnings, *self.settled.notes],
        )

    def _imported(self, written: str) -> ImportedFacts:
        digest, size = identity(self.options.model)
        said = [row for row in self.settled.said if row.name != "output"]
        known = next((row.by for row in self.settled.said if row.name == "output"), "detected")
        return ImportedFacts(
            file=self.options.model.resolve().name,
            sha256=digest,
            bytes=size,
            source=self.loaded.kind,
            framework=self.loaded.framework,
            version=self.loaded.version,
            form=written,
            declared=[*said, DeclaredFact("output", self.settled.output or "", known)],
            notes=self.loaded.notes,
            warning=None if self.settled.warning is None else str(self.settled.warning),
            warning_told=None if self.settled.warning is None else Told.of(self.settled.warning),
            command=shlex.join(self._command()),
        )

    def _command(self) -> list[str]:
        """The command that imports the same again, everything said."""
        words = ["gemelo", "import", str(self.options.model), "--out", str(self.options.out)]
        values = {row.name: row.value for row in self.settled.said if row.by in ("option", "preset")}
        values.pop("labels", None)
        words += [word for name, value in values.items() for word in (f"--{name.replace('_', '-')}", value)]
        if self.options.declared.labels is not None:
            words += ["--labels", ",".join(self.settled.labels)]
        if self.options.photos is not None:
            words += ["--photos", str(self.options.photos)]
        return words


def _row(one: Decoded, probabilities: NDArray[np.float32], index: dict[str, int]) -> ReferenceImage:
    hashed = tensor_sha256(one.image_u8)
    return ReferenceImage(one.photo.relative, one.sha256, hashed, probabilities, index[one.photo.label])


def _asker(call: Callable[[Any], Any]) -> Ask:
    """A function from uint8 (n, h, w, c) to float32 probabilities (n, classes)."""
    run = tf.function(call, autograph=False, reduce_retracing=True)

    def ask(images_u8: NDArray[np.uint8]) -> NDArray[np.float32]:
        parts = [
            run(tf.constant(images_u8[i : i + _BATCH].astype(np.float32))).numpy()
            for i in range(0, len(images_u8), _BATCH)
        ]
        found = np.concatenate(parts).astype(np.float32)
        return found if found.shape[1] > 1 else np.concatenate([np.float32(1) - found, found], axis=1)

    return ask


def _metrics(reference: ReferenceOutputs) -> Metrics:
    if not reference.test:
        return Metrics()
    probabilities = np.stack([image.probabilities for image in reference.test])
    labels = np.array([image.label for image in reference.test], np.int64)
    return metrics.summarize(probabilities, labels, reference.labels)


def _versions() -> dict[str, str]:
    return {
        "gemelo": gemelo.__version__,
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
        "pillow": PIL.__version__,
    }
