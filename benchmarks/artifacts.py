"""The README's table of artifacts, made from bundles, and benchmarks/results/artifacts.json.

    python benchmarks/artifacts.py bundles/lecture bundles/compact ...

Nothing is measured here: each figure is what export measured in the artifact's own runtime, from file bytes, and
written to the bundle. Bundles that are not named keep the figures that are there.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from gemelo.store.bundle import Bundle
from gemelo.store.schema import as_json

KEPT = ("architecture", "parameters", "epochs", "batch", "recipe", "optimizer", "learning_rate", "seed")


def main() -> None:
    """Print the table and write the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundles", nargs="+", type=Path)
    bundles = [Bundle.open(path) for path in parser.parse_args().bundles]
    for bundle in bundles:
        print("\n".join(rows(bundle)), end="\n\n")
    target = Path(__file__).resolve().parent / "results" / "artifacts.json"
    known = json.loads(target.read_text(encoding="utf-8")) if target.exists() else {}
    described = {bundle.name: describe(bundle) for bundle in bundles}
    target.write_text(json.dumps({**known, **described}, indent=1) + "\n", encoding="utf-8")


def rows(bundle: Bundle) -> list[str]:
    """One line for each artifact."""
    head = f"**{bundle.name}**: {bundle.manifest.architecture}, {bundle.manifest.parameters:,} parameters"
    lines = [head, "", "| artifact | bytes | max difference | agreement | accuracy |", "|---|---|---|---|---|"]
    for artifact in bundle.artifacts:
        parity = artifact.parity
        accuracy = "-" if parity.accuracy is None else f"{100 * parity.accuracy:.2f} %"
        difference, agreement = f"{parity.max_abs_difference or 0:.1e}", f"{100 * (parity.top1_agreement or 0):.2f} %"
        lines.append(f"| {artifact.name} | {artifact.bytes:,} | {difference} | {agreement} | {accuracy} |")
    return lines


def describe(bundle: Bundle) -> dict[str, Any]:
    """What is kept of a bundle."""
    manifest = as_json(bundle.manifest)
    settings = {key: manifest["training"].get(key, manifest.get(key)) for key in KEPT}
    artifacts = {artifact.name: {"bytes": artifact.bytes, **as_json(artifact.parity)} for artifact in bundle.artifacts}
    metrics = {key: manifest["metrics"][key] for key in ("accuracy", "loss", "ece", "best_val_accuracy")}
    return {**settings, "dataset": manifest["dataset"], "metrics": metrics, "artifacts": artifacts}


if __name__ == "__main__":
    main()
