"""gemelo: small image classifiers whose artifacts (ONNX, TFLite, TF.js) provably answer as Keras did.

    classifier = gemelo.load("bundles/pets")
    classifier.predict("cat.jpg")          # [Prediction(label='cats', probability=0.97, index=0), ...]

Importing it is cheap: each name below is loaded when it is first used, and TensorFlow never is.
"""

import importlib
import os
from typing import TYPE_CHECKING, Any

from gemelo.version import __version__ as __version__

if TYPE_CHECKING:
    from gemelo import errors as errors
    from gemelo.classifier import Classifier as Classifier
    from gemelo.classifier import load as load
    from gemelo.errors import GemeloError as GemeloError
    from gemelo.parity import ParityReport as ParityReport
    from gemelo.parity import verify as verify
    from gemelo.prediction import Prediction as Prediction
    from gemelo.preprocessing import Preprocessing as Preprocessing
    from gemelo.store.bundle import Artifact as Artifact
    from gemelo.store.bundle import Bundle as Bundle
    from gemelo.store.run import Run as Run

# onnxruntime reports every session to its maker, and keeps a number for the machine, unless it is told not to before it
# is imported (since 1.29; its pull request 27379). Whoever wants that sets the variable to 0.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

_HOMES = {
    "Artifact": "gemelo.store.bundle",
    "Bundle": "gemelo.store.bundle",
    "Classifier": "gemelo.classifier",
    "Preprocessing": "gemelo.preprocessing",
    "GemeloError": "gemelo.errors",
    "ParityReport": "gemelo.parity",
    "Prediction": "gemelo.prediction",
    "Run": "gemelo.store.run",
    "errors": "gemelo.errors",
    "load": "gemelo.classifier",
    "verify": "gemelo.parity",
}

__all__ = ["__version__", *_HOMES]  # noqa: PLE0604


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'gemelo' has no attribute {name!r}")
    module = importlib.import_module(_HOMES[name])
    return module if name == "errors" else getattr(module, name)


def __dir__() -> list[str]:
    return __all__
