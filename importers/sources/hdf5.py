"""`.h5` files of Keras 3 and of Keras 2; what Keras 3 cannot load goes through tf-keras."""

from pathlib import Path
from typing import Any

from gemelo.errors import ModelError
from gemelo.store.files import parse_json

from .. import programs
from ..loaded import Loaded
from ..place import MOST_BYTES, Place, copy
from ..programs import Trust

SUMMARY = "an .h5 file of Keras or Keras 2"


def recognizes(place: Place) -> bool:
    """Whether it is an HDF5 file."""
    return place.is_hdf5


def load(place: Place, trust: Trust, scratch: Path) -> Loaded:
    """Load it by Keras 3 where that can, else by tf-keras."""
    return load_as("hdf5", place, trust, scratch)


def load_as(kind: str, place: Place, trust: Trust, scratch: Path) -> Loaded:
    """The same for another kind of source that holds such a file."""
    config, version = _read(place)
    programs.check(place.named, config, trust)
    path = copy(place, scratch / "model.h5")
    objects = trust.objects()
    from .. import keras_model, legacy
    from ..frameworks import keras, quiet

    try:
        with quiet():
            model = keras.models.load_model(path, custom_objects=objects, compile=False, safe_mode=not trust.given)
    except Exception:  # Keras raises anything; what tf-keras says of it is shown
        return legacy.load(place.named, path, kind, config, version, trust, scratch)
    return keras_model.loaded(str(place.named), kind, model, config, version)


def _read(place: Place) -> tuple[dict[str, Any], str | None]:
    """The configuration and the version of Keras.

    Raises:
        ModelError: It is damaged, or holds no architecture.
    """
    import h5py

    try:
        with h5py.File(place.path, "r") as file:
            _check_bounds(place.named, file)
            attributes = {name: _text(file.attrs.get(name)) for name in ("model_config", "training_config")}
            version = _text(file.attrs.get("keras_version"))
            weights = "layer_names" in file.attrs or any(name in file for name in ("layers", "_layer_checkpoint"))
    except (ModelError, MemoryError):
        raise
    except Exception as exc:  # h5py raises anything on a damaged file
        raise ModelError(f"{place.named}: the HDF5 file is damaged: {exc}", hint="copy or download it again") from exc
    if attributes["model_config"] is None:
        if not weights:
            raise ModelError(f"{place.named}: an HDF5 file, but not of a Keras model")
        raise ModelError(
            f"{place.named}: weights of a Keras model without its architecture",
            hint="build the model in Python as it was built for training, then model.load_weights(...), "
            "model.save('my.keras') and import that",
        )
    try:
        config = parse_json(attributes["model_config"])
        training = parse_json(attributes["training_config"]) if attributes["training_config"] else {}
    except ValueError as exc:
        raise ModelError(f"{place.named}: the file is damaged: its configuration is no JSON: {exc}") from exc
    if not isinstance(config, dict):
        raise ModelError(f"{place.named}: the file is damaged: its configuration is not of Keras")
    return {**config, "training_config": training}, version


def _check_bounds(named: Path, file: Any) -> None:
    """Nothing in the file may lead out of it, nor grow beyond what a model has."""
    import h5py

    total, todo = 0, [file]
    while todo:
        group = todo.pop()
        for name in group:
            link = group.get(name, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                raise ModelError(f"{named}: {name} in it is a link to another file")
            if isinstance(link, h5py.SoftLink):
                continue
            item = group[name]
            if isinstance(item, h5py.Group):
                todo.append(item)
            else:
                if item.external:
                    raise ModelError(f"{named}: {name} in it is kept in another file")
                total += item.nbytes
        if total > MOST_BYTES or len(todo) > 100_000:
            raise ModelError(f"{named}: its weights would take more than {MOST_BYTES >> 20} MB")


def _text(value: Any) -> str | None:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else None
