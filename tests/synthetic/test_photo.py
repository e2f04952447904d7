"""One drawing: it is repeatable, of the size asked for, and of what was asked for."""

import numpy as np
import pytest

from gemelo.errors import UnknownNameError
from gemelo.synthetic import SPECIES, draw_photo
from gemelo.synthetic.backgrounds import BACKGROUNDS
from gemelo.synthetic.backgrounds import ODDS as PLACES
from gemelo.synthetic.coat import PATTERNS
from gemelo.synthetic.colors import Dice
from gemelo.synthetic.look import CAT_EARS, DOG_EARS, MOODS, random_look
from gemelo.synthetic.poses import ODDS as STANCES
from gemelo.synthetic.poses import POSES


@pytest.mark.parametrize("label", SPECIES)
def test_the_same_state_gives_the_same_pixels(label: str) -> None:
    first, second, other = (draw_photo(label, np.random.default_rng(seed)) for seed in (5, 5, 6))
    assert first.tobytes() == second.tobytes()
    assert (first.size, first.tobytes()) != (other.size, other.tobytes())


@pytest.mark.parametrize("label", SPECIES)
def test_sizes_vary_within_what_was_asked_for(label: str) -> None:
    rng = np.random.default_rng(1)
    sizes = [draw_photo(label, rng, size=(40, 90)).size for _ in range(30)]
    assert all(40 <= side <= 90 for size in sizes for side in size)
    assert any(w > h for w, h in sizes)
    assert any(w < h for w, h in sizes)
    assert len(set(sizes)) > 20


@pytest.mark.parametrize("shape", [(32, 32), (200, 40), (40, 200), (1, 1)])
def test_any_exact_shape_can_be_drawn(shape: tuple[int, int]) -> None:
    image = draw_photo("dogs", np.random.default_rng(0), shape=shape)
    assert image.size == shape
    assert image.mode == "RGB"


def test_a_picture_has_something_in_it() -> None:
    for seed in range(40):
        pixels = np.asarray(draw_photo(("cats", "dogs")[seed % 2], np.random.default_rng(seed), shape=(96, 80)))
        assert pixels.std() > 8
        assert 25 < pixels.mean() < 235


def test_an_unknown_label_is_named_with_those_there_are() -> None:
    with pytest.raises(UnknownNameError, match="cows") as caught:
        draw_photo("cows", np.random.default_rng(0))
    assert "cats, dogs" in str(caught.value)


def test_every_choice_has_its_drawing() -> None:
    for species in ("cat", "dog"):
        assert set(STANCES[species]) == set(POSES)
        assert set(PLACES[species]) == set(BACKGROUNDS)


def test_cats_and_dogs_share_coats_patterns_and_moods() -> None:
    looks = {species: [random_look(species, Dice(np.random.PCG64(i))) for i in range(400)] for species in PATTERNS}
    for trait in ("mood", "collar"):
        assert {getattr(look, trait) for look in looks["cat"]} == {getattr(look, trait) for look in looks["dog"]}
    assert {look.coat.pattern for look in looks["cat"]} == {look.coat.pattern for look in looks["dog"]}
    assert {look.mood for look in looks["cat"]} == set(MOODS)
    assert {look.ears for look in looks["cat"]} == set(CAT_EARS)
    assert {look.ears for look in looks["dog"]} == set(DOG_EARS)
