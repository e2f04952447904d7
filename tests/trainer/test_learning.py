"""The parts that a training is made of: order, rates, quicker copies of a network."""

import math
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf

from gemelo.preprocessing import Preprocessing
from trainer import architectures
from trainer.augment import augment, get
from trainer.batches import Feed, Targets
from trainer.defaults import Defaults
from trainer.fused import FusedBatchNormalization, fused, resized
from trainer.photos import Photos
from trainer.predict import answerer
from trainer.train_step import Learner, learning_rate

PHOTOS = 23


@pytest.fixture
def feed() -> Feed:
    # Photo i is all of value i, and stands in row i + 2 of what was decoded.
    source = np.arange(PHOTOS + 2, dtype=np.uint8)[:, None, None, None] - np.uint8(2)
    source_u8 = np.broadcast_to(source, (PHOTOS + 2, 36, 36, 3))
    labels = np.arange(PHOTOS) % 2
    names = [str(i) for i in range(PHOTOS)]
    photos = Photos(source_u8, np.arange(2, PHOTOS + 2), labels, names, names)
    return Feed(photos, Targets(labels, 1), 5, get("none"), 7)


def test_every_photo_in_every_epoch(feed: Feed) -> None:
    assert (feed.size, feed.steps) == (5, 5)
    orders = []
    for epoch in (1, 2):
        chunks = list(feed.chunks(epoch, 2))
        assert [len(chunk.targets) for chunk in chunks] == [2, 2, 1]
        seen = np.concatenate([chunk.images_u8[:, :, 0, 0, 0].ravel() for chunk in chunks])
        wanted = np.concatenate([chunk.targets.ravel() for chunk in chunks])
        assert set(seen) == set(range(PHOTOS))
        assert np.array_equal(seen % 2, wanted)
        orders.append(seen.tolist())
    assert orders[0] != orders[1]


def test_an_epoch_left_early_leaves_nothing_behind(feed: Feed) -> None:
    before = threading.active_count()
    chunks = feed.chunks(1, 1)
    next(chunks)
    chunks.close()
    assert threading.active_count() == before


def test_fewer_photos_than_a_batch(feed: Feed) -> None:
    few = Feed(feed.photos, feed.targets, 64, feed.recipe, 1)
    assert (few.size, few.steps) == (PHOTOS, 1)


def test_targets() -> None:
    assert Targets(np.array([0, 1]), 1)[:].tolist() == [[0.0], [1.0]]
    assert Targets(np.array([0, 1]), 2)[:].tolist() == [[1, 0], [0, 1]]
    assert Targets(np.array([2, 0]), 3)[:].tolist() == [[0, 0, 1], [1, 0, 0]]
    assert Targets(np.array([2, 0]), 3)[np.array([[1, 0]])].tolist() == [[[1, 0, 0], [0, 0, 1]]]


def test_targets_are_made_when_they_are_asked_for() -> None:
    many = Targets(np.arange(100_000), 100_000)  # all of them would be 40 GB
    assert many[np.array([5, 99_999])].sum() == 2


def test_rates() -> None:
    assert learning_rate(Defaults(learning_rate=0.1), 999, 10) == 0.1
    settings = Defaults(learning_rate=1.0, schedule="cosine", warmup_epochs=2, epochs=10)
    rates = [learning_rate(settings, step, 10) for step in range(100)]
    assert rates[:20] == pytest.approx([(i + 1) / 20 for i in range(20)])
    assert rates[60] == pytest.approx(0.5 * (1 + math.cos(math.pi / 2)))
    assert 0 < rates[-1] < 0.001


def test_small_photos_come_first(feed: Feed) -> None:
    settings = Defaults(epochs=10, early_epochs=0.6, early_size=0.75)
    learner = Learner(architectures.get("compact").build(Preprocessing(64, 48), 2), settings, feed)
    assert [learner.shape(epoch) for epoch in (1, 6, 7, 10)] == [(36, 48), (36, 48), (48, 64), (48, 64)]


def test_smaller_photos_are_the_photo() -> None:
    ramp = np.linspace(0, 255, 64)
    photo = np.stack(np.broadcast_arrays(ramp[:, None], ramp[None, :], np.float64(50)), -1)[None].astype(np.uint8)
    seen, _ = augment([], photo, np.zeros((1, 1), np.float32), 1, tf.constant(0, tf.int64), (48, 32))
    assert seen.shape == (1, 48, 32, 3)
    assert np.allclose(seen[0, :, 5, 0], np.interp((np.arange(48) + 0.5) / 48 * 64 - 0.5, np.arange(64), ramp), atol=1)
    assert np.allclose(seen[0, 5, :, 1], np.interp((np.arange(32) + 0.5) / 32 * 64 - 0.5, np.arange(64), ramp), atol=1)


@pytest.fixture(scope="module")
def network() -> keras.Model:
    model = architectures.get("compact").build(Preprocessing(32, 32), 2)
    rng = np.random.default_rng(1)
    model.set_weights([w + rng.uniform(0, 0.2, w.shape).astype(np.float32) for w in model.get_weights()])
    return model


def test_fused_batch_norm_answers_the_same(network: keras.Model) -> None:
    images_u8 = np.random.default_rng(2).integers(0, 256, (4, 32, 32, 3), np.uint8)
    copy = fused(network)
    assert any(isinstance(layer, FusedBatchNormalization) for layer in copy.layers)
    assert np.allclose(answerer(copy)(images_u8), answerer(network)(images_u8), atol=1e-5)


def test_fused_batch_norm_learns_the_same() -> None:
    x = np.random.default_rng(3).normal(3, 2, (8, 6, 6, 4)).astype(np.float32)
    layers = [keras.layers.BatchNormalization(), FusedBatchNormalization()]
    plain, quick = (np.asarray(layer(x, training=True)) for layer in layers)
    assert np.allclose(plain, quick, atol=1e-4)
    plain_mean, quick_mean = (np.asarray(layer.moving_mean.value) for layer in layers)
    assert np.allclose(plain_mean, quick_mean, atol=1e-5)
    plain_var, quick_var = (np.asarray(layer.moving_variance.value) for layer in layers)
    assert np.allclose(plain_var, quick_var, rtol=1e-3)  # biased and unbiased variance


def test_resized_shares_weights(network: keras.Model) -> None:
    small = resized(network, 24, 20)
    assert small.input_shape == (None, 24, 20, 3)
    assert all(a is b for a, b in zip(small.weights, network.weights, strict=True))


def test_nothing_to_fuse() -> None:
    model = architectures.get("lecture").build(Preprocessing(36, 36), 2)
    assert fused(model) is model


def test_integer_weights_are_copied_into_the_average_not_averaged(feed: Feed) -> None:
    """As the counter of Normalization, which EfficientNet begins with."""
    image = keras.Input((36, 36, 3), name="image")
    norm = keras.layers.Normalization()
    x = keras.layers.GlobalAveragePooling2D()(norm(image))
    model = keras.Model(image, keras.layers.Dense(1, activation="sigmoid")(x))
    counter = next(weight for weight in model.weights if "int" in str(weight.dtype))
    counter.assign(2_000_000_001)  # no float32 holds it
    learner = Learner(model, Defaults(size=(36, 36), epochs=1, ema=0.9), feed)
    before = learner.weights()
    learner.learn(next(iter(feed.chunks(1, 2))), (36, 36))
    after = learner.weights()
    place = next(i for i, weight in enumerate(model.weights) if weight is counter)
    assert (after[place].dtype, int(after[place])) == (before[place].dtype, 2_000_000_001)
    assert any((one != other).any() for one, other in zip(before, after, strict=True)), "the others have moved"
