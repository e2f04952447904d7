"""What one animal looks like: every choice made once, before the first line is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gemelo.synthetic.coat import Coat, random_coat
from gemelo.synthetic.colors import BRIGHT, EYES, Color, chance, jitter, pick, weighted

CAT_EARS = {"pointed": 5.0, "tall": 2.5, "wide": 2.0, "folded": 0.4}
DOG_EARS = {"floppy": 4.5, "long": 3.0, "pricked": 1.0, "button": 1.5, "bat": 0.5}
MOODS = {"open": 4.0, "wide": 2.0, "happy": 1.6, "sleepy": 1.0, "wink": 0.6}


@dataclass(frozen=True)
class Look:
    """One animal.

    Attributes:
        species: "cat" or "dog".
        coat: its fur.
        ears: a key of CAT_EARS or DOG_EARS.
        eyes: color of the iris.
        mood: a key of MOODS.
        turn: how far the face looks aside (x) and up or down (y), -1 to 1.
        tilt: degrees by which the head leans.
        build: width of the body, 1 is usual.
        muzzle: length of the snout, 1 is usual.
        tongue: whether it shows its tongue.
        collar: color of the collar, or None.
        blaze: whether a light stripe runs down its forehead.
    """

    species: str
    coat: Coat
    ears: str
    eyes: Color
    mood: str
    turn: tuple[float, float]
    tilt: float
    build: float
    muzzle: float
    tongue: bool
    collar: Color | None
    blaze: bool


def random_look(species: str, rng: np.random.Generator) -> Look:
    """A cat or a dog as chance will have it."""
    cat = species == "cat"
    return Look(
        species=species,
        coat=random_coat(species, rng),
        ears=weighted(CAT_EARS if cat else DOG_EARS, rng),
        eyes=jitter(pick(EYES[:3] if cat ^ chance(rng, 0.12) else EYES[3:], rng), rng),
        mood=weighted(MOODS, rng),
        turn=(float(rng.uniform(-1, 1)), float(rng.uniform(-0.6, 0.6))),
        tilt=float(rng.normal(0, 7)),
        build=float(rng.uniform(0.88, 1.22)),
        muzzle=float(rng.uniform(0.9, 1.3)),
        tongue=chance(rng, 0.08 if cat else 0.5),
        collar=pick(BRIGHT, rng) if chance(rng, 0.25 if cat else 0.55) else None,
        blaze=chance(rng, 0.3),
    )
