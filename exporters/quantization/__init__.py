"""Quantization that chooses: ways into 8 bits are tried on training images, and the nearest to fp32 is taken.

The test photos choose nothing: they judge the one that was taken, at the gate of the export.
"""

from .table import Scheme, Table, load, sentence

__all__ = ["Scheme", "Table", "load", "sentence"]
