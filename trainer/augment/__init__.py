"""Photos varied as they are learned from: recipes are short lists of little objects, read aloud."""

from .batch import Batch, Op, Random, augment
from .recipes import RECIPES, compose, get

__all__ = ["RECIPES", "Batch", "Op", "Random", "augment", "compose", "get"]
