"""Keras measured as artifacts are: `python -m trainer.bench MODEL.keras BUNDLE SECONDS BATCHES` (see gemelo/bench)."""

import json
import sys
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from gemelo.bench.child import golden, measured
from gemelo.preprocessing import prepare
from gemelo.store.bundle import Bundle


def main(arguments: list[str]) -> None:
    """Answer a golden by `model.predict`, say so, then measure."""
    path, bundle_path, seconds, batches = arguments
    bundle = Bundle.open(Path(bundle_path))
    model = keras.models.load_model(path, compile=False)

    def answer(images_u8: NDArray[np.uint8]) -> object:
        return model.predict(images_u8.astype(np.float32), verbose=0, batch_size=len(images_u8))

    photo = golden(bundle)
    image = prepare(photo, bundle.preprocessing)
    answer(image[None])
    print(json.dumps({"answered": True, "version": keras.__version__}), flush=True)
    sizes = [int(size) for size in batches.split(",")]
    print(json.dumps(measured(answer, image, photo, None, float(seconds), sizes)))


if __name__ == "__main__":
    main(sys.argv[1:])
