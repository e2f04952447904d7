"""`gemelo pack`: what is in a pack, that the same bundle gives the same bytes, and where it may not be written."""

import importlib.metadata
import io
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from gemelo.edge import build, choose
from gemelo.edge.build import PackOptions, make_pack
from gemelo.edge.device.whole import Pack
from gemelo.edge.output_path import is_pack
from gemelo.edge.program import program
from gemelo.errors import IntegrityError, ParityError, UnknownNameError, UsageError
from gemelo.parity.gates import EXPECTED_TOLERANCE
from gemelo.store.bundle import Bundle
from gemelo.store.files import describe_files, read_json, sha256_file, write_json
from tests.edge.support import VARIANTS, classify, hashes, make_variants
from tests.support.cli import run_gemelo
from tests.support.damage import flip_byte

FILES = {
    *program(),
    *("model.onnx", "labels.txt", "preprocessing.json", "goldens/expected.json"),
    *("requirements.txt", "README.md", "LICENSE", "classify.service", "Containerfile", "pack.json"),
}


def test_a_pack_is_what_a_device_needs_and_nothing_else(made: Path, bundle: Path) -> None:
    found = set(describe_files(made))
    assert {name for name in found if not re.fullmatch(r"goldens/golden-\d\d.*", name)} == FILES
    assert len(found) == len(FILES) + 24
    assert (made / "model.onnx").read_bytes() == (bundle / "onnx" / "fp32.onnx").read_bytes()
    assert (made / "labels.txt").read_text() == "cats\ndogs\n"
    assert read_json(made / "preprocessing.json") == Bundle.open(bundle).preprocessing.to_json()
    assert hashes(made) == {name: sha256_file(made / name) for name in found - {"pack.json"}}
    manifest = read_json(made / "pack.json")
    assert manifest["bundle"] == sha256_file(bundle / "manifest.json")
    assert (manifest["name"], manifest["variant"], manifest["model"]) == ("tiny", "fp32", "model.onnx")


def test_requirements_are_pinned_to_what_is_installed(made: Path) -> None:
    lines = [line for line in (made / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    assert lines == [f"{name}=={importlib.metadata.version(name)}" for name in ("numpy", "pillow", "onnxruntime")]


def test_no_address_and_no_path_of_this_machine_is_in_it(made: Path, project: Path) -> None:
    for name in FILES - {"LICENSE"}:
        text = (made / name).read_bytes()
        assert str(project.parent).encode() not in text, name
        hosts = set(re.findall(rb"https?://([\w.]+)", text))
        # The second is how a Git LFS pointer begins, which is told from a photo.
        assert hosts <= {b"127.0.0.1", b"git"}, (name, hosts)


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_same_bundle_gives_the_same_bytes(
    bundle: Path, zips: dict[str, Path], tmp_path: Path, variant: str
) -> None:
    again = make_pack(bundle, tmp_path / "again.zip", PackOptions(variant)).path
    assert again.read_bytes() == zips[variant].read_bytes()
    folder = make_pack(bundle, tmp_path / "folder", PackOptions(variant)).path
    with zipfile.ZipFile(again) as archive:
        assert archive.testzip() is None
        assert archive.namelist()[-1] == "pack.json"
        assert {name: archive.read(name) for name in archive.namelist()} == {
            name: (folder / name).read_bytes() for name in describe_files(folder)
        }


def test_floats_are_held_to_keras_and_eight_bits_to_expected_outputs(bundle: Path, tmp_path: Path) -> None:
    reference = [[float(p) for p in image.probabilities] for image in Bundle.open(bundle).reference.goldens]
    found: dict[str, Any] = {}
    for variant in VARIANTS:
        pack = make_pack(bundle, tmp_path / variant, PackOptions(variant)).path
        found[variant] = read_json(pack / "goldens" / "expected.json")
    assert [(v["against"], v["tolerance"]) for v in found.values()] == [
        *(("keras", 1e-5), ("keras", 1e-2), ("expected_outputs", EXPECTED_TOLERANCE)),
    ]
    for variant in VARIANTS:
        keras = np.asarray([row["keras"] for row in found[variant]["goldens"]])
        np.testing.assert_allclose(keras, reference, atol=1e-7)
    off = [np.abs(np.subtract(row["expected"], row["keras"])).max() for row in found["int8"]["goldens"]]
    assert max(off) > 1e-2


def test_ort_s_own_format_answers_alike(bundle: Path, tmp_path: Path) -> None:
    pack = make_pack(bundle, tmp_path / "pack", PackOptions(ort=True)).path
    assert read_json(pack / "pack.json")["model"] == "model.ort"
    assert (pack / "model.ort").read_bytes()[4:8] == b"ORTM"
    image = np.random.default_rng(0).integers(0, 256, (3, 12, 16, 3)).astype(np.float32)
    answers = [
        onnxruntime.InferenceSession(pack / name, providers=["CPUExecutionProvider"]).run(None, {"image": image})[0]
        for name in ("model.onnx", "model.ort")
    ]
    np.testing.assert_allclose(*answers, atol=1e-6)
    assert classify(pack, "--selftest").returncode == 0


def test_auto_takes_the_fastest_that_passes(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = make_pack(bundle, tmp_path / "pack", PackOptions("auto"))
    assert [row.variant for row in report.candidates] == list(VARIANTS)
    assert [row.variant for row in report.candidates if row.chosen] == [report.variant]
    assert all(row.median_ms is not None and row.reason == "" for row in report.candidates)
    times = {"fp32": [2.0] * 9, "fp16": [1.0] * 9, "int8": [0.98] * 9}
    monkeypatch.setattr(choose, "_time", lambda *_: times)
    # int8 is within the noise of fp16, which is nearer to Keras.
    assert make_pack(bundle, tmp_path / "pack", PackOptions("auto")).variant == "fp16"
    times["int8"] = [0.5] * 9
    assert make_pack(bundle, tmp_path / "pack", PackOptions("auto")).variant == "int8"


def test_auto_leaves_out_what_fails_its_self_test(tmp_path: Path) -> None:
    bundle = make_variants(tmp_path / "bundle")
    report = read_json(tmp_path / "bundle" / "parity.json")
    report["artifacts"][2]["goldens"][0] = [0.0, 1.0]  # expected outputs that int8 does not give here
    (tmp_path / "bundle" / "parity.json").write_text(json.dumps(report))
    manifest = read_json(bundle.path / "manifest.json")
    manifest["files"] |= {"parity.json": describe_files(bundle.path)["parity.json"]}
    write_json(bundle.path / "manifest.json", manifest)
    rows = make_pack(bundle.path, tmp_path / "pack", PackOptions("auto")).candidates
    assert rows[2].median_ms is None
    assert not rows[2].chosen
    assert "when it was written" in rows[2].reason
    with pytest.raises(ParityError, match="fails its self-test here: answers differ by"):
        make_pack(bundle.path, tmp_path / "int8", PackOptions("int8"))
    assert not (tmp_path / "int8").exists()


def test_unknown_variants_and_damaged_bundles_are_refused(bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="onnx/int4"):
        make_pack(bundle, tmp_path / "x", PackOptions("int4"))
    damaged = Path(shutil.copytree(bundle, tmp_path / "damaged"))
    flip_byte("onnx/fp16.onnx")(damaged)
    with pytest.raises(IntegrityError):
        make_pack(damaged, tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_pack_is_replaced_and_nothing_else_is(
    bundle: Path, made: Path, zips: dict[str, Path], tmp_path: Path
) -> None:
    for source, name in ((made, "old"), (zips["fp32"], "old.zip")):
        target = tmp_path / name
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
        make_pack(bundle, target, PackOptions("int8"))
        assert is_pack(target)
    assert read_json(tmp_path / "old" / "pack.json")["variant"] == "int8"
    (tmp_path / "mine.zip").write_bytes(b"PK\3\4 a zip of mine")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"x")
    (tmp_path / "folder.zip").mkdir()
    for name in ("mine.zip", "photos", "folder.zip"):
        with pytest.raises(UsageError, match="is there"):
            make_pack(bundle, tmp_path / name)
    with pytest.raises(UsageError, match="would change the bundle"):
        make_pack(bundle, bundle / "pack")
    with pytest.raises(UsageError, match="would take the place of"):
        make_pack(bundle, bundle.parent)
    assert (tmp_path / "photos" / "cat.jpg").read_bytes() == b"x"


def test_a_failure_leaves_the_older_pack(bundle: Path, pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = describe_files(pack)

    def fails(*_: object) -> None:
        raise ParityError("no")

    monkeypatch.setattr(build, "_tested", fails)
    with pytest.raises(ParityError):
        make_pack(bundle, pack, PackOptions("int8"))
    assert describe_files(pack) == before
    assert [path.name for path in pack.parent.iterdir()] == [pack.name]


def test_names_from_outside_stay_names(tmp_path: Path) -> None:
    bundle = make_variants(tmp_path / "bundle", "two\nlines $x %n")
    pack = make_pack(bundle.path, tmp_path / "pack").path
    unit = (pack / "classify.service").read_text(encoding="utf-8")
    assert "Description=gemelo classifier: two?lines $x ?n\n" in unit
    assert Pack.open(pack).name == "two\nlines $x %n"


def test_systemd_understands_the_unit(made: Path, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not on this machine")
    text = (made / "classify.service").read_text(encoding="utf-8")
    assert text.count("/opt/gemelo/venv/bin/python ") == 2
    (tmp_path / "classify.service").write_text(text.replace("/opt/gemelo/venv/bin/python ", f"{sys.executable} "))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / "classify.service")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_command_says_what_it_made(bundle: Path, tmp_path: Path) -> None:
    done = run_gemelo("pack", bundle, "--out", tmp_path / "p.zip", "--variant", "auto")
    assert done.returncode == 0, done.stderr
    assert re.search(r"(?m)^(fp32|fp16|int8) .* taken$", done.stdout)
    count = len(FILES) + 24
    assert re.search(rf"pack of tiny onnx/\w+ in .*p\.zip: {count} files, [\d.]+ kB, [\d.]+ kB zipped", done.stdout)
    assert re.search(r"self-test +passed here: 24 goldens", done.stdout)
    value = json.loads(run_gemelo("pack", bundle, "--out", tmp_path / "p", "--json").stdout)
    assert value["id"] == sha256_file(tmp_path / "p" / "pack.json")
    assert value["test"]["passed"] is True
    with zipfile.ZipFile(io.BytesIO((tmp_path / "p.zip").read_bytes())) as archive:
        assert len(archive.namelist()) == count


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["BUNDLE"], 2, "--out"),
        (["nowhere", "--out", "OUT"], 2, "no such folder"),
        (["BUNDLE", "--out", "OUT", "--variant", "int4"], 2, "there is: onnx/fp32, onnx/fp16, onnx/int8"),
        (["BUNDLE", "--out", "BUNDLE"], 2, "would change the bundle"),
        (["BUNDLE", "--out", "/proc/pack"], 1, "cannot write /proc/pack"),
    ],
)
def test_wrong_usage_is_a_sentence(words: list[str], code: int, said: str, bundle: Path, tmp_path: Path) -> None:
    places = {"BUNDLE": str(bundle), "OUT": str(tmp_path / "out")}
    done = run_gemelo("pack", *(places.get(word, word) for word in words))
    assert done.returncode == code, done.stdout
    assert said in re.sub(r"[\s│]+", " ", done.stderr)
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()
