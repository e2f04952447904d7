"""A student and its teacher: what each sees, what the loss is, and what is refused."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from gemelo.errors import NotFoundError, TamperedFileError, UsageError
from gemelo.preprocessing import Preprocessing
from gemelo.store.run import Run
from trainer import train_step
from trainer.augment import compose, get
from trainer.batches import Feed, Targets
from trainer.defaults import Defaults
from trainer.distillation import Ensemble, Teacher, distilled, seen_at
from trainer.options import resolve
from trainer.photos import Photos
from trainer.train import TrainOptions, train
from trainer.train_step import Learner

from .conftest import fill


@pytest.fixture(scope="module")
def teacher(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return train(TrainOptions(photos, tmp_path_factory.mktemp("teachers") / "big", size=48, epochs=1, batch=8))


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("three")
    fill(root, ["cats", "dogs", "mice"], 12, 3)
    return root


def own(targets: Any, answered: Any) -> Any:
    return tf.reduce_mean(tf.square(targets - answered))


def test_a_student_that_agrees_has_nothing_to_learn() -> None:
    for taught in ([[0.2], [0.9]], [[0.2, 0.5, 0.3], [0.1, 0.1, 0.8]]):
        answers = tf.constant(taught)
        assert float(distilled(own, weight=1, temperature=3)(answers, answers, answers)) == pytest.approx(0, abs=1e-6)


def test_loss_by_hand() -> None:
    taught, answered, labels = (np.array([[p]], np.float32) for p in (0.9, 0.6, 1.0))
    for temperature in (1.0, 4.0):
        q, p = (1 / (1 + np.exp(-np.log(v / (1 - v)) / temperature)) for v in (0.9, 0.6))
        divergence = q * np.log(q / p) + (1 - q) * np.log((1 - q) / (1 - p))
        by_hand = 0.7 * temperature**2 * divergence + 0.3 * 0.4**2
        loss = distilled(own, weight=0.7, temperature=temperature)
        assert float(loss(labels, taught, answered)) == pytest.approx(by_hand, rel=1e-4)


def test_two_columns_are_one() -> None:
    one, two = tf.constant([[0.8]]), tf.constant([[0.2, 0.8]])
    student = tf.constant([[0.3]])
    loss = distilled(own, weight=1, temperature=2)
    assert float(loss(student, one, student)) == pytest.approx(float(loss(student, two, student)), rel=1e-5)


def test_certainty_is_no_infinity() -> None:
    for taught, answered in ((1.0, 0.0), (0.0, 1.0)):
        answers = tf.Variable([[answered]])
        with tf.GradientTape() as tape:
            loss = distilled(own, weight=1, temperature=1)(answers, tf.constant([[taught]]), answers)
        assert np.isfinite(float(loss))
        assert np.isfinite(tape.gradient(loss, answers).numpy()).all()


class Watched(keras.layers.Layer):
    """Keeps what passes."""

    def __init__(self, seen: list[np.ndarray]) -> None:
        super().__init__()
        self.seen = seen

    def call(self, inputs: Any) -> Any:
        tf.py_function(lambda x: self.seen.append(x.numpy()), [inputs], [])
        return inputs


def watched(height: int, width: int) -> tuple[keras.Model, list[np.ndarray]]:
    """A small network, and all that it will see."""
    layer = Watched([])
    image = keras.Input((height, width, 3), name="image")
    x = keras.layers.GlobalAveragePooling2D()(layer(image))
    return keras.Model(image, keras.layers.Dense(1, "sigmoid")(x)), layer.seen


def lessons(views: int | None = None) -> Feed:
    """Eight photos of 16x12, in two steps an epoch."""
    source_u8 = np.random.default_rng(1).integers(0, 256, (8, 12, 16, 3), np.uint8)
    names = [str(i) for i in range(8)]
    photos = Photos(source_u8, np.arange(8), np.arange(8) % 2, names, names)
    return Feed(photos, Targets(photos.labels, 1), 4, get("lecture"), 3, views=views)


def test_both_see_the_same_variation() -> None:
    """A teacher at 16x12 and a student at 8x6: the student's photos are the teacher's, made smaller."""
    feed, (teacher, by_teacher), (student, by_student) = lessons(), watched(12, 16), watched(6, 8)
    [chunk] = feed.chunks(1, 2)
    Learner(student, Defaults(batch=4), feed, Ensemble([teacher])).learn(chunk, (6, 8))
    assert [x.shape for x in by_teacher] == [(4, 12, 16, 3)] * 2
    for big, small in zip(by_teacher, by_student, strict=True):
        assert np.allclose(seen_at(tf.constant(big), 6, 8), small, atol=1e-4)
    assert not np.allclose(by_teacher[0], chunk.images_u8[0])


def test_of_an_outlier_no_teacher_knows_better() -> None:
    feed, (teacher, by_teacher), (student, _) = lessons(1), watched(12, 16), watched(6, 8)
    feed = replace(feed, recipe=compose("none", outliers=0.25))
    pupil = Learner(student, Defaults(batch=4), feed, Ensemble([teacher]))
    [chunk] = feed.chunks(1, 2)
    pupil.learn(chunk, (6, 8))
    [kept] = [value for name, value in pupil.snapshot().items() if value.shape == (2, 4, 1)]
    own = np.stack([teacher(seen).numpy() for seen in by_teacher[:2]])
    assert np.allclose(kept[:, 1:], own[:, 1:], atol=1e-6)
    assert (kept[:, 0] == 0.5).all()
    assert (np.abs(own[:, 0] - 0.5) > 1e-3).all()


def test_several_are_averaged_each_asked_at_its_own_size() -> None:
    (big, by_big), (small, by_small) = watched(12, 16), watched(6, 8)
    images = tf.constant(np.random.default_rng(4).uniform(0, 1, (3, 12, 16, 3)), tf.float32)
    answers = Ensemble([big, small])(images)
    assert [x.shape for x in (*by_big, *by_small)] == [(3, 12, 16, 3), (3, 6, 8, 3)]
    one, other = big(images), small(seen_at(images, 6, 8))
    assert not np.allclose(one, other, atol=1e-3)
    assert np.allclose(answers, (one + other) / 2, atol=1e-6)


def test_views_repeat_and_are_not_asked_about_again() -> None:
    feed, (teacher, by_teacher), (student, by_student) = lessons(2), watched(12, 16), watched(6, 8)
    pupil = Learner(student, Defaults(batch=4), feed, Ensemble([teacher]))
    for epoch in range(1, 6):
        for chunk in feed.chunks(epoch, 1):
            pupil.learn(chunk, (6, 8))
        if epoch == 3:
            left = {name: np.array(value) for name, value in pupil.snapshot().items()}
            weights = student.get_weights()
    assert len(by_teacher) == 4
    epochs = [np.stack(by_student[i : i + 2]) for i in range(0, 10, 2)]
    assert np.array_equal(epochs[0], epochs[2])
    assert np.array_equal(epochs[1], epochs[3])
    assert not np.array_equal(epochs[0], epochs[1])
    # Resumed, it remembers.
    other, asked = watched(12, 16)
    again = Learner(watched(6, 8)[0], Defaults(batch=4), feed, Ensemble([other]))
    again.restore(left)
    assert all(np.array_equal(a, b) for a, b in zip(weights, again.model.get_weights(), strict=True))
    for chunk in feed.chunks(4, 1):
        again.learn(chunk, (6, 8))
    assert asked == []


def test_smaller_as_the_preprocessing_makes_it_smaller() -> None:
    from PIL import Image

    image_u8 = np.random.default_rng(2).integers(0, 256, (45, 60, 3), np.uint8)
    by_pillow = np.asarray(Image.fromarray(image_u8).resize((20, 15), Image.Resampling.BILINEAR))
    ours = seen_at(tf.constant(image_u8[None], tf.float32), 15, 20)[0].numpy()
    assert np.abs(ours - by_pillow).max() < 1


def test_student_run(teacher: Run, photos: Path, tmp_path: Path) -> None:
    options = TrainOptions(photos, tmp_path / "small", size=36, epochs=2, batch=8, teachers=[teacher.path])
    run = train(options)
    assert run.preprocessing == Preprocessing(36, 36)
    [taught] = run.manifest.training.teachers
    assert taught.name == "big"
    assert len(taught.sha256) == 64
    assert taught.command == teacher.manifest.training.command
    assert run.manifest.training.teacher_weight == 0.9
    assert np.load(run.file("calibration.npy")).shape[1:] == (36, 36, 3)
    assert not any("teacher" in note for note in run.manifest.dataset.notes)
    alone = train(replace(options, out=tmp_path / "alone", teachers=()))
    assert alone.manifest.training.teacher_weight is None
    assert alone.file("history.csv").read_bytes() != run.file("history.csv").read_bytes()


def test_run_of_two_teachers(teacher: Run, photos: Path, tmp_path: Path) -> None:
    other = train(TrainOptions(photos, tmp_path / "other", size=(40, 52), epochs=1, batch=8, seed=9))
    options = TrainOptions(photos, tmp_path / "small", size=36, epochs=1, batch=8, teachers=[teacher.path, other.path])
    assert resolve(options).source == Preprocessing(48, 52)
    training = train(options).manifest.training
    assert [taught.name for taught in training.teachers] == ["big", "other"]
    assert training.command.endswith("--teacher TEACHER --teacher TEACHER --epochs 1 --batch 8")


def test_learns_what_only_the_teacher_knows(photos: Path, tmp_path: Path) -> None:
    """Its photos' labels count for nothing: the student comes to answer as the teacher does."""
    big = train(TrainOptions(photos, tmp_path / "big", size=36, epochs=12, batch=8))
    options = TrainOptions(photos, tmp_path / "small", size=36, epochs=12, batch=8, teachers=[big.path])
    small = train(replace(options, seed=4, settings={"teacher_weight": 1.0, "teacher_temperature": 1.0}))
    ours, theirs = (np.stack([i.probabilities for i in run.reference.test]) for run in (small, big))
    assert np.abs(ours - theirs).mean() < 0.1


def test_resumed_with_the_same_teacher_alone(
    teacher: Run, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = TrainOptions(photos, tmp_path / "whole", size=36, epochs=2, batch=8, teachers=[teacher.path])
    whole, broken, learn = train(options), replace(options, out=tmp_path / "broken"), train_step.Learner.learn

    def interrupted(self: train_step.Learner, *args: Any) -> tuple[float, float]:
        if self.step >= 6:
            raise KeyboardInterrupt
        return learn(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(train_step.Learner, "learn", interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(broken)
    other = train(TrainOptions(photos, tmp_path / "other", size=48, epochs=1, batch=8, seed=9))
    with pytest.raises(UsageError, match=r"teachers.1.sha256: \w+ then, \w+ now"):
        train(replace(broken, resume=True, teachers=[other.path]))
    with pytest.raises(UsageError, match=r"teachers.1.sha256: \w+ then, None now"):
        train(replace(broken, resume=True, teachers=()))
    resumed = train(replace(broken, resume=True))
    assert resumed.file("reference.json").read_bytes() == whole.file("reference.json").read_bytes()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"fit": "pad"}, "its fit is squash, the student's pad"),
        ({"channels": 1, "arch": "lecture-28", "size": 48}, "its channels is 3, the student's 1"),
        ({"settings": {"teacher_weight": 2.0}}, "teacher weight 2.0: 0 to 1"),
        ({"settings": {"teacher_temperature": 0.5}}, "teacher temperature 0.5: 1 or more"),
    ],
)
def test_refused(teacher: Run, photos: Path, tmp_path: Path, change: dict, says: str) -> None:
    options = TrainOptions(photos, tmp_path / "run", size=36, teachers=[teacher.path])
    with pytest.raises(UsageError, match=says):
        train(replace(options, **change))
    assert not (tmp_path / "run").exists()


def test_other_classes_are_named(teacher: Run, three: Path, tmp_path: Path) -> None:
    options = TrainOptions(three, tmp_path / "run", size=36, teachers=[teacher.path])
    with pytest.raises(UsageError, match="other classes than these photos show: it does not know mice"):
        train(options)
    found = Teacher.open(teacher.path, Preprocessing(36, 36))
    with pytest.raises(UsageError, match="it knows cats, which the photos have not; it does not know mice"):
        found.check_labels(["dogs", "mice"])
    with pytest.raises(UsageError, match="its order is cats, dogs, theirs is dogs, cats"):
        found.check_labels(["dogs", "cats"])


def test_no_teacher_there_or_a_damaged_one(teacher: Run, photos: Path, tmp_path: Path) -> None:
    import shutil

    options = TrainOptions(photos, tmp_path / "run", size=36, teachers=[tmp_path / "nowhere"])
    with pytest.raises(NotFoundError, match="there is no such folder"):
        train(options)
    damaged = Path(shutil.copytree(teacher.path, tmp_path / "damaged"))
    with (damaged / "model.keras").open("ab") as stream:
        stream.write(b"\0")
    with pytest.raises(TamperedFileError, match=r"model\.keras"):
        train(replace(options, teachers=[damaged]))


def test_photos_that_the_teacher_may_have_learned_are_told(teacher: Run, tmp_path: Path) -> None:
    fill(tmp_path / "data", ["cats", "dogs"], 10, 8)
    run = train(TrainOptions(tmp_path / "data", tmp_path / "run", size=36, epochs=1, teachers=[teacher.path]))
    [note] = [note for note in run.manifest.dataset.notes if "teacher" in note]
    assert note == "4 of the test photos were not test photos of the teacher big, which may have learned them"


def test_three_classes_and_proportions(three: Path, tmp_path: Path) -> None:
    big = train(TrainOptions(three, tmp_path / "big", size=(48, 40), fit="crop", epochs=1))
    options = TrainOptions(three, tmp_path / "small", size=(60, 50), fit="crop", epochs=1, teachers=[big.path])
    run = train(options)  # a teacher that sees less is asked at its own size
    assert run.preprocessing.shape == (50, 60, 3)
    with pytest.raises(UsageError, match="its input is 48x40, not of the student's proportions"):
        train(replace(options, out=tmp_path / "other", size=40))
