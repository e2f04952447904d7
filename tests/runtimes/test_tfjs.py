"""The TF.js runtime: its answers, its sessions, and models that are bad."""

import contextlib
import gc
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gemelo import runtimes
from gemelo.errors import GemeloError, MissingFileError, RuntimeFailure, UnsafePathError
from gemelo.runtimes import _node, tfjs
from tests.support.tfjs import check, damaged, expected, images, memory, with_operation, with_weights, write_tiny


@pytest.fixture
def entry(tmp_path: Path) -> Path:
    return write_tiny(tmp_path)


@pytest.fixture
def session(entry: Path) -> Iterator[tfjs.TfjsSession]:
    with contextlib.closing(tfjs.open(entry)) as opened:
        yield opened


# Answers


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, NDArray[np.float32], NDArray[np.float32]]:
    """A Keras network with each kind of layer that the architectures have, its images and Keras's answers."""
    import keras

    from exporters import formats
    from exporters.source import ExportSource
    from gemelo.preprocessing import Preprocessing

    keras.utils.set_random_seed(1)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((32, 24, 3), name="image"),
            layers.Rescaling(1 / 255),
            layers.Conv2D(16, 3, strides=2, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.SeparableConv2D(24, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dropout(0.5),
            layers.Dense(3, activation="softmax"),
        ]
    )
    folder = tmp_path_factory.mktemp("converted")
    batch_u8 = np.random.default_rng(0).integers(0, 256, (70, 32, 24, 3), dtype=np.uint8)
    source = ExportSource.from_model(model, Preprocessing(24, 32), ["año", "b", "c"], batch_u8[:8])
    entry = folder / formats.get("tfjs").write(source, "fp32", folder)
    batch = batch_u8.astype(np.float32)
    return entry, batch, np.asarray(model(batch, training=False))


@pytest.mark.parametrize("reference", [False, True], ids=["wasm", "cpu"])
def test_answers_as_keras_did(converted, reference: bool) -> None:
    entry, batch, answers = converted
    with contextlib.closing(tfjs.open(entry, reference=reference)) as session:
        assert (session.labels, session.classes, session.shape) == (["año", "b", "c"], 3, (32, 24, 3))
        found = session.run(batch)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, answers, rtol=0, atol=1e-5)
    np.testing.assert_array_equal(found.argmax(axis=1), answers.argmax(axis=1))


@pytest.mark.parametrize("count", [0, 1, 7, 64, 65, 200])
def test_a_batch_of_any_size(session: tfjs.TfjsSession, count: int) -> None:
    check(session, count)


def test_frames_stay_small(session: tfjs.TfjsSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tfjs, "_CHUNK_BYTES", 3 * images(1).nbytes)
    sizes = []
    ask = _node.NodeProcess.ask
    monkeypatch.setattr(
        _node.NodeProcess, "ask", lambda *args: (sizes.append(len(args[-1]) // images(1).nbytes), ask(*args))[1]
    )
    batch = images(8)
    np.testing.assert_allclose(session.run(batch), expected(batch), rtol=0, atol=1e-6)
    assert sizes == [3, 3, 2]


def test_odd_layouts_and_types(session: tfjs.TfjsSession) -> None:
    batch = images(6)
    for same in (batch[::-1][::-1], np.asfortranarray(batch), batch.astype(np.uint8), batch.astype(float)):
        np.testing.assert_allclose(session.run(same), expected(batch), rtol=0, atol=1e-6)


def test_a_thousand_runs_keep_no_tensor(session: tfjs.TfjsSession) -> None:
    session.run(images(1))
    before = memory()
    for _ in range(1000):
        session.run(images(1))
    assert memory() == before


def test_the_registry_has_it() -> None:
    assert "tfjs" in runtimes.names()
    assert runtimes.get("tfjs").NAME == "tfjs"
    assert runtimes.get("tfjs").version() == "4.22.0"


# Sessions


def test_sessions_are_independent_and_freed(entry: Path) -> None:
    before = memory()
    first, second = tfjs.open(entry), tfjs.open(entry, reference=True)
    first.close()
    first.close()
    check(second, 2)
    with pytest.raises(RuntimeFailure, match="closed"):
        first.run(images(1))
    del second
    gc.collect()
    _node.collect()
    assert memory() == before


def test_threads_share_the_process(entry: Path) -> None:
    failures: list[BaseException] = []

    def work(count: int) -> None:
        try:
            with contextlib.closing(tfjs.open(entry, reference=count % 2 == 0)) as session:
                for _ in range(20):
                    check(session, count)
        except BaseException as exc:
            failures.append(exc)

    threads = [threading.Thread(target=work, args=(count,)) for count in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


# Bad models


BAD_MODELS = {
    "missing shard": (with_weights("gone.bin"), MissingFileError, r"file not found: .*gone\.bin"),
    "shard outside": (with_weights("../weights.bin"), UnsafePathError, "outside its folder: ../weights.bin"),
    "no shard": (with_weights(), RuntimeFailure, r"weights have 0 bytes, model\.json says 104"),
    "layers model": (damaged(format="layers-model"), RuntimeFailure, "not a TF.js graph model"),
    "no graph": (damaged(modelTopology=None), RuntimeFailure, r"model\.json has no modelTopology"),
    "graph of nonsense": (damaged(modelTopology={"node": 7}), RuntimeFailure, "its graph is damaged"),
    "two inputs": (damaged(signature={"inputs": {}, "outputs": {}}), RuntimeFailure, "0 inputs"),
}


@pytest.mark.parametrize(("model", "error", "message"), BAD_MODELS.values(), ids=BAD_MODELS)
def test_a_bad_model_is_named(tmp_path: Path, model: dict, error: type[GemeloError], message: str) -> None:
    before = memory()
    with pytest.raises(error, match=message) as caught:
        tfjs.open(write_tiny(tmp_path, model))
    assert str(tmp_path / "model.json") in caught.value.message
    assert memory() == before


def test_a_missing_and_a_cut_model_json(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"file not found: .*model\.json"):
        tfjs.open(tmp_path / "model.json")
    entry = write_tiny(tmp_path)
    entry.write_bytes(entry.read_bytes()[:99])
    with pytest.raises(RuntimeFailure, match=r"model\.json is not JSON"):
        tfjs.open(entry)
    with pytest.raises(RuntimeFailure, match="cannot read"):
        tfjs.open(tmp_path)


def test_an_operation_that_tfjs_lacks(tmp_path: Path) -> None:
    session = tfjs.open(write_tiny(tmp_path, with_operation("Softmux")))
    with contextlib.closing(session), pytest.raises(RuntimeFailure, match=r"TF\.js: .*Softmux"):
        session.run(images(1))


@pytest.mark.parametrize("shape", [(2, 2, 3), (1, 3, 2, 2), (1, 2, 2, 1), (1, 2, 2, 3, 1), (0, 9, 9, 3)])
def test_a_wrong_shape_is_refused(session: tfjs.TfjsSession, shape: tuple[int, ...]) -> None:
    with pytest.raises(RuntimeFailure, match=r"shape \(n, 2, 2, 3\), got"):
        session.run(np.zeros(shape, np.float32))
