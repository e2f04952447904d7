"""The detective finds the preprocessing that a model wants, calls ties ties, and says when it knows nothing."""

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gemelo.errors import DatasetError, LabelMismatchError, UsageError
from importers import detective, verdict
from importers.declare import SCALES, Declared
from importers.detective import detect, sample
from importers.label_order import assign, label_orders
from importers.loaded import Loaded
from importers.trials import Array, Combination, Finding, Trial

SIDE = 8
# None is another one with red and blue exchanged: that would be the same as another order of labels.
TINTS = {"blue": (40, 60, 200), "lime": (130, 200, 90), "pink": (210, 120, 150)}


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, str]]:
    """Twenty noisy photos of each tint."""
    root, generator = tmp_path_factory.mktemp("tints"), np.random.default_rng(0)
    found = []
    for label, tint in TINTS.items():
        for i in range(20):
            pixels = np.clip(generator.normal(tint, 60, (24, 32, 3)), 0, 255).astype(np.uint8)
            path = root / f"{label}{i}.png"
            Image.fromarray(pixels).save(path)
            found.append((path, label))
    return found


def model_of(answer: Callable[[Array], Array], outputs: int = 3, **facts: object) -> Loaded:
    return Loaded(
        *("keras", "Keras 3", None, SIDE, SIDE, 3, "NHWC", "float32", outputs),
        inside=Declared(),
        answer=answer,
        call=answer,
        **facts,
    )


def nearest_tint(scale: str, order: str, labels: tuple[str, ...] = tuple(sorted(TINTS)), sharp: float = 8) -> Loaded:
    """A model that knows the tints as one preprocessing shows them, and is lost where they come otherwise."""
    shown = np.array([TINTS[label] for label in labels], np.float32)
    shown = shown[:, ::-1] if order == "bgr" else shown
    mean, std = (np.array(values, np.float32) for values in (SCALES[scale].mean, SCALES[scale].std))
    known = (shown - mean) / std
    spread = float(np.abs(known - known.mean(0)).mean())

    def answer(batch: Array) -> Array:
        distance = ((batch.mean((1, 2))[:, None] - known) ** 2).sum(-1) / spread**2
        return np.exp(-sharp * distance) / (np.exp(-sharp * distance).sum(-1, keepdims=True) + 1e-30)

    return model_of(answer)


def same(outputs: Array) -> Array:
    return outputs


def run(model: Loaded, photos: list[tuple[Path, str]], known: Declared | None = None) -> Finding:
    return detect(model, known or Declared(), photos, probabilities=same)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detective, "_FILTERS", ("pillow-bilinear",))
    monkeypatch.setattr(detective, "_FITS", ("squash", "crop"))


@pytest.mark.parametrize(
    ("scale", "order"),
    [("0..1", "rgb"), ("0..1", "bgr"), ("-1..1", "rgb"), ("0..255", "bgr"), ("caffe", "bgr"), ("torch", "rgb")],
)
def test_scale_and_channel_order_are_found(scale: str, order: str, photos: list[tuple[Path, str]]) -> None:
    found = run(nearest_tint(scale, order), photos)
    named = [trial.combination for trial in (found.best, *found.ties)]
    assert (scale, order) in {(str(one.scale), one.channel_order) for one in named}
    assert found.knows
    assert found.best.accuracy > 0.95
    assert {trial.combination.channel_order for trial in found.ties} == {order}
    wrong = next(
        trial for trial in found.trials if trial.combination.scale == SCALES["0..1" if scale != "0..1" else "-1..1"]
    )
    assert wrong.worse_than(found.best)


def test_a_model_that_is_too_sure_of_itself_is_found_as_well(photos: list[tuple[Path, str]]) -> None:
    """Wrong and sure costs more than to know nothing, unless the temperature is fitted."""
    wrong = [(path, "pink" if i % 3 == 0 else label) for i, (path, label) in enumerate(photos)]
    best = run(nearest_tint("-1..1", "rgb", sharp=300), wrong).best
    assert str(best.combination.scale) == "-1..1"
    assert best.temperature > 4
    assert best.loss < np.log(3)


def test_what_makes_no_difference_is_a_tie(photos: list[tuple[Path, str]]) -> None:
    brightness = {"blue": 80, "lime": 130, "pink": 180}

    def answer(batch: Array) -> Array:
        distance = (batch.mean((1, 2, 3))[:, None] - np.array(sorted(brightness.values()), np.float32) / 255) ** 2
        return np.exp(-500 * distance) / (np.exp(-500 * distance).sum(-1, keepdims=True) + 1e-30)

    bright = []
    for path, label in photos:
        other = path.with_name(f"grey-{path.name}")
        Image.new("RGB", (20, 20), (brightness[label],) * 3).save(other)
        bright.append((other, label))
    found = run(model_of(answer), bright)
    assert str(found.best.combination.scale) == "0..1"
    assert replace(found.best.combination, channel_order="bgr") in [trial.combination for trial in found.ties]


@pytest.mark.parametrize("labels", list(permutations(TINTS)))
def test_the_order_of_labels_is_found(labels: tuple[str, ...], photos: list[tuple[Path, str]]) -> None:
    best = run(nearest_tint("0..1", "rgb", labels), photos).best.combination
    assert best.labels == labels
    assert best.usual == (labels == tuple(sorted(labels)))


def test_a_declared_combination_is_tried_and_judged(photos: list[tuple[Path, str]]) -> None:
    declared = Declared(scale=SCALES["torch"], channel_order="bgr", labels=tuple(sorted(TINTS)))
    found = run(nearest_tint("torch", "rgb"), photos, declared)
    wrong = found.of(replace(found.best.combination, channel_order="bgr"))
    assert wrong is not None
    assert wrong.worse_than(found.best)
    assert found.best.combination.channel_order == "rgb"


def test_a_scale_inside_the_model_stays(photos: list[tuple[Path, str]]) -> None:
    inside = replace(nearest_tint("0..255", "bgr"), inside=Declared(scale=SCALES["0..255"]))
    found = run(inside, photos)
    assert {str(trial.combination.scale) for trial in found.trials} == {"0..255"}
    assert found.best.combination.channel_order == "bgr"


@pytest.mark.parametrize("value", [1 / 3, np.nan])
def test_a_model_that_knows_nothing(value: float, photos: list[tuple[Path, str]]) -> None:
    found = run(model_of(lambda batch: np.full((len(batch), 3), value, np.float32)), photos)
    assert not found.knows
    assert found.best.combination.usual


def test_two_classes_may_be_the_other_way_round(photos: list[tuple[Path, str]]) -> None:
    two = [(path, label) for path, label in photos if label != "lime"]
    assert label_orders(["blue", "pink"], 2, None) == [("blue", "pink"), ("pink", "blue")]
    whole = nearest_tint("0..1", "rgb", ("pink", "blue"))
    found = run(replace(whole, outputs=2), two)
    assert found.best.combination.labels == ("pink", "blue")


def test_labels_by_their_numbers() -> None:
    labels = ["Class 2", "class 10", "class 1"]
    assert label_orders(labels, 3, None) == [
        ("Class 2", "class 1", "class 10"),
        ("class 1", "class 10", "Class 2"),
    ]
    assert ("c1", "c2", "c10") in label_orders(["c1", "c10", "c2"], 3, None)


def test_labels_that_do_not_fit(photos: list[tuple[Path, str]]) -> None:
    model = nearest_tint("0..1", "rgb")
    with pytest.raises(LabelMismatchError, match="photos are labeled pink, which is none"):
        run(model, photos, Declared(labels=("blue", "lime", "yellow")))
    with pytest.raises(LabelMismatchError, match="tells 5 classes apart, the photos are in 3 folders"):
        run(replace(model, outputs=5), photos)
    with pytest.raises(UsageError, match="any size"):
        run(replace(model, width=None), photos)


def test_photos_that_cannot_be_read_stop_nothing(photos: list[tuple[Path, str]], tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n")
    found = run(nearest_tint("0..1", "rgb"), [(broken, "pink"), *photos])
    assert found.photos == 60
    assert list(found.unreadable) == [str(broken)]
    with pytest.raises(DatasetError, match="none of the photos"):
        run(nearest_tint("0..1", "rgb"), [(broken, label) for label in TINTS])


def test_a_sample_is_even_and_the_same_every_time(photos: list[tuple[Path, str]]) -> None:
    some = sample(photos, 10)
    assert some == sample(list(reversed(photos))[::-1], 10)
    assert sorted(label for _, label in some) == ["blue"] * 4 + ["lime"] * 3 + ["pink"] * 3
    assert sorted(sample(photos, 1000)) == sorted(photos)


def test_the_likeliest_assignment() -> None:
    generator = np.random.default_rng(1)
    labels = tuple(f"l{i}" for i in range(12))
    columns = generator.permutation(12)
    found = np.array([label for label in labels for _ in range(5)])
    logarithms = generator.normal(-3, 0.5, (60, 12)).astype(np.float32)
    logarithms[np.arange(60), columns[np.repeat(np.arange(12), 5)]] += 2
    order = assign(logarithms, found, labels)
    assert [order[column] for column in columns] == list(labels)


def test_a_slow_model_is_asked_about_fewer_photos(
    photos: list[tuple[Path, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detective, "_SECONDS", 1e-6)
    found = run(nearest_tint("0..1", "rgb"), sample(photos))
    assert found.photos == 50
    assert str(found.best.combination.scale) == "0..1"


def test_a_fit_of_pillow_is_tried_with_filters_of_pillow_alone(
    photos: list[tuple[Path, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detective, "_FILTERS", ("pillow-bilinear", "tf-bilinear"))
    found = run(nearest_tint("0..1", "rgb"), photos, Declared(fit="pillow-fit", filter="pillow-lanczos"))
    tried = {(trial.combination.fit, trial.combination.filter) for trial in found.trials}
    assert {("pillow-fit", "pillow-lanczos"), ("pillow-fit", "pillow-bilinear")} <= tried
    assert ("pillow-fit", "tf-bilinear") not in tried
    assert str(found.best.combination.scale) == "0..1"


def test_a_photo_that_one_fit_cannot_take_stops_nothing(
    photos: list[tuple[Path, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detective, "_FITS", ("squash", "tf-pad"))
    thin = tmp_path / "thin.png"
    Image.new("RGB", (1, 100), TINTS["pink"]).save(thin)  # padded, it would be less than a pixel wide
    found = run(nearest_tint("0..1", "rgb"), [(thin, "pink"), *photos])
    assert found.photos == 61
    assert not found.unreadable
    assert {trial.combination.fit for trial in found.trials} == {"squash", "tf-pad"}


@pytest.fixture(scope="module")
def doubtful(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, str]]:
    """Photos with more or less red than green: the redder, the more of them are called red."""
    root, generator = tmp_path_factory.mktemp("doubtful"), np.random.default_rng(1)
    found = []
    for i, surplus in enumerate(generator.normal(0, 10, 120)):
        label = "red" if generator.random() < 1 / (1 + np.exp(-0.15 * surplus)) else "dull"
        path = root / f"{i}.png"
        Image.new("RGB", (16, 16), (round(128 + surplus), 128, 128)).save(path)
        found.append((path, label))
    return found


def no_bias(batch: Array) -> Array:
    """A sigmoid unit that wants 0..1: with 0..255, its logits are 255 times as large, and as often right."""
    logits = np.float32(60) * (batch[..., 0] - batch[..., 1]).mean((1, 2))
    sigmoid = 1 / (1 + np.exp(-np.clip(logits, -80, 80), dtype=np.float32))
    return np.stack([1 - sigmoid, sigmoid], -1).astype(np.float32)


def test_a_scale_that_is_far_too_large_is_seen_though_calibration_hides_it(doubtful: list[tuple[Path, str]]) -> None:
    declared = Declared(scale=SCALES["0..255"], channel_order="rgb", labels=("dull", "red"))
    found = run(model_of(no_bias, 2), doubtful, declared)
    own = next(trial for trial in found.trials if trial.combination.scale == SCALES["0..255"])
    assert own.too_sure_beside(found.best)
    assert abs(own.loss - found.best.loss) < 0.1, "the temperature makes them alike"
    told = str(verdict.warning(found, own.combination))
    assert f"the log-loss is {own.raw_loss:.2f} on 120 photos" in told
    assert f"With --scale {found.best.combination.scale}, it is {found.best.raw_loss:.2f}" in told
    assert own.raw_loss > 5 > 1 > found.best.raw_loss
    right = replace(own.combination, scale=SCALES["0..1"])
    assert verdict.warning(run(model_of(no_bias, 2), doubtful, right.declared()), right) is None


def one_trial(right: int, of: int, chance: float = 0.5) -> Finding:
    """A finding of one combination that is not surer than guessing: its log-loss tells nothing."""
    combination = Combination(SCALES["0..1"], "rgb", "pillow-bilinear", "squash", None, ("a", "b"))
    losses = np.full(of, np.log(2), np.float32)
    return Finding([Trial(combination, losses, right / of, 1, losses, too_sure=False)] * 48, of, 400, chance, {})


def test_an_accuracy_that_chance_does_not_explain_is_enough() -> None:
    found = one_trial(135, 200)
    assert found.knows
    assert "right on 67.5\N{NO-BREAK SPACE}% of 200 of 400 photos" in verdict.sentences(found)[0]
    assert verdict.table(found)[0][-1] == "best"


@pytest.mark.parametrize(("right", "of", "chance"), [(110, 200, 0.5), (6, 6, 0.5), (150, 200, 0.75), (9, 9, 1)])
def test_without_enough_evidence_nothing_is_called_best(right: int, of: int, chance: float) -> None:
    found = one_trial(right, of, chance)
    assert not found.knows
    assert verdict.sentences(found)[0].startswith("Not enough evidence: no combination of 48")
    assert {row[-1] for row in verdict.table(found)} == {""}
    assert verdict.as_json(found)["given"] == 400
