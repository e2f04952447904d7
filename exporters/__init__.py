"""From a run to a bundle: Keras to ONNX, TFLite and TF.js, every twin verified before the bundle is sealed.

Imports only `gemelo`; `trainer` is never needed: the seam is the run folder on disk.
"""
