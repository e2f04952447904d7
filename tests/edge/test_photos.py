"""classify.py on photos, and its self-test: run as a file of its own, with no gemelo in reach."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gemelo.edge.build import PackOptions, make_pack
from gemelo.edge.device.model import Model
from gemelo.edge.device.watch import Watch, _answer_file
from gemelo.edge.device.whole import Pack
from gemelo.store.files import read_json, sha256_file
from tests.edge.support import classify, make_variants
from tests.support.bundles import WEIGHTS, write_onnx
from tests.support.cli import run_gemelo
from tests.support.damage import flip_byte


def hash_again(pack: Path) -> None:
    """Write the hashes anew, as somebody who builds his own pack would."""
    manifest = read_json(pack / "pack.json")
    for name, row in manifest["files"].items():
        row |= {"sha256": sha256_file(pack / name), "bytes": (pack / name).stat().st_size}
    (pack / "pack.json").write_text(json.dumps(manifest), encoding="utf-8")


@pytest.fixture
def photos(made: Path, tmp_path: Path) -> Path:
    """Good ones, bad ones, one below, and a file that is no photo."""
    folder = tmp_path / "photos"
    (folder / "below").mkdir(parents=True)
    for i, path in enumerate(sorted((made / "goldens").glob("*.png"))[:4]):
        shutil.copy(path, folder / ("below" if i == 3 else ".") / f"good [{i}] é.png")
    (folder / "a empty.jpg").write_bytes(b"")
    (folder / "b text.gif").write_text("this is no picture")
    (folder / "c scan.jp2").write_bytes(b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(40))
    (folder / "notes.txt").write_text("no photo at all")
    return folder


def test_it_answers_and_prints_as_gemelo_predict_does(made: Path, bundle: Path, photos: Path) -> None:
    for more in ((), ("--json", "--top", "1")):
        theirs = run_gemelo("predict", bundle, photos, *more)
        ours = classify(made, photos, *more)
        assert (ours.returncode, ours.stdout, ours.stderr) == (theirs.returncode, theirs.stdout, theirs.stderr)
        assert ours.returncode == 1
    assert len(json.loads(classify(made, photos, "--json").stdout)) == 7


def test_a_heic_photo_is_told_as_such_where_nothing_reads_it(made: Path, tmp_path: Path) -> None:
    (tmp_path / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    done = classify(made, tmp_path / "phone.heic")
    assert (done.returncode, done.stdout) == (1, f"{tmp_path}/phone.heic: this is a HEIC photo\n")


def test_below_its_threshold_it_is_not_sure(tmp_path: Path) -> None:
    bundle = make_variants(tmp_path / "bundle", abstain={"threshold": 0.6, "answered": 0.5, "accuracy": 0.9}).path
    pack = make_pack(bundle, tmp_path / "pack").path
    for more in ((), ("--json",)):
        theirs, ours = run_gemelo("predict", bundle, pack / "goldens", *more), classify(pack, pack / "goldens", *more)
        assert (ours.returncode, ours.stdout) == (theirs.returncode, theirs.stdout)
    rows = json.loads(ours.stdout)
    assert {row["sure"] for row in rows} == {True, False}
    assert all((row["prediction"] is None) == (row["predictions"][0]["probability"] < 0.6) for row in rows)
    doubtful = next(row["path"] for row in rows if not row["sure"])
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    shutil.copy(doubtful, inbox / "x.png")
    watch = Watch(inbox, settle=0)
    model = Model(Pack.open(pack))
    [path] = watch.ready(0)
    _answer_file(model, watch, path, None, tmp_path / "t.csv", tmp_path / "sorted")
    assert (tmp_path / "sorted" / "not sure" / "x.png").is_file()
    assert ",not sure,0." in (tmp_path / "t.csv").read_text()
    for wrong in (1.0, True, "0.5"):
        (pack / "pack.json").write_text(json.dumps({**read_json(pack / "pack.json"), "threshold": wrong}))
        assert "threshold (must be" in classify(pack, "--selftest").stderr


def test_globs_and_missing_names(made: Path, photos: Path) -> None:
    done = classify(made, photos / "good*", photos / "nothing.jpg")
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 3
    assert "nothing.jpg: there is no such photo" in done.stderr


def test_a_terminal_is_not_told_what_a_name_would_tell_it(made: Path, tmp_path: Path) -> None:
    png = min((made / "goldens").glob("*.png")).read_bytes()
    for name in (b"new\nline.png", b"not-utf8-\xff.png", b"\x1b[31mred.png"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(png)
    done = classify(made, tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 3
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "no photo was named"),
        (["nowhere.jpg"], "nowhere.jpg: there is no such photo"),
        (["GOLDEN", "--top", "0"], "--top must be 1 or more"),
        (["GOLDEN", "--threads", "-1"], "--threads must be 1 or more"),
        (["GOLDEN", "--max-megapixels", "0"], "--max-megapixels must be a positive number"),
        (["--selftest", "--nothing"], "unrecognized arguments"),
    ],
)
def test_wrong_usage_is_exit_code_2_and_a_sentence(words: list[str], said: str, made: Path) -> None:
    golden = str(min((made / "goldens").glob("*.png")))
    done = classify(made, *(golden if word == "GOLDEN" else word for word in words))
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_megapixels_and_threads_are_heeded(made: Path) -> None:
    golden = made / "goldens" / "golden-12-gradient.png"
    done = classify(made, golden, "--max-megapixels", "0.01")
    assert done.returncode == 1
    assert "128x96 is 0.0 megapixels, the limit is 0.01" in done.stdout
    assert classify(made, golden, "--threads", "1").stdout == classify(made, golden).stdout


@pytest.mark.parametrize(
    "name", ["model.onnx", "labels.txt", "preprocessing.json", "classify.py", "goldens/expected.json"]
)
def test_every_start_holds_every_file_to_its_hash(pack: Path, name: str) -> None:
    if name == "classify.py":
        (pack / name).write_text((pack / name).read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    else:
        flip_byte(name)(pack)
    done = classify(pack, pack / "goldens" / "golden-12-gradient.png")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"not the bytes that were written: {name}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": 2}, "schema 2 is newer than this program understands (1)"),
        ({"kind": "bundle"}, "not the manifest of a pack"),
        ({"files": {"../x": {"bytes": 1, "sha256": "0" * 64}}}, "no hash of model.onnx, labels.txt"),
        ({"model": "../model.onnx"}, "no hash of ../model.onnx"),
        ({"name": 7}, "name (must be text)"),
    ],
)
def test_a_manifest_that_is_none_is_refused(pack: Path, change: dict[str, object], said: str) -> None:
    (pack / "pack.json").write_text(json.dumps({**read_json(pack / "pack.json"), **change}))
    done = classify(pack, "--selftest")
    assert done.returncode == 1
    assert said in done.stderr
    (pack / "pack.json").unlink()
    assert "pack.json is missing" in classify(pack, "--selftest").stderr


def test_the_self_test_says_how_this_device_answers(made: Path) -> None:
    done = classify(made, "--selftest", "--json")
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    assert value["passed"] is True
    assert (value["goldens"], value["label_changes"], value["against"]) == (24, 0, "keras")
    assert 0 <= value["max_difference"] <= value["tolerance"] == 1e-5
    assert 0 < value["median_ms"] <= value["p95_ms"] < 30_000
    assert 20e6 < value["peak_bytes"] < 150e6
    assert set(value["versions"]) == {"python", "numpy", "Pillow", "onnxruntime", "machine"}
    text = classify(made, "--selftest").stdout
    assert text.startswith("self-test of tiny onnx/fp32: passed\n")
    assert re.search(r"max difference +\d\.\de-\d\d against keras, 1e-05 allowed", text)


def test_a_quantized_pack_is_held_to_its_expected_outputs(bundle: Path, tmp_path: Path) -> None:
    pack = make_pack(bundle, tmp_path / "pack", PackOptions("int8")).path
    value = json.loads(classify(pack, "--selftest", "--json").stdout)
    assert (value["passed"], value["against"]) == (True, "expected_outputs")
    assert value["max_difference"] < 1e-6 < 1e-2 < value["keras_difference"]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("model", "answers differ by"),
        ("labels", "the labels in the model"),
        ("preprocessing", "becomes other input bytes here than Keras was given"),
        ("golden", "cannot be read here"),
        ("expected", "goldens/expected.json: missing or damaged"),
    ],
)
def test_the_self_test_fails_where_answers_are_others(pack: Path, damage: str, said: str) -> None:
    if damage == "model":
        write_onnx(pack / "model.onnx", WEIGHTS * 1.01)
    elif damage == "labels":
        (pack / "labels.txt").write_text("dogs\ncats\n")
    elif damage == "preprocessing":
        (pack / "preprocessing.json").write_text((pack / "preprocessing.json").read_text().replace("squash", "crop"))
    elif damage == "golden":
        (pack / "goldens" / "golden-03-dog.png").write_bytes(b"GIF89a")
    else:
        (pack / "goldens" / "expected.json").write_text('{"goldens": []}')
    hash_again(pack)
    done = classify(pack, "--selftest")
    assert done.returncode == 1
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_package_is_named_with_its_cure(made: Path) -> None:
    script = (
        "import sys, runpy\n"
        "sys.modules[sys.argv[1]] = None\n"
        "sys.argv = [sys.argv[2], '--selftest']\n"
        "runpy.run_path(sys.argv[0], run_name='__main__')\n"
    )
    for package in ("PIL", "onnxruntime"):
        done = subprocess.run(
            [sys.executable, "-c", script, package, str(made / "classify.py")],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 2
        assert f"error: {package} is not installed" in done.stderr
        assert "venv/bin/pip install --no-deps -r requirements.txt" in done.stderr


def test_it_reads_nothing_of_the_network_and_writes_nothing(made: Path) -> None:
    script = (
        "import sys, runpy\n"
        "seen = []\n"
        "def hook(event, arguments):\n"
        "    writes = event == 'open' and isinstance(arguments[1], str) and set(arguments[1]) & set('wax+')\n"
        "    if event.startswith(('socket.', 'subprocess.', 'os.remove', 'os.rename', 'os.mkdir')) or writes:\n"
        "        seen.append((event, str(arguments)[:200]))\n"
        "sys.addaudithook(hook)\n"
        "sys.dont_write_bytecode = True\n"
        "sys.argv = sys.argv[1:]\n"
        "try:\n"
        "    runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "except SystemExit as end:\n"
        "    print(end.code, seen)\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", script, str(made / "classify.py"), str(made / "goldens")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines()[-1] == "0 []", done.stdout + done.stderr
