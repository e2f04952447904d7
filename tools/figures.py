"""Fill the tables of README.md and docs/ from the result files they come from.

Usage: python -m tools.figures [--check]

A table stands between `<!-- figures: NAME -->` and `<!-- end -->`; NAME is one of TABLES below. Markers on one line
hold a single figure. With --check nothing is written, and the exit code is 1 where a file would change.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from gemelo.parity.gates import Gate, gate_for

ROOT = Path(__file__).resolve().parents[1]
RESULTS, MODELS = ROOT / "benchmarks" / "results", ROOT / "models"
MARKED = re.compile(r"(<!-- figures: (\S+) -->)(\s*)(.*?)(<!-- end -->)", re.DOTALL)
BROWSERS = {"chromium": "Chromium", "firefox": "Firefox", "webkit": "WebKitGTK"}
SHIPPED = ("cats_vs_dogs", "cats_vs_dogs_224")


def main(arguments: list[str]) -> int:
    """Write the files that change, or with --check name them."""
    changed = [path for path in documents() if filled(text := _read(path)) != text]
    for path in changed:
        if "--check" not in arguments:
            path.write_text(filled(_read(path)), encoding="utf-8")
        print(f"{path.relative_to(ROOT)}: {'out of date' if '--check' in arguments else 'written'}")
    return 1 if changed and "--check" in arguments else 0


def documents() -> list[Path]:
    """README.md and everything in docs/."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def filled(text: str) -> str:
    """A document with every marked table made again.

    Raises:
        KeyError: A marker names no table.
    """
    return MARKED.sub(_fill, text)


def _fill(found: re.Match[str]) -> str:
    start, name, space, _, end = found.groups()
    lines = list(TABLES[name]())
    return f"{start}\n\n" + "\n".join(lines) + f"\n\n{end}" if "\n" in space else f"{start}{lines[0]}{end}"


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _result(name: str) -> Any:
    return json.loads(_read(RESULTS / f"{name}.json"))


def _manifest(model: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_read(MODELS / model / "manifest.json"))
    return found


def _table(head: str, rows: Iterable[Iterable[str]]) -> list[str]:
    """Markdown; the first column is text, the others are figures."""
    columns = head.count("|") + 1
    return [f"| {head} |", "|---|" + "---:|" * (columns - 1), *(f"| {' | '.join(row)} |" for row in rows)]


def percent(share: float, digits: int = 2) -> str:
    """0.97 as `97.00 %`."""
    return f"{100 * share:.{digits}f} %"


def size(count: float) -> str:
    """Bytes as kB or MB of 1,000."""
    if count < 999_500:
        return f"{count / 1e3:.0f} kB"
    return f"{count / 1e6:.2f} MB" if count < 9.995e6 else f"{count / 1e6:.1f} MB"


def difference(value: float) -> str:
    """Two digits: `1.4e-06`."""
    return f"{value:.1e}"


def ready_made() -> list[str]:
    """The models that ship."""
    (photos,) = {_manifest(name)["dataset"]["test"] for name in SHIPPED}
    accuracy = f"Accuracy on {photos:,} held-out photos"
    head = f"Model | Input | Parameters | {accuracy} | Size of all files | Smallest file | Use"
    return _table(head, (_ready_made(name) for name in SHIPPED))


def _ready_made(name: str) -> list[str]:
    facts = _manifest(name)
    shape = facts["preprocessing"]
    artifacts = [row["bytes"] for row in facts["artifacts"]]
    return [
        f"[`{name}`](models/{name}/README.md)",
        f"{shape['width']}x{shape['height']}",
        f"{facts['parameters'] / 1e6:.1f} million",
        percent(facts["metrics"]["accuracy"]),
        size(sum(artifacts)),
        size(min(artifacts)),
        "research and demonstration only",
    ]


def artifacts_of(rows: dict[str, dict[str, Any]]) -> list[str]:
    """Each artifact of a bundle: size and parity."""
    head = "Artifact | Size | Largest difference of a probability | Same label as Keras | Accuracy"
    return _table(
        head,
        (
            [
                name,
                size(row["bytes"]),
                difference(row["max_abs_difference"]),
                percent(row["top1_agreement"]),
                percent(row["accuracy"]),
            ]
            for name, row in rows.items()
        ),
    )


def shipped_artifacts(model: str) -> list[str]:
    """The artifacts of a model that ships."""
    rows = _manifest(model)["artifacts"]
    return artifacts_of({f"{row['format']}/{row['variant']}": {**row["parity"], "bytes": row["bytes"]} for row in rows})


def networks() -> list[str]:
    """Keras's accuracy for the networks that are trained from scratch."""
    of = {"cats and dogs": ("lecture", "described", "compact"), "eight kinds of groceries": ("grocery",)}
    head = "Network | Photos of | Training photos | Test photos | Parameters | Epochs | Accuracy"
    return _table(
        head,
        (
            [
                f"`{row['architecture']}`",
                photos,
                f"{row['dataset']['train']:,}",
                f"{row['dataset']['test']:,}",
                f"{row['parameters']:,}",
                str(row["epochs"]),
                percent(row["metrics"]["accuracy"]),
            ]
            for photos, names in of.items()
            for row in (_result("artifacts")[name] for name in names)
        ),
    )


def eight_bits() -> list[str]:
    """What int8 costs and saves, against fp32 of the same format."""
    names = ("lecture", "described", "compact", "grocery")
    return _table(
        "Network | Artifact | Size | Smaller than fp32 | Accuracy | Change of accuracy",
        (_eight_bits(name, format) for name in names for format in ("onnx", "tflite")),
    )


def _eight_bits(name: str, format: str) -> list[str]:
    found = _result("artifacts")[name]
    row, exact = (found["artifacts"][f"{format}/{variant}"] for variant in ("int8", "fp32"))
    return [
        f"`{found['architecture']}`" + (", groceries" if name == "grocery" else ""),
        f"{format}/int8",
        size(row["bytes"]),
        f"{exact['bytes'] / row['bytes']:.2f} times",
        percent(row["accuracy"]),
        f"{0.0 - row['accuracy_drop']:+.2f} points",
    ]


def speed() -> list[str]:
    """Side by side with what people would use otherwise."""
    training, start, predict = (_result(name) for name in ("training", "start", "predict"))
    epoch, first, photo = training["median_epoch_seconds"], start["seconds, median"], predict["one_photo"]["median_ms"]
    times = [
        ("one epoch of `lecture`", epoch["gemelo"], "`ImageDataGenerator`", epoch["notebook"], "s"),
        (
            "first answer of a new process",
            first["gemelo predict, onnx"],
            "Keras `load_model` and `predict`",
            first["keras load_model and predict"],
            "s",
        ),
        ("one more photo", photo["gemelo"], "the same in Keras", photo["notebook"], "ms"),
    ]
    pages = {name: row["ms, median"] / 1000 for name, row in _result("page")["pages"].items()}
    own = pages.pop("gemelo, TF.js wasm, self-test included")
    times += [
        ("a page, empty cache to its first answer", own, f"`tf.min.js`, {_backend(n)}", t, "s")
        for n, t in pages.items()
    ]
    return _table(
        "Measured | Compared with | Time, gemelo | Time, the other | gemelo is",
        (
            [what, peer, f"{ours:.2f} {unit}", f"{theirs:.2f} {unit}", f"{theirs / ours:.1f} times as fast"]
            for what, ours, peer, theirs, unit in times
        ),
    )


def _backend(page: str) -> str:
    return {"webgl": "WebGL", "cpu": "plain CPU"}[page.split(", ")[1].split(maxsplit=1)[0]]


def visits() -> list[str]:
    """What a first visit to a page loads, until its first answer."""
    drawn = _result("page")["pages"]["gemelo, TF.js wasm, self-test included"]
    rows = [("the classifier of `make demo`", drawn["bytes"])]
    rows += [(f"`models/{row['bundle']}`", row["bytes"]) for row in _result("visits")]
    return _table("Page | Loaded by the first visit", ([name, size(count)] for name, count in rows))


def browsers() -> list[str]:
    """How many artifacts pass the page's self-test in each browser."""
    found = _result("browsers")
    names = list(dict.fromkeys(name.partition(", ")[0] for name in found))
    models = list(dict.fromkeys(name.partition(", ")[2] for name in found))
    rows = ([f"`{model}`", *(_passed(found[f"{name}, {model}"]) for name in names)] for model in models)
    return _table(f"Model | {' | '.join(BROWSERS[name] for name in names)}", rows)


def _passed(row: dict[str, list[str]]) -> str:
    return f"{len(row['passed'])} of {len(row['passed']) + len(row['failed'])}"


def browser_parity() -> list[str]:
    """Chromium's answers on test photos, against Keras's."""
    rows = _result("browser")["bundles"]
    return _table(
        "Network | Photos | TF.js | ONNX Runtime Web | LiteRT.js | Label changes",
        (
            [
                f"`{_result('artifacts')[name]['architecture']}`",
                str(row["photos"]),
                *(difference(row[runtime]["max difference"]) for runtime in ("tfjs", "onnx", "litert")),
                str(sum(row[runtime]["label_changes"] for runtime in ("tfjs", "onnx", "litert"))),
            ]
            for name, row in rows.items()
        ),
    )


def ablations(network: str, epochs: int, photos: int) -> list[str]:
    """One option changed at a time, in short trainings of one length on as many photos."""
    rows = [
        row
        for row in _result("ablations")
        if (row["network"], row["asked_epochs"], row["photos"]["train"]) == (network, epochs, photos)
    ]
    base = rows[0]["options"]
    return _table(
        "Change | Accuracy, validation photos | Accuracy, test photos",
        (
            [
                f"`{row['options'].removeprefix(base).strip()}`" if row["options"] != base else "none",
                percent(row["val_accuracy"], 1),
                percent(row["test_accuracy"], 1),
            ]
            for row in rows
        ),
    )


def gates() -> list[str]:
    """The limits of each variant, from the code that applies them."""
    shown = {"fp32": "fp32", "fp16": "fp16", "int8, int8-dynamic, uint8": "int8"}
    limits = ((name, gate_for(variant, 0), gate_for(variant, 99)) for name, variant in shown.items())
    return _table(
        "Variant | Largest difference of a probability | Label changes | Loss of accuracy",
        ([name, _difference_limit(flat, deep), _changes_limit(flat), _drop_limit(flat)] for name, flat, deep in limits),
    )


def _difference_limit(flat: Gate, deep: Gate) -> str:
    one, other = flat.max_abs_difference, deep.max_abs_difference
    return "no limit" if one is None or other is None else f"{one:.0e}, or {other:.0e} in deep networks"


def _changes_limit(gate: Gate) -> str:
    if gate.max_changes is None:
        return "reported, not limited"
    few = f"at most {gate.max_changes:g} % of the photos may have a decisive change, or one photo if that is more"
    return few if gate.max_changes else "none but ties"


def _drop_limit(gate: Gate) -> str:
    return "no limit" if gate.max_accuracy_drop is None else f"at most {gate.max_accuracy_drop:g} points, or one photo"


def export_memory() -> list[str]:
    """The peak memory of an export, in one line: all processes together."""
    (row,) = _result("export_cost").values()
    return [f"{row['fp32,tfjs/uint8,tflite/int8']['after']['peak_mb'] / 1000:.1f} GB"]


TABLES: dict[str, Callable[[], list[str]]] = {
    "ready-made": ready_made,
    "artifacts-cats_vs_dogs": lambda: shipped_artifacts("cats_vs_dogs"),
    "artifacts-cats_vs_dogs_224": lambda: shipped_artifacts("cats_vs_dogs_224"),
    "artifacts-compact": lambda: artifacts_of(_result("artifacts")["compact"]["artifacts"]),
    "networks": networks,
    "eight-bits": eight_bits,
    "speed": speed,
    "visits": visits,
    "browsers": browsers,
    "browser-parity": browser_parity,
    "ablations-lite0": lambda: ablations("efficientnet-lite0", 4, 1200),
    "gates": gates,
    "export-memory": export_memory,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
