"""Prints what onnxruntime makes of a file that multiplies 64 bytes of 255.

python product.py FILE.onnx
"""

import sys

import numpy as np
import onnxruntime

session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
[product] = session.run(None, {"bytes": np.full((1, 64), 255, np.uint8)})
print(*product.ravel())
