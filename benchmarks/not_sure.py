"""How often a bundle is *not sure*: about photos of its classes, about other photos, and about drawn scenes.

    python -m benchmarks.not_sure models/cats_vs_dogs --known ../cats/test_set --others ../groceries/test [--as before]

Every artifact answers by its own runtime. The scenes are the backgrounds of `gemelo data draw`, without animals, drawn
by a seed. Neither they nor the other photos are used to train a network, or to choose anything. Rows are added to
results/not_sure.json, under the name that `--as` gives.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from gemelo import runtimes
from gemelo.decisions import is_sure
from gemelo.preprocessing import Preprocessing, prepare
from gemelo.store.bundle import Bundle
from gemelo.store.files import read_json, write_json
from gemelo.synthetic import backgrounds, effects
from gemelo.synthetic.canvas import SUPERSAMPLE, Canvas
from gemelo.synthetic.colors import Dice

RESULTS = Path(__file__).parent / "results" / "not_sure.json"
EACH, SEED, SIDE = 40, 7, 240  # scenes of each background; pixels


def main() -> None:
    """Measure the bundle that was named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--known", type=Path, required=True, help="test photos of its classes")
    parser.add_argument("--others", type=Path, required=True, help="photos of none of its classes")
    parser.add_argument("--as", dest="version", default="after")
    given = parser.parse_args()
    bundle = Bundle.open(given.bundle)
    subjects: dict[str, Iterable[Any]] = {
        "known": _photos(given.known),
        "others": _photos(given.others),
        "scenes": _scenes(),
    }
    images = {name: _prepared(found, bundle.manifest.preprocessing) for name, found in subjects.items()}
    row = {f"{a.format}/{a.variant}": _shares(bundle, a, images) for a in bundle.manifest.artifacts}
    rows: dict[str, Any] = read_json(RESULTS) if RESULTS.is_file() else {}
    rows.setdefault(given.bundle.name, {})[given.version] = row
    write_json(RESULTS, dict(sorted(rows.items())))
    for name, figures in row.items():
        print(name, figures)


def _photos(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith(".")]


def _scenes() -> list[Image.Image]:
    return [_scene(name, number) for name in backgrounds.BACKGROUNDS for number in range(EACH)]


def _scene(name: str, number: int) -> Image.Image:
    dice = Dice(np.random.default_rng([SEED, list(backgrounds.BACKGROUNDS).index(name), number]).bit_generator)
    canvas = Canvas.blank(SIDE, SIDE, (200, 200, 200))
    backgrounds.BACKGROUNDS[name](canvas, dice)
    return effects.develop(canvas.image.reduce(SUPERSAMPLE), dice)


def _prepared(subjects: Iterable[Any], preprocessing: Preprocessing) -> NDArray[np.uint8]:
    return np.stack([prepare(subject, preprocessing) for subject in subjects])


def _shares(bundle: Bundle, artifact: Any, images: dict[str, NDArray[np.uint8]]) -> dict[str, Any]:
    """{subject: photos, and the share about which the artifact is not sure}."""
    threshold = bundle.manifest.abstain.threshold if bundle.manifest.abstain else 0.0
    session = runtimes.get(artifact.format).open(bundle.path / artifact.path)
    shares = {}
    for name, found in images.items():
        parts = [session.run(found[i : i + 8].astype(np.float32)) for i in range(0, len(found), 8)]
        sure = is_sure(np.concatenate(parts).max(axis=1), threshold)
        shares[name] = {"photos": len(found), "not_sure": round(float(1 - sure.mean()), 4)}
    session.close()
    return shares


if __name__ == "__main__":
    main()
