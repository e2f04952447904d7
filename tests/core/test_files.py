"""Write beside, then rename: nothing half-written is ever taken for whole."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gemelo.errors import StorageError, UnsafePathError
from gemelo.files import atomic_directory, atomic_write, describe_files, read_json, safe_join, write_json


def test_atomic_directory_appears_whole_and_replaces(tmp_path: Path) -> None:
    target = tmp_path / "bundle"
    for content in ("one", "two"):
        with atomic_directory(target) as work:
            (work / "a.txt").write_text(content)
            assert not target.exists() or (target / "a.txt").read_text() != content
        assert (target / "a.txt").read_text() == content
    assert os.listdir(tmp_path) == ["bundle"]


def test_atomic_directory_keeps_the_older_folder_on_an_error(tmp_path: Path) -> None:
    target = tmp_path / "bundle"
    with atomic_directory(target) as work:
        (work / "a.txt").write_text("old")

    def interrupted() -> None:
        with atomic_directory(target) as work:
            (work / "a.txt").write_text("new")
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        interrupted()
    assert (target / "a.txt").read_text() == "old"
    assert os.listdir(tmp_path) == ["bundle"]


def test_a_killed_writer_leaves_the_older_folder_and_is_swept_up(tmp_path: Path) -> None:
    target = tmp_path / "bundle"
    with atomic_directory(target) as work:
        (work / "a.txt").write_text("old")
    script = (
        "import sys, time; from pathlib import Path; from gemelo.files import atomic_directory\n"
        f"with atomic_directory(Path({str(target)!r})) as work:\n"
        "    (work / 'a.txt').write_text('new'); print('writing', flush=True); time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"writing\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert (target / "a.txt").read_text() == "old"
    assert len(os.listdir(tmp_path)) == 2
    with atomic_directory(target) as work:
        (work / "a.txt").write_text("newer")
    assert os.listdir(tmp_path) == ["bundle"]
    assert (target / "a.txt").read_text() == "newer"


def test_a_kill_between_the_two_renames_loses_nothing(tmp_path: Path) -> None:
    older = tmp_path / ".bundle.999999999.abc.old"
    older.mkdir()
    (older / "a.txt").write_text("old")
    with pytest.raises(RuntimeError), atomic_directory(tmp_path / "bundle"):
        raise RuntimeError
    assert (tmp_path / "bundle" / "a.txt").read_text() == "old"


def test_atomic_write_leaves_nothing_behind_when_the_disk_is_full(tmp_path: Path) -> None:
    script = (
        "import resource; from pathlib import Path; from gemelo.files import atomic_write\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        f"atomic_write(Path({str(tmp_path / 'x')!r}), b'x' * 5000)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "StorageError: cannot write" in done.stderr
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("relative", ["../x", "/etc/passwd", "a/../../x", "", "a\\b", "a\0b"])
def test_paths_that_climb_out_are_refused(tmp_path: Path, relative: str) -> None:
    with pytest.raises(UnsafePathError, match="outside"):
        safe_join(tmp_path, relative)


def test_links_that_lead_out_are_refused(tmp_path: Path) -> None:
    root = tmp_path / "bundle"
    root.mkdir()
    (root / "link").symlink_to("/etc")
    with pytest.raises(UnsafePathError, match="leads out"):
        safe_join(root, "link/passwd")


def test_json_is_the_same_for_the_same_value_and_survives_odd_names(tmp_path: Path) -> None:
    value = {"b": [1, 2.5], "a": "gato ñ \udcff\n"}
    write_json(tmp_path / "x.json", value)
    first = (tmp_path / "x.json").read_bytes()
    write_json(tmp_path / "x.json", value)
    assert (tmp_path / "x.json").read_bytes() == first
    assert list(read_json(tmp_path / "x.json")) == ["b", "a"]


def test_hidden_files_are_not_described(tmp_path: Path) -> None:
    atomic_write(tmp_path / "a" / "b.txt", b"x")
    atomic_write(tmp_path / ".hidden" / "c.txt", b"x")
    atomic_write(tmp_path / "a" / ".d", b"x")
    assert list(describe_files(tmp_path)) == ["a/b.txt"]


def test_a_folder_that_may_not_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="cannot write"):
        atomic_write(tmp_path / "file" / "x.json", b"")
