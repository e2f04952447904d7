"""Networks that come as TensorFlow graphs: frozen, and lifted to functional Keras models, so that one path exports all.

`frozen` makes a graph without variables of a SavedModel or of a Keras model; `lift` makes a Keras model of the graph.
"""

from .frozen import Frozen, of_keras, of_saved_model
from .lift import lifted

__all__ = ["Frozen", "lifted", "of_keras", "of_saved_model"]
