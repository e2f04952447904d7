"""The program of a pack. It imports numpy, Pillow, onnxruntime and modules of gemelo that import nothing else."""
