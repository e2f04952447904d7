"""Teachers: finished runs, asked about every photo that a student learns from.

Hinton et al. 2015, "Distilling the knowledge in a neural network". Teacher and student see the very same variation of
the very same photo (Beyer et al. 2022, "Knowledge distillation: a good teacher is patient and consistent"): photos are
decoded and varied at the larger of the two inputs, and made smaller for whoever wants them smaller.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import tensorflow as tf

from gemelo.errors import UsageError
from gemelo.preprocessing import Preprocessing
from gemelo.store.files import sha256_file
from gemelo.store.manifest import TeacherFacts
from gemelo.store.run import Run

from .augment.batch import Tensor
from .fused import fused

Loss = Callable[[Tensor, Tensor], Tensor]
_SURE = 1e-6  # a probability is kept so far away from 0 and 1: a float32 knows no more of it


@dataclass(frozen=True)
class Teacher:
    """A finished run to learn from.

    Attributes:
        run: It.
        sha256: Of its model: a resumed training must have the same.
    """

    run: Run
    sha256: str

    @classmethod
    def open(cls, path: Path, student: Preprocessing) -> "Teacher":
        """Open a run, and check every file against its manifest.

        Args:
            path: The run.
            student: How a photo becomes the student's input.

        Raises:
            NotFoundError: There is no such folder.
            IntegrityError: It is no finished run, or not what its manifest says.
            UsageError: It is an imported graph, or sees other photos than the student does: names all that differs.
        """
        run = Run.open(path)
        if run.manifest.imported is not None and run.manifest.imported.form != "keras":
            raise UsageError(f"{path}: this model was imported as a graph of TensorFlow; a teacher is a model of Keras")
        teacher = cls(run, sha256_file(run.file("model.keras")))
        teacher.source(student)
        return teacher

    def source(self, student: Preprocessing) -> Preprocessing:
        """How photos are decoded for both: the larger of the two inputs.

        Raises:
            UsageError: The two cut their photos otherwise, or see other colors.
        """
        own = self.run.preprocessing
        problems = [
            f"its {what} is {theirs}, the student's {ours}"
            for what, theirs, ours in (("fit", own.fit, student.fit), ("channels", own.channels, student.channels))
            if theirs != ours
        ]
        if own.fit != "squash" and own.width * student.height != own.height * student.width:
            problems.append(f"its input is {own.width}x{own.height}, not of the student's proportions")
        if problems:
            raise UsageError(
                f"{self.run.path}: this teacher sees photos otherwise than the student: {'; '.join(problems)}",
                hint="teacher and student must agree on --fit and --channels",
            )
        return replace(student, width=max(own.width, student.width), height=max(own.height, student.height))

    def check_labels(self, labels: Sequence[str]) -> None:
        """Hold its labels to the student's.

        Raises:
            UsageError: They are others, or in another order.
        """
        own = self.run.labels
        if own == list(labels):
            return
        extra, missing = [name for name in own if name not in labels], [name for name in labels if name not in own]
        said = [f"it knows {', '.join(extra)}, which the photos have not"] if extra else []
        said += [f"it does not know {', '.join(missing)}"] if missing else []
        said = said or [f"its order is {', '.join(own)}, theirs is {', '.join(labels)}"]
        raise UsageError(
            f"{self.run.path}: this teacher was trained on other classes than these photos show: {'; '.join(said)}",
            hint="train a teacher on the same folder, or on one with the same names of classes",
        )

    def note(self, test: Sequence[str]) -> str | None:
        """What a reader of the student's figures should know: whether the teacher may have learned from test photos.

        Args:
            test: sha256 of each photo that the student is tested on.
        """
        own = {image.sha256 for image in self.run.reference.test}
        unknown = sum(sha256 not in own for sha256 in test)
        name = self.run.manifest.name
        if not unknown:
            return None
        return f"{unknown} of the test photos were not test photos of the teacher {name}, which may have learned them"

    def load(self) -> keras.Model:
        """Its network, in its quickest form.

        Raises:
            UsageError: Keras cannot load it.
        """
        try:
            model = keras.models.load_model(self.run.file("model.keras"), compile=False)
        except (ValueError, TypeError, OSError) as exc:
            raise UsageError(f"{self.run.path}: Keras cannot load this teacher: {exc}") from exc
        model.trainable = False
        return fused(model, frozen=True)

    def facts(self) -> TeacherFacts:
        """As a run records it, with the command that makes it again."""
        manifest = self.run.manifest
        return TeacherFacts(manifest.name, manifest.architecture, self.sha256, manifest.training.command)


@dataclass(frozen=True)
class Teachers:
    """One or several, whose answers are averaged: together they know more than the best of them.

    Attributes:
        runs: Each of them.
    """

    runs: tuple[Teacher, ...]

    @classmethod
    def open(cls, paths: Sequence[Path], student: Preprocessing) -> "Teachers":
        """Open runs; see `Teacher.open`."""
        return cls(tuple(Teacher.open(path, student) for path in paths))

    def source(self, student: Preprocessing) -> Preprocessing:
        """How photos are decoded for all of them: the largest of the inputs."""
        wanted = [teacher.source(student) for teacher in self.runs]
        return replace(student, width=max(c.width for c in wanted), height=max(c.height for c in wanted))

    def check_labels(self, labels: Sequence[str]) -> None:
        """Hold the labels of each to the student's; see `Teacher.check_labels`."""
        for teacher in self.runs:
            teacher.check_labels(labels)

    def notes(self, test: Sequence[str]) -> list[str]:
        """What a reader of the student's figures should know; see `Teacher.note`."""
        return [note for teacher in self.runs if (note := teacher.note(test))]

    def load(self) -> "Ensemble":
        """Their networks; see `Teacher.load`."""
        return Ensemble([teacher.load() for teacher in self.runs])

    def facts(self) -> list[TeacherFacts]:
        """As a run records them."""
        return [teacher.facts() for teacher in self.runs]


class Ensemble:
    """Networks that are asked about the same photos, each at its own size.

    Args:
        networks: With the same outputs.
    """

    def __init__(self, networks: Sequence[keras.Model]) -> None:
        self._networks = networks
        self.units: int = networks[0].output_shape[-1]

    def __call__(self, images: Tensor) -> Tensor:
        """The mean of their probabilities (n, units), for images (n, h, w, c)."""
        answers = [network(seen_at(images, *network.input_shape[1:3]), training=False) for network in self._networks]
        return tf.add_n(answers) / len(answers)


def distilled(own: Loss, *, weight: float, temperature: float) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """A loss of (targets, the teacher's probabilities, the student's): so much of it by the teacher.

    The teacher's part is the Kullback-Leibler divergence at a higher temperature, which brings out how sure the teacher
    is; times the temperature's square, so that its gradients stay as large (Hinton et al. 2015, section 2.1).

    Args:
        own: The loss by the labels.
        weight: The teacher's share.
        temperature: Divides both logits.
    """

    def loss(targets: Tensor, taught: Tensor, answered: Tensor) -> Tensor:
        divergence = tf.reduce_mean(_divergence(_softened(taught, temperature), _softened(answered, temperature)))
        return weight * temperature**2 * divergence + (1 - weight) * own(targets, answered)

    return loss


def _softened(probabilities: Tensor, temperature: float) -> Tensor:
    """Logarithms of the probabilities at a temperature, (n, classes); one column p is read as [1 - p, p]."""
    kept = tf.clip_by_value(probabilities, _SURE, 1 - _SURE)
    both = tf.concat([1 - kept, kept], axis=1) if probabilities.shape[1] == 1 else kept
    return tf.nn.log_softmax(tf.math.log(both) / temperature)


def _divergence(truth: Tensor, found: Tensor) -> Tensor:
    return tf.reduce_sum(tf.exp(truth) * (truth - found), axis=1)


def seen_at(images: Tensor, height: int, width: int) -> Tensor:
    """The photos (n, h, w, c) as an input of that size sees them; made smaller as preprocessing does, antialiased."""
    if tuple(images.shape[1:3]) == (height, width):
        return images
    return tf.image.resize(images, (height, width), antialias=True)
