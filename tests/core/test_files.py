"""Write beside, then rename: nothing half-written is ever taken for whole."""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from gemelo.errors import MissingFileError, SchemaError, StorageError, UnsafePathError
from gemelo.store import files
from gemelo.store.files import (
    atomic_directory,
    atomic_write,
    describe_files,
    read_json,
    read_lines,
    safe_join,
    scratch_directory,
    sha256_file,
    write_json,
)


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
        "import sys, time; from pathlib import Path; from gemelo.store.files import atomic_directory\n"
        f"with atomic_directory(Path({str(target)!r})) as work:\n"
        "    (work / 'a.txt').write_text('new'); print('writing', flush=True); time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"writing\n"
    process.kill()
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


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot open folders")
def test_one_of_two_versions_is_there_at_every_instant(tmp_path: Path) -> None:
    """A reader that looks all the time never finds the folder missing, nor half of it."""
    target, stop, missed = tmp_path / "bundle", threading.Event(), list[str]()

    def look() -> None:
        while not stop.is_set():
            try:
                handle = os.open(target, os.O_RDONLY | os.O_DIRECTORY)
            except FileNotFoundError as exc:
                missed.append(str(exc))
            else:
                os.close(handle)

    with atomic_directory(target) as work:
        (work / "a.txt").write_text("0")
    reader = threading.Thread(target=look)
    reader.start()
    for number in range(100):
        with atomic_directory(target) as work:
            (work / "a.txt").write_text(str(number))
    stop.set()
    reader.join()
    assert missed == []


def test_a_file_system_without_exchange_is_served_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "exchange", lambda one, other: False)
    for content in ("one", "two"):
        with atomic_directory(tmp_path / "bundle") as work:
            (work / "a.txt").write_text(content)
    assert (tmp_path / "bundle" / "a.txt").read_text() == "two"
    assert os.listdir(tmp_path) == ["bundle"]


def test_kills_at_any_time_leave_a_whole_folder_and_nothing_after_the_next_start(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from gemelo.store.files import atomic_directory, atomic_write\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        f"    with atomic_directory(Path({str(tmp_path / 'a[1]')!r})) as work:\n"
        "        for name in 'xy': (work / name).write_text('whole')\n"
        f"    atomic_write(Path({str(tmp_path / 'b.zip')!r}), b'whole')\n"
    )
    for milliseconds in range(0, 40, 5):
        process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(milliseconds / 1000)
        process.kill()
        process.wait()
        process.stdout.close()
        if (tmp_path / "a[1]").exists():
            assert [path.read_text() for path in (tmp_path / "a[1]").iterdir()] == ["whole"] * 2
    with atomic_directory(tmp_path / "a[1]"):
        atomic_write(tmp_path / "b.zip", b"last")
    assert sorted(os.listdir(tmp_path)) == ["a[1]", "b.zip"]


def test_scratch_of_a_killed_process_goes_at_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "gemelo-page.999999999.abc" / "x").mkdir(parents=True)
    (tmp_path / f"gemelo-page.{os.getppid()}.abc").mkdir()
    with scratch_directory("page") as work:
        assert sorted(os.listdir(tmp_path)) == sorted([f"gemelo-page.{os.getppid()}.abc", work.name])


@pytest.mark.parametrize(
    ("setting", "named"), [(None, "--out PATH"), ("the variable GEMELO_CACHE", "GEMELO_CACHE")], ids=str
)
def test_the_hint_names_the_setting_that_helps(tmp_path: Path, setting: str | None, named: str) -> None:
    (tmp_path / "file").write_text("in the way")
    more = [] if setting is None else [setting]
    with pytest.raises(StorageError) as caught, files.storage_errors(tmp_path, *more):
        atomic_write(tmp_path / "file" / "x.json", b"")
    assert named in (caught.value.hint or "")


def test_atomic_write_leaves_nothing_behind_when_the_disk_is_full(tmp_path: Path) -> None:
    script = (
        "import resource; from pathlib import Path; from gemelo.store.files import atomic_write\n"
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


@pytest.mark.parametrize("read", [read_json, read_lines, sha256_file], ids=lambda read: read.__name__)
def test_a_pipe_or_a_device_is_not_waited_for(read: Callable[[Path], object], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zeros").symlink_to("/dev/zero")
    for name in ("pipe", "zeros"):
        with pytest.raises((MissingFileError, OSError), match="not a regular file"):
            read(tmp_path / name)


@pytest.mark.parametrize(("read", "most"), [(read_json, 128), (read_lines, 16)], ids=["JSON", "lines"])
def test_what_is_larger_than_any_of_ours_is_not_parsed(
    read: Callable[[Path], object], most: int, tmp_path: Path
) -> None:
    with (tmp_path / "x").open("wb") as stream:
        stream.truncate((most << 20) + 1)
    with pytest.raises(SchemaError, match=f"more than {most} MiB"):
        read(tmp_path / "x")
