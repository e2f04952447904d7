"""Runs and bundles as gemelo 0.1.0 wrote them."""

from pathlib import Path
from typing import Any

from gemelo.store.bundle import Bundle
from gemelo.store.files import describe_files, read_json, write_json
from gemelo.store.run import Run
from gemelo.store.schema import as_json

KEYS = {"preprocessing": "contract", "artifacts": "artefacts"}


def older(value: dict[str, Any]) -> dict[str, Any]:
    """A manifest with the keys that 0.1.0 wrote."""
    found = {KEYS.get(key, key): item for key, item in value.items()}
    if "contract" in found:
        found["contract"] = {{"fit": "mode"}.get(key, key): item for key, item in found["contract"].items()}
        found["contract"]["schema"] = 1
    if "preprocessing" in found.get("training", {}):
        training = dict(found["training"])
        training["contract"] = {**found["contract"], "mode": training.pop("preprocessing")["fit"]}
        found["training"] = training
    return {**found, "schema": 1}


def make_older(folder: Path, manifest: str) -> None:
    """Turn a run or bundle into one that gemelo 0.1.0 could have written."""
    reference = read_json(folder / "reference.json")
    if "answers" in reference:
        opened = (Run if manifest == "run.json" else Bundle).open(folder)
        rows = {image.path: as_json(image.probabilities) for image in opened.reference.test}
        reference["test"] = [{**row, "probabilities": rows[row["path"]]} for row in reference["test"]]
        del reference["answers"]
        (folder / "reference.npy").unlink()
    write_json(folder / "recorded.json", reference)
    (folder / "reference.json").unlink()
    if (folder / "parity.json").is_file():
        write_json(folder / "parity.json", older(read_json(folder / "parity.json")))
    value = older(read_json(folder / manifest))
    own = {name for row in value.get("artefacts", []) for name in row["files"]}
    files = describe_files(folder, skip=lambda name: name == manifest or name in own or name.startswith("checkpoints/"))
    write_json(folder / manifest, {**value, "files": files})
