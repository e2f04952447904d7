"""Downloads: what a visitor downloads is whole, and the code that is shown runs with it."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import gemelo
from gemelo.store.bundle import Bundle
from streamlit_app import archives, snippets
from streamlit_app.models import Found, find_bundles
from streamlit_app.options import Options
from tests.app.conftest import Start, text
from tests.support.apps import go_to
from tests.support.bundles import reseal
from tools import wheel_parts

EXTRAS = {"onnx": "[onnx]", "tflite": "[litert]", "tfjs": ""}


@pytest.fixture
def found(small_bundle: Path) -> Found:
    return find_bundles(Options((small_bundle,)))[0]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as it is taken away, installed into a folder of its own by a real installer."""
    place = tmp_path_factory.mktemp("wheel")
    wheel = place / archives.wheel_name()
    wheel.write_bytes(archives.wheel().read())
    command = [str(Path(sys.executable).parent / "uv"), "pip", "install", "--offline", "--no-deps", "--python"]
    command += [sys.executable, "--target", str(place / "site"), str(wheel)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return place / "site"


def test_the_bundle_zip_is_the_bundle(found: Found, small_bundle: Path, tmp_path: Path) -> None:
    packed = archives.bundle_zip(found)
    assert packed.size == len(packed.read())
    with zipfile.ZipFile(packed.path) as archive:
        archive.extractall(tmp_path)
    unzipped = tmp_path / Bundle.open(small_bundle).name
    assert Bundle.open(unzipped).manifest == Bundle.open(small_bundle).manifest
    assert archives.bundle_zip(found) is packed  # made once


@pytest.mark.parametrize("format", ["onnx", "tflite", "tfjs"])
def test_the_python_code_runs_as_it_is_shown(
    start: Start, found: Found, small_bundle: Path, installed: Path, tmp_path: Path, format: str
) -> None:
    """With the wheel that is offered beside it, and no gemelo else."""
    app = start("--bundle", small_bundle)
    app.session_state["format"] = format
    install, code, plain_install, plain, page = shown(go_to(app, "downloads"))
    with zipfile.ZipFile(archives.bundle_zip(found).path) as archive:
        archive.extractall(tmp_path)
    bundle = Bundle.open(small_bundle)
    with gemelo.load(small_bundle) as classifier:
        best = classifier.predict(bundle.file(bundle.reference.goldens[0].path))[0]
    assert install == f"pip install './{archives.wheel_name()}{EXTRAS[format]}'"
    assert plain_install == "pip install onnxruntime numpy pillow"
    for one in (code + "\nprint(gemelo.__file__, file=sys.stderr)\n", plain):
        done = subprocess.run(
            [sys.executable, "-c", one],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin:/usr/local/bin", "PYTHONPATH": str(installed)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert one is plain or str(installed) in done.stderr
        name, label, probability = re.fullmatch(r"(\S+): (\S+) (\S+)\n", done.stdout).groups()
        assert name.endswith("golden-00-cat.png")
        assert label == best.label
        assert float(probability) == pytest.approx(best.probability, abs=1e-4)
    assert page == snippets.javascript(bundle).strip()


def shown(app: AppTest) -> list[str]:
    assert not app.exception
    return [block.value for block in app.code]


def test_the_wheel_is_the_one_that_is_built(installed: Path, project: Path) -> None:
    core = {path.relative_to(project) for path in (project / "gemelo").rglob("*") if path.is_file()}
    built = {path.as_posix() for path in core if path.suffix != ".pyc"} | set(wheel_parts.files(project).values())
    root = installed / "gemelo"
    theirs = {path.relative_to(installed) for path in root.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert {path.as_posix() for path in theirs} == built
    about = next(installed.glob("gemelo-*.dist-info"))
    assert "Requires-Dist: onnxruntime" in (about / "METADATA").read_text(encoding="utf-8")
    assert "gemelo = gemelo." in (about / "entry_points.txt").read_text(encoding="utf-8")


def test_every_size_is_said(start: Start, small_bundle: Path, found: Found) -> None:
    said = text(start("--bundle", small_bundle, page="downloads"))
    name, most = archives.slug(Bundle.open(small_bundle).name), Options().max_pixels
    sizes = {f"{name}.zip": archives.bundle_zip(found).size, f"{name}-page.zip": archives.page_zip(found, most).size}
    sizes |= {archives.wheel_name(): archives.wheel().size, f"{name}.onnx": len(_onnx(small_bundle))}
    for file, size in sizes.items():
        shown = f"{size / 1e6:.2f}" if size >= 1e6 else f"{size / 1e3:.1f}"
        assert f"{file}, {shown}" in said
    assert "packing" not in said


def _onnx(bundle: Path) -> bytes:
    return (bundle / "onnx" / "fp32.onnx").read_bytes()


def test_a_name_from_outside_is_no_path(tiny: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny, tmp_path / "odd"))
    reseal(Bundle.open(folder), name="../../x <b>\n")
    (found,) = find_bundles(Options((folder,)))
    with zipfile.ZipFile(archives.bundle_zip(found).path) as archive:
        assert {name.split("/")[0] for name in archive.namelist()} == {"x-b"}
