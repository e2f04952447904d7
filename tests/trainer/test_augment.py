import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from gemelo.errors import UnknownNameError, UsageError
from trainer.augment import RECIPES, Batch, augment, compose, get
from trainer.augment.batch import Random
from trainer.augment.geometry import HorizontalFlip, RandomResizedCrop, Rotation, Shear, Zoom
from trainer.augment.outliers import Outliers, is_even
from trainer.augment.pixels import Color, CutMix, Cutout, Mixup
from trainer.options import TrainOptions, resolve

N, SIDE = 16, 24


@pytest.fixture(scope="module")
def images_u8() -> np.ndarray:
    ramp = np.linspace(0, 255, SIDE)
    y, x = np.meshgrid(ramp, ramp, indexing="ij")
    return np.stack([np.stack([x, y, np.full_like(x, 10 * i)], -1) for i in range(N)]).astype(np.uint8)


@pytest.fixture(scope="module")
def targets() -> np.ndarray:
    return np.arange(N, dtype=np.float32)[:, None] % 2


def apply(ops: list, images_u8: np.ndarray, targets: np.ndarray, seed: int = 1, step: int = 0) -> np.ndarray:
    images, _ = augment(ops, images_u8, targets, seed, tf.constant(step, tf.int64))
    return images.numpy()


@pytest.mark.parametrize("name", RECIPES)
def test_depends_on_seed_and_step_alone(name: str, images_u8: np.ndarray, targets: np.ndarray) -> None:
    recipe = get(name)
    first, again = (apply(list(recipe), images_u8, targets, 3, 7) for _ in range(2))
    assert np.array_equal(first, again)
    assert first.shape == images_u8.shape
    if recipe:
        assert not np.array_equal(first, apply(list(recipe), images_u8, targets, 3, 8))
        assert not np.array_equal(first, apply(list(recipe), images_u8, targets, 4, 7))


def test_none_changes_nothing(images_u8: np.ndarray, targets: np.ndarray) -> None:
    assert np.array_equal(apply([], images_u8, targets), images_u8)


def test_flip_mirrors_some_and_only_mirrors(images_u8: np.ndarray, targets: np.ndarray) -> None:
    result = apply([HorizontalFlip()], images_u8, targets)
    mirrored = [np.allclose(r, i[:, ::-1], atol=1e-2) for r, i in zip(result, images_u8, strict=True)]
    same = [np.allclose(r, i, atol=1e-2) for r, i in zip(result, images_u8, strict=True)]
    assert all(a != b for a, b in zip(mirrored, same, strict=True))
    assert 2 <= sum(mirrored) <= N - 2


def test_zoom_scales_each_axis_about_the_centre(images_u8: np.ndarray, targets: np.ndarray) -> None:
    transform = Zoom(0.2)(Batch(tf.cast(images_u8, tf.float32), targets), Random(1, 0)).transform.numpy()
    x, y = transform[:, 0, 0], transform[:, 1, 1]
    assert 0.8 <= min(x.min(), y.min()) < 0.9
    assert 1.1 < max(x.max(), y.max()) <= 1.2
    assert not np.allclose(x, y)
    assert np.allclose(transform - transform * np.eye(3), 0)
    result = apply([Zoom(0.2)], images_u8, targets)
    middle = images_u8[:, SIDE // 2 - 1 : SIDE // 2 + 1, SIDE // 2 - 1 : SIDE // 2 + 1].astype(float).mean((1, 2))
    zoomed = result[:, SIDE // 2 - 1 : SIDE // 2 + 1, SIDE // 2 - 1 : SIDE // 2 + 1].mean((1, 2))
    assert np.allclose(middle, zoomed, atol=1)


def test_shear_is_in_degrees(images_u8: np.ndarray, targets: np.ndarray) -> None:
    transform = Shear(0.2)(Batch(tf.cast(images_u8, tf.float32), targets), Random(1, 0)).transform.numpy()
    assert 0 < np.abs(transform[:, 0, 1]).max() <= math.sin(math.radians(0.2)) * 1.001
    assert np.abs(apply([Shear(0.2)], images_u8, targets) - images_u8).max() < 4


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Keras imports scipy.ndimage by its old name
def test_shear_and_zoom_are_kerases(images_u8: np.ndarray, targets: np.ndarray) -> None:
    """The notebook's own function, with the numbers that were drawn here."""
    legacy = pytest.importorskip("keras.src.legacy.preprocessing.image")
    batch = Batch(tf.cast(images_u8, tf.float32), targets)
    angle = Shear(20)(batch, Random(5, 0)).transform.numpy()[:, 0, 1]
    scale = Zoom(0.2)(batch, Random(6, 0)).transform.numpy()
    combined = Zoom(0.2)(Shear(20)(batch, Random(5, 0)), Random(6, 0)).warped().images.numpy()
    for i in range(4):
        wanted = legacy.apply_affine_transform(
            images_u8[i].astype(np.float32),
            shear=-math.degrees(math.asin(angle[i])),
            zx=scale[i, 0, 0],
            zy=scale[i, 1, 1],
            row_axis=0,
            col_axis=1,
            channel_axis=2,
            order=1,
        )
        assert np.abs(combined[i] - wanted).max() < 0.5


def test_rotation_keeps_lengths(images_u8: np.ndarray, targets: np.ndarray) -> None:
    transform = Rotation(10)(Batch(tf.cast(images_u8, tf.float32), targets), Random(1, 0)).transform.numpy()
    assert np.allclose(np.linalg.det(transform), 1, atol=1e-5)
    assert np.abs(np.degrees(np.arcsin(transform[:, 1, 0]))).max() <= 10


def test_crop_stays_inside(images_u8: np.ndarray, targets: np.ndarray) -> None:
    transform = RandomResizedCrop(0.3)(Batch(tf.cast(images_u8, tf.float32), targets), Random(1, 0)).transform.numpy()
    corners = np.array([[-SIDE / 2, -SIDE / 2, 1], [SIDE / 2, SIDE / 2, 1]])
    places = np.einsum("nij,kj->nki", transform, corners)
    assert np.abs(places[..., :2]).max() <= SIDE / 2 + 1e-3
    area = transform[:, 0, 0] * transform[:, 1, 1]
    assert 0.25 <= area.min() <= area.max() <= 1.0


def test_geometry_is_one_warp(images_u8: np.ndarray, targets: np.ndarray) -> None:
    batch, random = Batch(tf.cast(images_u8, tf.float32), targets), Random(1, 0)
    for op in get("lecture"):
        batch = op(batch, random)
        assert batch.images is not None
        assert np.array_equal(batch.images, images_u8)
    assert batch.transform is not None
    assert batch.warped().transform is None


def test_edges_are_continued(targets: np.ndarray) -> None:
    white = np.full((N, SIDE, SIDE, 3), 255, np.uint8)
    assert np.allclose(apply([Zoom(0.5), Rotation(30)], white, targets), 255, atol=1e-2)


def test_color_keeps_the_range(images_u8: np.ndarray, targets: np.ndarray) -> None:
    result = apply([Color(0.5)], images_u8, targets)
    assert 0 <= result.min() <= result.max() <= 255
    assert not np.allclose(result, images_u8)
    grey = images_u8[..., :1]
    assert apply([Color(0.5)], grey, targets).shape == grey.shape


def test_cutout_covers_some_with_grey(targets: np.ndarray) -> None:
    black = np.zeros((64, SIDE, SIDE, 3), np.uint8)
    result = apply([Cutout(0.25, share=0.5)], black, np.zeros((64, 1), np.float32))
    covered = (result == 127.5).all(-1).sum((1, 2))
    assert 0.3 < (covered > 0).mean() < 0.7
    assert covered.max() <= (SIDE / 4 + 1) ** 2
    assert set(np.unique(result)) == {0.0, 127.5}


def test_mixup_blends_photos_and_targets_alike() -> None:
    values = np.arange(N, dtype=np.float32)
    images = np.broadcast_to(values[:, None, None, None], (N, 4, 4, 3)).astype(np.uint8)
    mixed, targets = augment([Mixup(0.4)], images, values[:, None], 1, tf.constant(3, tf.int64))
    assert np.allclose(mixed[:, 0, 0, 0], targets[:, 0], atol=1e-4)
    share = (targets[0, 0] - values[-1]) / (values[0] - values[-1])
    assert 0.5 <= float(share) <= 1.0


@pytest.mark.parametrize("step", range(6))
def test_cutmix_pastes_a_rectangle_and_its_share_of_the_targets(step: int) -> None:
    values = np.arange(N, dtype=np.float32)
    images = np.broadcast_to(values[:, None, None, None], (N, 20, 30, 3)).astype(np.uint8)
    mixed, targets = augment([CutMix(1.0)], images, values[:, None], 1, tf.constant(step, tf.int64))
    pasted = mixed.numpy()[0, :, :, 0] == values[-1]
    rows, columns = pasted.any(1), pasted.any(0)
    assert np.array_equal(pasted, rows[:, None] & columns[None])
    assert np.abs(np.diff(rows.astype(int))).sum() <= 2
    assert np.allclose(targets[:, 0], pasted.mean() * values[::-1] + (1 - pasted.mean()) * values, atol=1e-4)


def test_cutmix_takes_its_share_of_the_batches() -> None:
    images = np.arange(N, dtype=np.uint8)[:, None, None, None] * np.ones((1, 12, 12, 3), np.uint8)
    steps = [apply([CutMix(1.0, share=0.5)], images, np.zeros((N, 1), np.float32), 2, step) for step in range(40)]
    mixed = sum(not np.array_equal(seen, images) for seen in steps)
    assert 10 <= mixed <= 30


@pytest.mark.parametrize(("units", "channels"), [(1, 3), (4, 3), (1, 1)])
def test_outliers_are_pictures_of_their_own_with_every_class_alike(units: int, channels: int) -> None:
    values = np.arange(N, dtype=np.uint8)[:, None, None, None] * 16
    images_u8 = np.broadcast_to(values, (N, 130, 150, channels))
    targets = np.eye(max(2, units), dtype=np.float32)[np.arange(N) % 2][:, :units]
    images, wanted = augment([Outliers(0.25)], images_u8, targets, 3, tf.constant(5, tf.int64))
    assert np.array_equal(images[4:], images_u8[4:])
    assert np.array_equal(wanted[4:], targets[4:])
    assert np.allclose(wanted[:4], 0.5 if units == 1 else 0.25)
    assert is_even(wanted)[:, 0].numpy().tolist() == [True] * 4 + [False] * 12
    drawn = images.numpy()[:4]
    assert 0 <= drawn.min() < drawn.max() <= 255
    assert (drawn.std((1, 2)) > 1).all()
    assert all(np.abs(one - other).mean() > 5 for i, one in enumerate(drawn) for other in drawn[:i])
    again, _ = augment([Outliers(0.25)], images_u8, targets, 3, tf.constant(5, tf.int64))
    other, _ = augment([Outliers(0.25)], images_u8, targets, 3, tf.constant(6, tf.int64))
    assert np.array_equal(images, again)
    assert not np.array_equal(images[:4], other[:4])


def test_a_share_of_less_than_half_a_photo_is_none(images_u8: np.ndarray, targets: np.ndarray) -> None:
    assert np.array_equal(apply([Outliers(0.03)], images_u8, targets), images_u8)


@pytest.mark.parametrize(("settings", "words"), [({}, "--epochs 1 or more"), ({"outliers": 1.0}, "below 1")])
def test_outliers_that_cannot_be(tmp_path: Path, settings: dict, words: str) -> None:
    options = TrainOptions(tmp_path, tmp_path / "run", arch="efficientnet-lite0", epochs=0)
    with pytest.raises(UsageError, match=f"outliers .*{words}"):
        resolve(replace(options, settings={"outliers": 0.1, **settings}))


def test_half_of_the_outliers_are_made_of_pieces_of_photos() -> None:
    """Of photos that are checkered: few of the shapes that are drawn without them are."""
    checkered = np.indices((96, 96)).sum(0) % 2 * np.uint8(255)
    images_u8 = np.broadcast_to(checkered[None, :, :, None], (64, 96, 96, 3))
    images, _ = augment([Outliers(1)], images_u8, np.zeros((64, 1), np.float32), 1, tf.constant(0, tf.int64))
    steps = np.abs(np.diff(images.numpy().mean(-1), axis=2))
    rough = (steps > 40).mean((1, 2))
    assert 0.3 < (rough > 0.05).mean() < 0.7


def test_mixing_in_place_of_a_recipe_s_own() -> None:
    assert compose("strong") == get("strong")
    assert compose("strong", mixup=0) == [op for op in get("strong") if not isinstance(op, Mixup)]
    assert compose("gentle", cutmix=0.5)[-1] == CutMix(0.5, 1.0)
    assert compose("gentle", outliers=0.1) == [*get("gentle"), Outliers(0.1)]
    assert compose("mixed", mixup=0.4, cutmix=1.0)[-2:] == [CutMix(1.0, 0.5), Mixup(0.4, 0.5)]


def test_unknown_recipe() -> None:
    with pytest.raises(UnknownNameError, match="unknown recipe 'wild'"):
        get("wild")
