"""Noise in what a canvas gives back, as browsers add it that protect against fingerprinting."""

import os
import shutil
from pathlib import Path
from typing import Literal

# The lowest bit of one color is flipped in about one pixel in ONE_IN.
_NOISE = """(() => {
  const { prototype } = OffscreenCanvasRenderingContext2D;
  const read = prototype.getImageData;
  const mix = (state, word) => {
    state = Math.imul(state ^ word, 0x85ebca6b); state = Math.imul(state ^ (state >>> 13), 0xc2b2ae35);
    return state ^ (state >>> 16);
  };
  const seeds = {
    picture: (words) => words.reduce(mix, SEED),
    call: () => crypto.getRandomValues(new Uint32Array(1))[0],
    color: () => SEED,
  };
  prototype.getImageData = function (...given) {
    const image = read.apply(this, given);
    const words = new Uint32Array(image.data.buffer);
    const seed = seeds.KIND(words);
    for (let i = 0; i < words.length; i++) {
      const random = mix(seed, "KIND" === "color" ? words[i] : i) >>> 0;
      if (random % ONE_IN === 0) words[i] ^= 1 << (8 * (random % 3));
    }
    return image;
  };
})();
"""

Kind = Literal["picture", "call", "color"]


def with_noise(source: Path, target: Path, worker: str, kind: Kind, *, one_in: int, seed: int = 1) -> Path:
    """Copy a page; its worker sees noise in every canvas that it reads.

    No script of a test reaches a worker before its own code, so the noise is put into its file.

    Args:
        source: The page's folder.
        target: Where the copy goes.
        worker: A pattern that finds the worker's file in it.
        kind: "picture" changes the same pixels whenever it sees the same picture, "call" others at every reading,
            "color" the same colors wherever they are.
        one_in: About one pixel in so many is changed.
        seed: Of the kinds that are not random.
    """
    shutil.copytree(source, target, copy_function=os.link)  # tens of megabytes, of which one file is changed
    (script,) = target.glob(worker)
    noise = _NOISE.replace("KIND", kind).replace("ONE_IN", str(one_in)).replace("SEED", str(seed))
    quiet = script.read_text(encoding="utf-8")
    script.unlink()
    script.write_text(noise + quiet, encoding="utf-8")
    return target
