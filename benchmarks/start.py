"""How long one answer takes from a cold start: `gemelo predict`, beside Keras loading the same network.

    python benchmarks/start.py --run runs/drawings --bundle bundles/drawings --photo photo.jpg

Every figure is of whole processes, in turn, so that a drift of the machine meets both alike.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

KERAS = (
    "import sys, numpy as np, keras; from PIL import Image\n"
    "model = keras.models.load_model(sys.argv[1])\n"
    "size = model.input_shape[2], model.input_shape[1]\n"
    "image = np.asarray(Image.open(sys.argv[2]).convert('RGB').resize(size), np.float32)\n"
    "print(model.predict(image[None], verbose=0))\n"
)


def main() -> None:
    """Measure, print, and write benchmarks/results/start.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("run", "bundle", "photo"):
        parser.add_argument(f"--{name}", required=True, type=Path)
    parser.add_argument("--turns", type=int, default=7)
    given = parser.parse_args()
    predict = [sys.executable, "-m", "gemelo", "predict", str(given.bundle), str(given.photo)]
    commands = {
        "python alone": [sys.executable, "-c", "pass"],
        "import gemelo": [sys.executable, "-c", "import gemelo"],
        "gemelo predict, onnx": predict,
        "gemelo predict, tflite": [*predict, "--format", "tflite"],
        "gemelo predict, tfjs": [*predict, "--format", "tfjs"],
        "keras load_model and predict": [sys.executable, "-c", KERAS, str(given.run / "model.keras"), str(given.photo)],
    }
    seconds = {name: round(value, 3) for name, value in medians(commands, given.turns).items()}
    ratio = round(seconds["keras load_model and predict"] / seconds["gemelo predict, onnx"], 1)
    result = {"seconds, median": seconds, "turns": given.turns, "keras / gemelo predict onnx": ratio}
    print(json.dumps(result, indent=1))
    target = Path(__file__).resolve().parent / "results" / "start.json"
    target.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def medians(commands: dict[str, list[str]], turns: int) -> dict[str, float]:
    """Median wall seconds of each command over so many turns; one turn before them is not counted."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(turns + 1):
        for name, command in commands.items():
            started = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            if turn:
                times[name].append(time.perf_counter() - started)
    return {name: statistics.median(values) for name, values in times.items()}


if __name__ == "__main__":
    main()
