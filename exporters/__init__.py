"""From a run to a bundle: Keras to ONNX, TFLite and TF.js, every artifact verified before the bundle is written.

Imports only `gemelo`; `trainer` is never needed: the seam is the run folder on disk.
"""
