"""What one animal looks like: every choice made once, before the first line is drawn."""

from dataclasses import dataclass

from gemelo.synthetic.coat import Coat, random_coat
from gemelo.synthetic.colors import BRIGHT, EYES, Color, Dice

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

    def shift(self, depth: float) -> tuple[float, float]:
        """How far a feature `depth` in front of the head moves when the head turns."""
        return self.turn[0] * depth, self.turn[1] * depth * 0.7


def random_look(species: str, dice: Dice) -> Look:
    """A cat or a dog as chance will have it."""
    cat = species == "cat"
    return Look(
        species=species,
        coat=random_coat(species, dice),
        ears=dice.weighted(CAT_EARS if cat else DOG_EARS),
        eyes=dice.jitter(dice.pick(EYES[:3] if cat ^ dice.chance(0.12) else EYES[3:])),
        mood=dice.weighted(MOODS),
        turn=(dice.between(-1, 1), dice.between(-0.6, 0.6)),
        tilt=float(dice.normal(0, 7)),
        build=dice.between(0.88, 1.22),
        muzzle=dice.between(0.9, 1.3),
        tongue=dice.chance(0.08 if cat else 0.5),
        collar=dice.pick(BRIGHT) if dice.chance(0.25 if cat else 0.55) else None,
        blaze=dice.chance(0.3),
    )
