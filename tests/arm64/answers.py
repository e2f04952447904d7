"""What a bundle's artefacts answer on its goldens: run by whichever processor's Python, with gemelo on its path.

    python answers.py BUNDLE OUT.npz [FORMAT/VARIANT...]

OUT holds the inputs as `images`, uint8 (n, height, width, channels), and the probabilities of each artefact, float32
(n, classes). Without names it answers for all that onnxruntime and LiteRT run.
"""

import sys

import numpy as np

from gemelo import runtimes
from gemelo.bundle import Artefact, Bundle
from gemelo.contract import Images, prepare, tensor


def main(path: str, out: str, *names: str) -> None:
    """Answer, and write it down."""
    bundle = Bundle.open(path)
    images = np.stack([prepare(bundle.file(golden.path), bundle.contract) for golden in bundle.recorded.goldens])
    wanted = [a for a in bundle.artefacts if a.name in names or (not names and a.format != "tfjs")]
    np.savez(out, images=images, **{a.name: _answers(bundle, a, images) for a in wanted})


def _answers(bundle: Bundle, artefact: Artefact, images: Images) -> np.ndarray:
    session = runtimes.get(artefact.format).open(bundle.file(artefact.path))
    try:
        return session.run(tensor(images))
    finally:
        session.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
