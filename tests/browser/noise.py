"""Noise in what a canvas gives back, as browsers add it that protect against fingerprinting."""

import os
import shutil
from pathlib import Path

# About one pixel in `oneIn` has the lowest bit of one color flipped. A pixel's distance to the next is random.
_NOISE = """(() => {
  const { prototype } = OffscreenCanvasRenderingContext2D;
  const read = prototype.getImageData;
  const hash = (data) => new Uint32Array(data.buffer).reduce((sum, word) => Math.imul(sum ^ word, 0x01000193), SEED);
  prototype.getImageData = function (...given) {
    const image = read.apply(this, given);
    let state = (PER_CALL ? crypto.getRandomValues(new Uint32Array(1))[0] : hash(image.data)) | 1;
    const random = () => {
      state ^= state << 13; state ^= state >>> 17; state ^= state << 5;
      return (state >>> 0) / 2 ** 32;
    };
    const gap = () => 1 + Math.floor(Math.log(1 - random()) / Math.log(1 - 1 / ONE_IN));
    for (let pixel = gap() - 1; pixel < image.data.length / 4; pixel += gap()) {
      image.data[4 * pixel + Math.floor(3 * random())] ^= 1;
    }
    return image;
  };
})();
"""


def with_noise(source: Path, target: Path, worker: str, *, one_in: int, per_call: bool, seed: int = 1) -> Path:
    """Copy a page; its worker sees noise in every canvas that it reads.

    No script of a test reaches a worker before its own code, so the noise is put into its file.

    Args:
        source: The page's folder.
        target: Where the copy goes.
        worker: A pattern that finds the worker's file in it.
        one_in: About one pixel in so many is changed.
        per_call: Other pixels at every reading; otherwise the same pixels for the same picture.
        seed: Of the noise that is the same for the same picture.
    """
    shutil.copytree(source, target, copy_function=os.link)  # tens of megabytes, of which one file is changed
    (script,) = target.glob(worker)
    values = {"ONE_IN": str(one_in), "PER_CALL": str(per_call).lower(), "SEED": str(seed)}
    noise = _NOISE
    for name, value in values.items():
        noise = noise.replace(name, value)
    quiet = script.read_text(encoding="utf-8")
    script.unlink()
    script.write_text(noise + quiet, encoding="utf-8")
    return target
