"""Runs and bundles of gemelo 0.1.0 (schema 1), read as if they were written today (schema 2)."""

from typing import Any

REFERENCE = "recorded.json"
_KEYS = {"contract": "preprocessing", "artefacts": "artifacts"}


def upgraded(value: Any) -> Any:
    """The JSON of a manifest or a parity report with the keys of schema 2.

    Values are not checked: what is damaged stays damaged, for whoever reads it to say so.
    """
    if not isinstance(value, dict) or value.get("schema") != 1:
        return value
    found = {_KEYS.get(key, key): item for key, item in value.items()}
    if "preprocessing" in found:
        found["preprocessing"] = _preprocessing(found["preprocessing"])
    if isinstance(training := found.get("training"), dict) and "contract" in training:
        rest = {key: item for key, item in training.items() if key != "contract"}
        found["training"] = {**rest, "preprocessing": _preprocessing(training["contract"])}
    return {**found, "schema": 2}


def _preprocessing(value: Any) -> Any:
    if not isinstance(value, dict) or value.get("schema") != 1:
        return value
    return {**{"fit" if key == "mode" else key: item for key, item in value.items()}, "schema": 2}
