"""Drawings of cats and dogs: a data set for those who have no photos at hand.

Deterministic by seed, drawn with Pillow alone, in the folder layout of the lecture.
"""

from gemelo.synthetic.dataset import Counts, draw_dataset
from gemelo.synthetic.photo import SIZE, SPECIES, draw_photo

__all__ = ["SIZE", "SPECIES", "Counts", "draw_dataset", "draw_photo"]
