"""The three runtimes in a worker of a real Chromium, under the page's security policy: answers, memory, failures."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Error

from gemelo.parity.compare import Comparison
from gemelo.parity.gates import EXPECTED_TOLERANCE, excesses, gate_for
from gemelo.store.bundle import Artifact, Bundle
from gemelo.store.files import read_json
from tests.browser.runtime_bed import RUNTIMES, Bed, WorkerHeap, build, served

FORMATS = {runtime: format for format, runtime in RUNTIMES.items()}
MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def bundle(small_bundle: Path) -> Bundle:
    return Bundle.open(small_bundle)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bed")


@pytest.fixture(scope="module")
def tensors(folder: Path, bundle: Bundle) -> NDArray[np.uint8]:
    """The goldens', uint8; with them the page is built."""
    return build(folder, bundle)


@pytest.fixture(scope="module")
def pages(browser: Browser, folder: Path, tensors: NDArray[np.uint8]) -> Iterator[dict[bool, Bed]]:
    """The page, by whether it is isolated from others'."""
    with served(folder, isolated=False) as plain, served(folder, isolated=True) as isolated:
        beds = {False: Bed(browser, plain), True: Bed(browser, isolated)}
        yield beds
        for bed in beds.values():
            bed.page.close()


@pytest.fixture
def bed(pages: dict[bool, Bed]) -> Iterator[Bed]:
    """The page, which in the end has broken no rule: nothing was refused, nobody else was asked."""
    bed = pages[False]
    bed.said.clear()
    bed.requests.clear()
    yield bed
    check_rules(bed)


def check_rules(bed: Bed) -> None:
    assert bed.violations() == []
    assert [url for url in bed.requests if not url.removeprefix("blob:").startswith(bed.url)] == []


def artifacts(bundle: Bundle, runtime: str) -> list[Artifact]:
    return [artifact for artifact in bundle.artifacts if artifact.format == FORMATS[runtime]]


def check_answers(bed: Bed, bundle: Bundle, artifact: Artifact, **options: Any) -> float:
    """Held to the gates that Python holds it to; returns the largest difference from Keras."""
    goldens = bundle.reference.goldens
    loaded = bed.load(artifact, **options)
    assert loaded["labels"] == bundle.labels
    assert (loaded["shape"], loaded["classes"]) == (list(bundle.preprocessing.shape), len(bundle.labels))
    answers = bed.run_goldens(len(goldens))
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-2)
    expected = np.asarray([golden.probabilities for golden in goldens], np.float32)
    difference = float(np.abs(answers - expected).max())
    gate = gate_for(artifact.variant, bundle.manifest.convolutions)
    if gate.quantized:
        rows = read_json(bundle.file("parity.json"))["artifacts"]
        written = np.asarray(next(r["goldens"] for r in rows if f"{r['format']}/{r['variant']}" == artifact.name))
        assert np.abs(answers - written).max() <= EXPECTED_TOLERANCE, artifact.name
    else:
        assert excesses(gate, Comparison.of(answers, expected)) == [], artifact.name
    return difference


# Answers


@pytest.mark.parametrize("runtime", FORMATS)
def test_every_variant_on_wasm(bed: Bed, bundle: Bundle, runtime: str) -> None:
    found = artifacts(bundle, runtime)
    assert "fp32" in [artifact.variant for artifact in found]
    for artifact in found:
        bed.open(runtime)
        difference = check_answers(bed, bundle, artifact)
        print(f"{artifact.name} on {runtime}/wasm: max difference from Keras {difference:.2g}")
    assert bed.said == []


@pytest.mark.parametrize("backend", ["cpu", "webgl"])
def test_every_variant_of_tfjs_elsewhere(bed: Bed, bundle: Bundle, backend: str) -> None:
    for artifact in artifacts(bundle, "tfjs"):
        bed.open("tfjs")
        check_answers(bed, bundle, artifact, backend=backend)
    assert not any(url.endswith(".wasm") for url in bed.requests)


@pytest.mark.parametrize("runtime", FORMATS)
def test_webgpu_answers(bed: Bed, bundle: Bundle, runtime: str) -> None:
    if not bed.page.evaluate("navigator.gpu?.requestAdapter().then(Boolean) ?? false"):
        pytest.skip("this Chromium finds no WebGPU adapter")
    bed.open(runtime)
    loaded = bed.load(bundle.artifact(FORMATS[runtime], "fp32"), backend="webgpu")
    assert loaded["backend"] == "webgpu"
    size = int(np.prod(bundle.preprocessing.shape))
    answer = bed.page.evaluate("async size => ask('run', (await tensors()).subarray(0, size), 1)", size)
    np.testing.assert_allclose(answer, bundle.reference.goldens[0].probabilities, rtol=0, atol=1e-5)


def test_threads_where_the_page_is_isolated(pages: dict[bool, Bed], bundle: Bundle) -> None:
    isolated = pages[True]
    assert isolated.page.evaluate("crossOriginIsolated")
    for runtime, format in FORMATS.items():
        isolated.requests.clear()
        isolated.open(runtime)
        check_answers(isolated, bundle, bundle.artifact(format, "fp32"), threads=2)
        code = [url for url in isolated.requests if "/app/ort-wasm-" in url]
        assert len(code) == (2 if runtime == "onnx" else 0), "once by the worker, once by its thread"
    check_rules(isolated)


def test_only_what_is_chosen_is_loaded(bed: Bed, bundle: Bundle) -> None:
    chosen = {}
    for runtime, format in FORMATS.items():
        bed.requests.clear()
        bed.open(runtime)
        bed.load(bundle.artifact(format, "fp32"))
        paths = [urlparse(url).path.lstrip("/") for url in bed.requests]
        chosen[runtime] = {path for path in paths if path.startswith("runtimes/")}
        code = sorted(path.removeprefix("app/").rsplit("-", 1)[0] for path in paths if path.startswith("app/"))
        assert code == ([runtime, "ort-wasm"] if runtime == "onnx" else [runtime]), "no backend that nobody asked for"
    assert chosen == {
        "tfjs": {"runtimes/tfjs/tfjs-backend-wasm-simd.wasm"},
        "onnx": {"runtimes/onnx/ort-wasm-simd-threaded.wasm"},
        "litert": {f"runtimes/litert/litert_wasm_compat_internal.{kind}" for kind in ("js", "wasm")},
    }


# Memory


@pytest.mark.parametrize("runtime", FORMATS)
def test_a_thousand_predictions_leave_nothing(
    browser: Browser, pages: dict[bool, Bed], bundle: Bundle, tensors: NDArray[np.uint8], runtime: str
) -> None:
    bed = Bed(browser, pages[False].url)
    heap = WorkerHeap(bed.page)
    bed.open(runtime)
    bed.load(bundle.artifact(FORMATS[runtime], "fp32"))
    bed.repeat(50, tensors[0])
    memory, before = bed.ask("memory"), heap.measure()
    milliseconds = bed.repeat(1000, tensors[0])
    after = heap.measure()
    growth = {key: (after[key] - before[key]) / MEGABYTE for key in ("usedSize", "backingStorageSize")}
    print(
        f"{runtime}: {milliseconds:.2f} ms each; tensors {memory}; heap {before['usedSize'] / MEGABYTE:.2f} MB, "
        f"grown by {growth['usedSize']:.3f} MB, outside of it by {growth['backingStorageSize']:.3f} MB"
    )
    assert bed.ask("memory") == memory
    assert sum(growth.values()) < 5
    bed.page.close()


# Failures


def files(bundle: Bundle, artifact: Artifact) -> dict[str, bytes]:
    return {f"bundle/{path}": bundle.file(path).read_bytes() for path in artifact.files}


@pytest.mark.parametrize("runtime", FORMATS)
def test_a_file_that_is_missing_cut_or_another(bed: Bed, bundle: Bundle, runtime: str) -> None:
    artifact = bundle.artifact(FORMATS[runtime], "fp32")
    entry, good = f"bundle/{artifact.path}", files(bundle, artifact)
    cases = {
        "missing: the model's file .* is missing": {},
        "corrupt: .": {**good, entry: good[entry][: len(good[entry]) // 2]},
        "corrupt: ..": {**good, entry: b"this is no model, whatever its name says"},
        "corrupt: ...": {**good, entry: b""},
    }
    for message, case in cases.items():
        bed.open(runtime)
        with pytest.raises(Error, match=message) as caught:
            bed.load_files(entry, case)
        print(caught.value.message.splitlines()[0])


@pytest.mark.parametrize("runtime", FORMATS)
def test_the_runtimes_own_files_are_missing(bed: Bed, bundle: Bundle, runtime: str) -> None:
    bed.open(runtime)
    nowhere = {name: f"{bed.url}nowhere/{name}" for name in bed.page.evaluate("assetsOf", runtime)}
    with pytest.raises(Error, match=r"missing: .* cannot start: its file .*nowhere.* is missing \(HTTP 404\)"):
        bed.load(bundle.artifact(FORMATS[runtime], "fp32"), assets=nowhere)


@pytest.mark.parametrize("runtime", FORMATS)
def test_a_browser_without_webassembly(bed: Bed, bundle: Bundle, runtime: str) -> None:
    bed.open(runtime)
    bed.ask("lack", "WebAssembly")
    with pytest.raises(Error, match=r"runtime: this browser has no WebAssembly, which .* needs"):
        bed.load(bundle.artifact(FORMATS[runtime], "fp32"))


def test_tfjs_needs_no_webassembly_on_cpu(bed: Bed, bundle: Bundle) -> None:
    bed.open("tfjs")
    bed.ask("lack", "WebAssembly")
    check_answers(bed, bundle, bundle.artifact("tfjs", "fp32"), backend="cpu")


def test_onnx_webgpu_needs_jspi(bed: Bed, bundle: Bundle) -> None:
    bed.open("onnx")
    bed.ask("lack", "WebAssembly.Suspending")
    with pytest.raises(Error, match=r"runtime: .*(JSPI|no WebGPU)"):
        bed.load(bundle.artifact("onnx", "fp32"), backend="webgpu")


@pytest.mark.parametrize("runtime", FORMATS)
def test_what_is_refused_is_named_and_the_session_goes_on(bed: Bed, bundle: Bundle, runtime: str) -> None:
    artifact = bundle.artifact(FORMATS[runtime], "fp32")
    assert bed.open(runtime)["backends"][0] == "wasm"
    with pytest.raises(Error, match="input: no backend abacus: there is wasm, "):
        bed.load(artifact, backend="abacus")
    bed.load(artifact)
    with pytest.raises(Error, match=r"input: the model takes \(2, 64, 64, 3\) = 24576 values, got 3"):
        bed.ask("run", [1, 2, 3], 2)
    assert bed.run_goldens(len(bundle.reference.goldens)).shape[1] == len(bundle.labels)
    bed.ask("close")
    bed.ask("close")
    with pytest.raises(Error, match="runtime: the session is closed"):
        bed.ask("run", [1, 2, 3], 1)
