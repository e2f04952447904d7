"""Updates: what is taken, what is refused, the way back, and that no interruption leaves a device without a pack."""

import io
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from gemelo.edge.build import make_pack
from gemelo.edge.device.main import main
from gemelo.edge.device.unpack import read_zip_manifest, unpack
from gemelo.edge.device.update import install, roll_back
from gemelo.edge.device.whole import Pack
from gemelo.edge.output_path import zipped
from gemelo.edge.program import program
from gemelo.errors import GemeloError, IntegrityError
from gemelo.store.files import sha256_bytes
from tests.edge.support import classify
from tests.support.bundles import WEIGHTS, rewrite_manifest, write_onnx
from tests.support.damage import flip_byte

ROUNDS = int(os.environ.get("GEMELO_UPDATE_ROUNDS", "25"))


def change_zip(source: Path, target: Path, change: Callable[[dict[str, bytes]], None], compress: bool = True) -> Path:
    """A zip whose content was changed by somebody who knows zips."""
    with zipfile.ZipFile(source) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return target


def rehash(files: dict[str, bytes]) -> None:
    """Write the hashes anew, as somebody who builds his own pack would."""
    manifest = json.loads(files["pack.json"])
    manifest["files"] = {
        name: {"bytes": len(data), "sha256": sha256_bytes(data)} for name, data in files.items() if name != "pack.json"
    }
    files["pack.json"] = json.dumps(manifest).encode()


def current(into: Path) -> Pack:
    return Pack.open((into / "current").resolve(strict=True))


@pytest.fixture
def installed(zips: dict[str, Path], tmp_path: Path) -> Path:
    """A device with fp32 in use and int8 before it."""
    into = tmp_path / "device"
    for variant in ("int8", "fp32"):
        assert install(zips[variant], into) == 0
    return into


def test_install_roll_back_and_install_again(installed: Path, zips: dict[str, Path]) -> None:
    assert current(installed).variant == "fp32"
    assert sorted(path.name for path in installed.iterdir()) == [".lock", "current", "previous", "versions"]
    program = installed / "current"
    for expected in ("int8", "fp32"):
        done = classify(program, "--rollback", "--into", installed)
        assert (done.returncode, done.stderr) == (0, "")
        assert current(installed).variant == expected
    done = classify(program, "--install", zips["fp16"], "--into", installed)
    assert done.stdout.startswith("installed tiny onnx/fp16: current is ")
    assert current(installed).variant == "fp16"
    assert Pack.open((installed / "previous").resolve()).variant == "fp32"
    assert len(list((installed / "versions").iterdir())) == 2
    done = classify(program, "--install", zips["fp16"], "--into", installed)
    assert (done.returncode, "already" in done.stdout) == (0, True)
    assert Pack.open((installed / "previous").resolve()).variant == "fp32"
    golden = min((installed / "current" / "goldens").glob("*.png"))
    assert classify(installed / "current", golden).returncode == 0


@pytest.mark.parametrize("variant", ["fp32", "int8"])  # the one in use, and the one before it
def test_a_damaged_zip_is_refused_though_its_version_is_there(
    variant: str, installed: Path, zips: dict[str, Path], tmp_path: Path
) -> None:
    def damage(files: dict[str, bytes]) -> None:
        files["model.onnx"] = files["model.onnx"][:-1] + bytes([files["model.onnx"][-1] ^ 1])

    damaged = change_zip(zips[variant], tmp_path / "damaged.zip", damage)
    with pytest.raises(IntegrityError, match=r"model\.onnx"):
        install(damaged, installed)
    assert current(installed).variant == "fp32"
    assert not list((installed / "versions").glob(".*"))


def test_another_classifier_is_taken_and_said(
    installed: Path, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Path(shutil.copytree(bundle, tmp_path / "bundle"))
    rewrite_manifest(other, {"name": "groceries"})
    assert install(make_pack(other, tmp_path / "other.zip").path, installed) == 0
    said = capsys.readouterr().out
    assert "note: this is another classifier: name tiny then, groceries now; --rollback goes back" in said
    assert roll_back(installed) == 0
    assert "note" not in capsys.readouterr().out


def test_the_program_without_a_model_installs(zips: dict[str, Path], tmp_path: Path) -> None:
    with zipfile.ZipFile(zips["fp32"]) as archive:
        archive.extractall(tmp_path, program())
    done = classify(tmp_path, "--install", zips["fp32"], "--into", tmp_path / "device")
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "device" / "previous").is_symlink()
    done = classify(tmp_path, "--rollback", "--into", tmp_path / "device")
    assert done.returncode == 2
    assert "there is no version to go back to" in done.stderr


def slip(files: dict[str, bytes]) -> None:
    files["../evil.py"] = b"x"
    rehash(files)


def absolute(files: dict[str, bytes]) -> None:
    files["/tmp/evil.py"] = b"x"
    rehash(files)


def backslash(files: dict[str, bytes]) -> None:
    files["..\\evil.py"] = b"x"
    rehash(files)


def unlisted_slip(files: dict[str, bytes]) -> None:
    files["goldens/../../../evil.py"] = b"x"


def stowaway(files: dict[str, bytes]) -> None:
    files["numpy.py"] = b"raise SystemExit('mine now')"


def gone(files: dict[str, bytes]) -> None:
    del files["model.onnx"]


def changed(files: dict[str, bytes]) -> None:
    files["model.onnx"] = bytes(len(files["model.onnx"]))


def no_manifest(files: dict[str, bytes]) -> None:
    del files["pack.json"]


def no_json(files: dict[str, bytes]) -> None:
    files["pack.json"] = b"\xff{"


def deep_json(files: dict[str, bytes]) -> None:
    files["pack.json"] = b"[" * 200_000


def long_manifest(files: dict[str, bytes]) -> None:
    files["pack.json"] = b" " * (64 << 20) + files["pack.json"]


def bomb(files: dict[str, bytes]) -> None:
    files["labels.txt"] = bytes(256 << 20)


def huge(files: dict[str, bytes]) -> None:
    manifest = json.loads(files["pack.json"])
    manifest["files"]["labels.txt"]["bytes"] = 1 << 40
    files["pack.json"] = json.dumps(manifest).encode()


def other_model(files: dict[str, bytes]) -> None:
    path = Path(os.environ["GEMELO_TEST_FOLDER"]) / "other.onnx"
    write_onnx(path, WEIGHTS * 1.5)
    files["model.onnx"] = path.read_bytes()
    rehash(files)


def program_that_stops(files: dict[str, bytes]) -> None:
    files["classify.py"] = b"import sys\nsys.exit('not today')\n"
    rehash(files)


def program_that_is_killed(files: dict[str, bytes]) -> None:
    files["classify.py"] = b"import os\nos.kill(os.getpid(), 9)\n"
    rehash(files)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (slip, "outside its folder"),
        (absolute, "outside its folder"),
        (backslash, "outside its folder"),
        (unlisted_slip, "not in its pack.json"),
        (stowaway, "not in its pack.json: 'numpy.py'"),
        (gone, "missing model.onnx"),
        (changed, "model.onnx: not the bytes that were written"),
        (no_manifest, "there is no pack.json in it"),
        (no_json, "not a whole pack"),
        (deep_json, "not a whole pack"),
        (long_manifest, "pack.json is larger than 1024 KiB"),
        (bomb, "not the size that was written: labels.txt"),
        (huge, "are no pack"),
        (other_model, "refused: it does not pass its self-test on this device"),
        (program_that_stops, "not today"),
        (program_that_is_killed, "exit code -9"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_is_no_good_pack_is_refused_and_removed(
    change: Callable[[dict[str, bytes]], None],
    said: str,
    made: Path,
    zips: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("GEMELO_TEST_FOLDER", str(tmp_path))
    archive = change_zip(zips["fp16"], tmp_path / "bad.zip", change)
    into = tmp_path / "device"
    shutil.copytree(made, into / "versions" / "good")
    (into / "current").symlink_to("versions/good")
    code = main(["--install", str(archive), "--into", str(into)], made)
    out, err = capfd.readouterr()
    assert (code, out) == (1, "")
    assert said in err
    assert "Traceback" not in err
    assert os.readlink(into / "current") == "versions/good"
    assert [path.name for path in (into / "versions").iterdir()] == ["good"]
    assert not list(tmp_path.rglob("evil*"))
    assert not Path("/tmp/evil.py").exists()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.999])
def test_a_truncated_zip_is_refused(zips: dict[str, Path], tmp_path: Path, share: float) -> None:
    data = zips["fp32"].read_bytes()
    (tmp_path / "cut.zip").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(IntegrityError, match="not a whole pack"):
        unpack(tmp_path / "cut.zip", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_no_flipped_byte_gets_through(zips: dict[str, Path], tmp_path: Path) -> None:
    data = zips["fp32"].read_bytes()
    whole = tmp_path / "whole"
    unpack(zips["fp32"], whole)
    files = {path.relative_to(whole): path.read_bytes() for path in whole.rglob("*") if path.is_file()}
    for i in range(50):
        damaged = bytearray(data)
        damaged[i * len(data) // 50] ^= 1 << i % 8
        (tmp_path / "flipped.zip").write_bytes(damaged)
        out = tmp_path / str(i)
        try:
            unpack(tmp_path / "flipped.zip", out)
        except GemeloError:
            continue
        # A bit that nobody reads: what was unpacked is what was packed.
        assert {p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()} == files


def test_a_zip_that_lies_about_sizes_writes_no_more_than_was_written(zips: dict[str, Path], tmp_path: Path) -> None:
    archive = change_zip(
        zips["fp32"], tmp_path / "bomb.zip", lambda files: files.update({"labels.txt": bytes(64 << 20)})
    )
    with zipfile.ZipFile(zips["fp32"]) as good:
        size = good.getinfo("labels.txt").file_size
    data = archive.read_bytes()
    # The real size stands in the local header and in the directory: both are made to say what pack.json says.
    lying = data.replace(struct.pack("<I", 64 << 20), struct.pack("<I", size))
    assert lying != data
    archive.write_bytes(lying)
    with pytest.raises(IntegrityError):
        unpack(archive, tmp_path / "out")
    assert all(path.stat().st_size < 1 << 20 for path in (tmp_path / "out").rglob("*"))


def test_links_in_a_zip_become_files(made: Path, tmp_path: Path) -> None:
    stream = io.BytesIO(zipped(made))
    with zipfile.ZipFile(stream) as archive:
        rows = [(row, archive.read(row)) for row in archive.infolist()]
    with zipfile.ZipFile(tmp_path / "links.zip", "w") as archive:
        for row, data in rows:
            row.external_attr = 0o120777 << 16
            archive.writestr(row, data)
    unpack(tmp_path / "links.zip", tmp_path / "out")
    assert not any(path.is_symlink() for path in (tmp_path / "out").rglob("*"))
    assert Pack.open(tmp_path / "out").variant == "fp32"


def test_a_damaged_version_is_none_to_go_back_to(installed: Path, zips: dict[str, Path]) -> None:
    before = os.readlink(installed / "current")
    flip_byte("model.onnx")(installed / "previous")
    done = classify(installed / "current", "--rollback", "--into", installed)
    assert done.returncode == 1
    assert "not the bytes that were written" in done.stderr
    assert os.readlink(installed / "current") == before
    assert classify(installed / "current", "--install", zips["int8"], "--into", installed).returncode == 0
    assert current(installed).variant == "int8"


def test_a_damaged_current_is_replaced_by_the_same_pack(made: Path, installed: Path, zips: dict[str, Path]) -> None:
    flip_byte("model.onnx")(installed / "current")
    done = classify(made, "--install", zips["fp32"], "--into", installed)
    assert done.returncode == 0, done.stderr
    assert current(installed).variant == "fp32"
    assert os.readlink(installed / "current").endswith("-2")
    assert Pack.open((installed / "previous").resolve()).variant == "int8"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--install", "ZIP"], "--into is missing"),
        (["--rollback"], "--into is missing"),
        (["--install", "nowhere.zip", "--into", "DIR"], "there is no such file"),
        (["--install", "DIR", "--into", "DIR"], "this is not a file"),
        (["--install", "ZIP", "--into", "TAKEN"], "this is no link that --install made"),
        (["--install", "ZIP", "--into", "BUSY"], "another update is at work"),
        (["--install", "ZIP", "--rollback", "--into", "DIR"], "not allowed with"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_a_sentence(
    words: list[str],
    said: str,
    made: Path,
    zips: dict[str, Path],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    import fcntl

    (tmp_path / "taken" / "current").mkdir(parents=True)
    (tmp_path / "busy").mkdir()
    places = {"ZIP": zips["fp32"], "DIR": tmp_path, "TAKEN": tmp_path / "taken", "BUSY": tmp_path / "busy"}
    with (tmp_path / "busy" / ".lock").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        try:
            code = main([str(places.get(word, word)) for word in words], made)
        except SystemExit as end:  # argparse's own
            code = end.code
    assert code == 2
    assert said in capfd.readouterr().err


@pytest.mark.timeout(20 * ROUNDS)
def test_updates_killed_at_random_moments_leave_a_whole_version(
    bundle: Path, installed: Path, zips: dict[str, Path], tmp_path: Path
) -> None:
    """kill -9 at random moments; `GEMELO_UPDATE_ROUNDS=200` for as many as the device was promised to bear."""
    random.seed(5)
    bad = change_zip(zips["fp16"], tmp_path / "bad.zip", program_that_stops)
    known = {read_zip_manifest(archive)[1] for archive in zips.values()}
    offers: list[list[str]] = [["--install", str(archive)] for archive in (*zips.values(), bad)] + [["--rollback"]]
    started = time.perf_counter()
    classify(installed / "current", "--install", zips["fp16"], "--into", installed)
    span = 1.1 * (time.perf_counter() - started)
    killed, seen = 0, set()
    for turn in range(ROUNDS):
        # One of five is let be, each pack in turn: there is always something new to come back to.
        let_be = turn % 5 == 4
        offer = offers[turn // 5 % len(zips)] if let_be else random.choice(offers)
        command = [sys.executable, str(installed / "current" / "classify.py"), *offer]
        with subprocess.Popen(
            [*command, "--into", str(installed)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            if let_be:
                process.wait()
            # Half of them late, where files are moved and links are changed.
            time.sleep(span * (random.random() if turn % 2 else 0.7 + 0.3 * random.random()))
            # The machine is now busy, now idle: what was done before it was killed is killed sooner the next time.
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                killed += 1
                span *= 1.1
            elif not let_be:
                span *= 0.85
        pack = current(installed)
        assert pack.id in known
        seen.add(pack.variant)
        if turn % 8 == 0 or ROUNDS > 25:
            assert classify(installed / "current", "--selftest").returncode == 0
    assert killed > ROUNDS / 4
    assert len(seen) > 1
    assert classify(installed / "current", "--install", zips["fp32"], "--into", installed).returncode == 0
    assert current(installed).variant == "fp32"
    assert len(list((installed / "versions").iterdir())) <= 2
