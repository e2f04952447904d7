"""What a bundle's artifacts answer on its goldens: run by whichever processor's Python, with gemelo on its path.

    python answers.py BUNDLE OUT.npz [FORMAT/VARIANT...]

OUT holds the inputs as `images`, uint8 (n, height, width, channels), and the probabilities of each artifact, float32
(n, classes). Without names it answers for all that onnxruntime and LiteRT run.
"""

import sys

import numpy as np

from gemelo import runtimes
from gemelo.preprocessing import Images, prepare, tensor
from gemelo.store.bundle import Artifact, Bundle


def main(path: str, out: str, *names: str) -> None:
    """Answer, and write it down."""
    bundle = Bundle.open(path)
    images = np.stack([prepare(bundle.file(golden.path), bundle.preprocessing) for golden in bundle.reference.goldens])
    wanted = [a for a in bundle.artifacts if a.name in names or (not names and a.format != "tfjs")]
    np.savez(out, images=images, **{a.name: _answers(bundle, a, images) for a in wanted})


def _answers(bundle: Bundle, artifact: Artifact, images: Images) -> np.ndarray:
    session = runtimes.get(artifact.format).open(bundle.file(artifact.path))
    try:
        return session.run(tensor(images))
    finally:
        session.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
