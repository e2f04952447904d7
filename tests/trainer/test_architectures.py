from pathlib import Path

import keras
import numpy as np
import pytest

from gemelo.errors import InputSizeError, UnknownNameError
from gemelo.preprocessing import Preprocessing
from trainer import architectures


def test_registry_is_the_folder() -> None:
    folder = Path(architectures.__file__).parent
    files = {path.stem.replace("_", "-") for path in folder.glob("[!_]*.py")}
    assert set(architectures.names()) == files >= {"lecture", "lecture-described", "lecture-28", "compact"}


def test_unknown_name() -> None:
    with pytest.raises(UnknownNameError) as caught:
        architectures.get("resnet")
    assert "lecture-28" in str(caught.value)


@pytest.mark.parametrize(("name", "parameters"), [("lecture", 14_497), ("lecture-described", 813_217)])
def test_parameters_of_the_lecture(name: str, parameters: int) -> None:
    assert architectures.get(name).build(Preprocessing(64, 64), 2).count_params() == parameters


def test_sizes_of_the_worked_example() -> None:
    model = architectures.get("lecture-28").build(Preprocessing(28, 28, 1), 10)
    shapes = {type(layer).__name__: [] for layer in model.layers}
    for layer in model.layers:
        shapes[type(layer).__name__].append(layer.output.shape[1:])
    assert [np.prod(shape) for shape in shapes["Conv2D"]] == [25_088, 6_272, 1_568]
    assert np.prod(shapes["MaxPooling2D"][0]) == 6_272
    assert len(shapes["Conv2D"]) == 3
    assert model.output_shape == (None, 10)


def test_help_tells_every_network_in_its_own_words() -> None:
    from gemelo.cli.train import _help

    told = _help()
    assert all(f"- {name}: {architectures.get(name).SUMMARY}\n" in told for name in architectures.names())


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("efficientnet-lite0-short", 1_000_000),
        ("efficientnet-lite0-small", 610_000),
        ("efficientnet-lite0-tiny", 405_000),
    ],
)
def test_students_are_small(name: str, most: int) -> None:
    assert architectures.get(name).build(Preprocessing(96, 96), 8).count_params() <= most


def test_compact_is_compact() -> None:
    assert architectures.get("compact").build(Preprocessing(64, 64), 8).count_params() <= 350_000


@pytest.mark.parametrize("name", architectures.names())
@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_architecture(name: str, classes: int, channels: int) -> None:
    arch = architectures.get(name)
    least = arch.minimum_size()
    model = arch.build(Preprocessing(least, least + 3, channels), classes)
    assert model.inputs[0].name == "image"
    assert any(isinstance(layer, keras.layers.Rescaling) for layer in model.layers)
    answer = np.asarray(model(np.full((2, least + 3, least, channels), 255, np.float32)))
    assert answer.dtype == np.float32
    assert answer.shape == ((2, 1) if classes == 2 else (2, classes))
    assert model.layers[-1].get_config()["activation"] == ("sigmoid" if classes == 2 else "softmax")
    assert arch.SUMMARY
    assert arch.DEFAULTS.epochs


@pytest.mark.parametrize("name", architectures.names())
def test_too_small(name: str) -> None:
    arch = architectures.get(name)
    least = arch.minimum_size()
    with pytest.raises(InputSizeError, match=f"{least}x{least}"):
        arch.build(Preprocessing(least - 1, 200), 2)


@pytest.mark.parametrize("name", ["lecture", "lecture-described", "lecture-28"])
def test_minimum_is_what_keras_allows(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    arch = architectures.get(name)
    least = arch.minimum_size()
    monkeypatch.setattr(arch, "minimum_size", lambda: 1)
    with pytest.raises(ValueError, match=r"[Nn]egative|positive|greater than 0|non-empty|zero|computed output size"):
        arch.build(Preprocessing(least - 1, least - 1, arch.DEFAULTS.channels), 2)
