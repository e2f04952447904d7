"""`.keras` files of Keras 3; those of Keras 2 go through tf-keras."""

import re
import zipfile
from pathlib import Path
from typing import Any

from gemelo.errors import ModelError
from gemelo.store.files import parse_json

from .. import programs, unknown
from ..loaded import Loaded
from ..place import Place, copy
from ..programs import Trust

SUMMARY = "a .keras file of Keras"
_MOST_CONFIG = 64 << 20  # bytes; ConvNeXt's has a hundredth of it


def recognizes(place: Place) -> bool:
    """Whether it is a zip with Keras's own names in it."""
    return place.is_zip and place.has("config.json", "metadata.json", "model.weights.h5")


def load(place: Place, trust: Trust, scratch: Path) -> Loaded:
    """Load it, by the Keras of its time."""
    name = str(place.named)
    config, metadata = _read(place, "config.json"), _read(place, "metadata.json")
    programs.check(place.named, config, trust)
    objects, version = trust.objects(), str(metadata.get("keras_version", "")) or None
    path = copy(place, scratch / "model.keras")
    if version is not None and version.startswith("2."):
        from .. import legacy

        return legacy.load(place.named, path, "keras", config, version, trust, scratch)
    from .. import keras_model
    from ..frameworks import keras, quiet

    try:
        with quiet():
            model = keras.models.load_model(path, custom_objects=objects, compile=False, safe_mode=not trust.given)
    except Exception as exc:  # Keras raises anything
        raise failed(place.named, exc, version) from exc
    return keras_model.loaded(name, "keras", model, config, version)


def failed(named: Path, exc: Exception, version: str | None) -> ModelError:
    """The error where Keras cannot load a model, by what it says."""
    import keras

    if names := unknown.names(str(exc)):
        return programs.missing(named, names)
    if version is not None and _numbers(version) > _numbers(keras.__version__):
        return ModelError(
            f"{named}: saved by Keras {version}, which is newer than the one here, {keras.__version__}",
            hint="pip install -U keras, or save it with model.export('folder') and import that folder",
        )
    reason = (str(exc).strip().splitlines() or [type(exc).__name__])[0][:300]
    return ModelError(f"{named}: Keras cannot load the model: {reason}", hint="is the file whole? Copy it again")


def _read(place: Place, name: str) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(place.path) as archive:
            if archive.getinfo(name).file_size > _MOST_CONFIG:
                raise ModelError(f"{place.named}: {name} in it is too large for any model")
            found = parse_json(archive.read(name))
    except ModelError:
        raise
    except Exception as exc:  # zipfile, zlib, JSON
        raise ModelError(f"{place.named}: the file is damaged: {name} in it cannot be read: {exc}") from exc
    if not isinstance(found, dict):
        raise ModelError(f"{place.named}: the file is damaged: {name} in it is not of Keras")
    return found


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:2])
