"""The device's program, in parts. `gemelo.edge.generate` puts them together into the one file classify.py.

They import the standard library, numpy, Pillow, onnxruntime, each other, and by name what they need of gemelo itself.
All their top-level names share one file in the end, so each is given once.
"""
