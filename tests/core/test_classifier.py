"""Photos in, labels out: held to the tiny network by numpy."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import gemelo
from gemelo.errors import EmptyImageError, UnknownNameError, UsageError
from gemelo.preprocessing import prepare
from tests.support.bundles import LABELS, PREPROCESSING, answer, make_bundle, rewrite_manifest


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("classifier") / "tiny").path


@pytest.fixture
def photos(bundle: Path) -> list[Path]:
    return sorted((bundle / "goldens").iterdir())


def test_label_probability_and_index_are_the_network_s(bundle: Path, photos: list[Path]) -> None:
    seen = set()
    with gemelo.load(bundle) as classifier:
        for photo in photos:
            expected = answer(prepare(photo, PREPROCESSING))
            predictions = classifier.predict(photo)
            assert [p.index for p in predictions] == list(np.argsort(-expected))
            for prediction in predictions:
                assert prediction.label == LABELS[prediction.index]
                assert prediction.probability == pytest.approx(float(expected[prediction.index]), abs=1e-6)
            seen.add(predictions[0].label)
    assert seen == set(LABELS)


def test_every_kind_of_source_is_answered_alike(bundle: Path, photos: list[Path]) -> None:
    path = photos[0]
    with gemelo.load(bundle) as classifier, path.open("rb") as stream:
        expected = classifier.predict(path)
        with Image.open(path) as image:
            sources = [str(path), path.read_bytes(), io.BytesIO(path.read_bytes()), stream, image, np.asarray(image)]
            assert all(classifier.predict(source) == expected for source in sources)


def test_batches_answer_as_single_photos_do(bundle: Path, photos: list[Path]) -> None:
    with gemelo.load(bundle) as classifier:
        single = [classifier.predict(photo) for photo in photos]
        for batch in (1, 5, 64):
            together = list(classifier.predict_batch(photos, batch=batch))
            for one, other in zip(single, together, strict=True):
                assert [p.label for p in one] == [p.label for p in other]
                assert [p.probability for p in one] == pytest.approx([p.probability for p in other], abs=1e-6)


def test_an_answer_below_the_threshold_does_not_count(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "tiny")
    photos = sorted((bundle.path / "goldens").iterdir())
    with gemelo.load(bundle.path) as classifier:
        assert classifier.threshold is None
        answers = [classifier.predict(photo) for photo in photos]
        assert all(classifier.is_sure(one) for one in answers)
    middle = sorted(one[0].probability for one in answers)[len(answers) // 2]
    rewrite_manifest(bundle.path, {"abstain": {"threshold": middle, "answered": 0.5, "accuracy": 0.9}})
    with gemelo.load(bundle.path) as classifier:
        assert classifier.threshold == middle
        found = [classifier.is_sure(one) for one in answers]
    assert found == [one[0].probability >= middle for one in answers]
    assert {True, False} == set(found)


def test_the_mirror_image_has_half_a_say(bundle: Path, photos: list[Path]) -> None:
    class LeftHalf:
        """A runtime that looks at the left half alone."""

        classes = len(LABELS)

        def run(self, images: np.ndarray) -> np.ndarray:
            assert images.flags.c_contiguous
            return np.stack([answer(image[:, : PREPROCESSING.width // 2]) for image in images])

        def close(self) -> None:
            pass

    with gemelo.load(bundle, mirror=True) as classifier:
        classifier._session = LeftHalf()
        for photo in photos:
            image_u8 = prepare(photo, PREPROCESSING)
            halves = [answer(image_u8[:, :8]), answer(image_u8[:, 8:])]
            found = {p.index: p.probability for p in classifier.predict(photo)}
            assert [found[i] for i in range(len(LABELS))] == pytest.approx(np.mean(halves, axis=0).tolist(), abs=1e-6)


def test_top(bundle: Path, photos: list[Path]) -> None:
    with gemelo.load(bundle) as classifier:
        assert classifier.predict(photos[0], top=1) == classifier.predict(photos[0])[:1]
        with pytest.raises(UsageError, match="top must be"):
            classifier.predict(photos[0], top=0)


def test_one_unreadable_photo_among_many(bundle: Path, photos: list[Path]) -> None:
    with gemelo.load(bundle) as classifier:
        answers = [row for _, row in classifier.predict_all([photos[0], b"", photos[1]], batch=2)]
        assert isinstance(answers[1], EmptyImageError)
        assert answers[0] == classifier.predict(photos[0])
        assert answers[2] == classifier.predict(photos[1])
        with pytest.raises(EmptyImageError):
            list(classifier.predict_batch([photos[0], b""]))


def test_what_is_not_there_is_named(bundle: Path) -> None:
    with pytest.raises(UnknownNameError, match="unknown artifact 'tfjs'") as caught:
        gemelo.load(bundle, format="tfjs")
    assert caught.value.hint == "there is: onnx/fp32"
