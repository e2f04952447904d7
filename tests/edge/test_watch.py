"""A watched folder: every photo once it is whole, as a line of JSON, in a table, and moved by its label."""

import csv
import json
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from gemelo.edge.device.watch import Watch
from gemelo.errors import NotFoundError
from tests.edge.support import classify, device_python
from tests.support.waiting import wait_until


@contextmanager
def watching(made: Path, *arguments: str | Path) -> Iterator[tuple[subprocess.Popen[str], list[dict[str, Any]]]]:
    """The program at work, and the rows that it printed so far."""
    command = [device_python(), "-I", str(made / "classify.py"), *map(str, arguments)]
    rows: list[dict[str, Any]] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert "watching " in process.stderr.readline()
        reader = threading.Thread(target=lambda: rows.extend(json.loads(line) for line in process.stdout or ()))
        reader.start()
        try:
            yield process, rows
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
            assert process.stderr.read() == ""
        finally:
            process.kill()
            reader.join()


def wait_for(rows: list[dict[str, Any]], count: int) -> None:
    wait_until(lambda: len(rows) >= count)
    assert len(rows) == count


def test_each_photo_is_answered_once_it_is_whole(made: Path, tmp_path: Path) -> None:
    goldens = sorted((made / "goldens").glob("*.png"))
    inbox, sorted_in, table = tmp_path / "inbox", tmp_path / "inbox" / "done", tmp_path / "t.csv"
    inbox.mkdir()
    shutil.copy(goldens[0], inbox / "before.png")
    with watching(made, "--watch", inbox, "--csv", table, "--move", sorted_in) as (_, rows):
        wait_for(rows, 1)
        data = goldens[11].read_bytes()
        # Half-written for longer than a file must be still: it is given its time.
        with (inbox / "slow.png").open("wb") as stream:
            stream.write(data[: len(data) // 2])
            stream.flush()
            (inbox / "=text.gif").write_text("this is no picture")
            (inbox / ".hidden.png").write_bytes(data)
            (inbox / "notes.txt").write_text("not asked for")
            wait_for(rows, 2)
            time.sleep(1)
            assert len(rows) == 2
            stream.write(data[len(data) // 2 :])
        wait_for(rows, 3)
        shutil.copy(goldens[1], inbox / "before.png")  # the name of one that was moved
        wait_for(rows, 4)
    assert [Path(row["path"]).name for row in rows] == ["before.png", "=text.gif", "slow.png", "before.png"]
    assert rows[1]["kind"] == "UnsupportedImageError"
    expected = json.loads(classify(made, goldens[11], "--json").stdout)[0]["predictions"]
    assert rows[2]["predictions"] == expected
    assert sorted(path.name for path in inbox.iterdir()) == [".hidden.png", "done", "notes.txt"]
    moved = {Path(row["moved_to"]).relative_to(sorted_in).as_posix() for row in rows}
    assert {path.relative_to(sorted_in).as_posix() for path in sorted_in.rglob("*") if path.is_file()} == moved
    assert "unreadable/=text.gif" in moved
    assert all((sorted_in / name).exists() for name in moved)
    with table.open(newline="", encoding="utf-8") as stream_in:
        listed = list(csv.DictReader(stream_in))
    assert [row["prediction"] for row in listed] == [row.get("prediction", "") for row in rows]
    assert "=text.gif: this is text (gemelo reads JPEG" in listed[1]["error"]
    assert float(listed[0]["probability"]) == rows[0]["predictions"][0]["probability"]


def test_a_file_is_due_when_it_is_still_and_again_when_it_changes(tmp_path: Path) -> None:
    watch = Watch(tmp_path, settle=1, patience=10)
    photo = tmp_path / "a.JPG"
    photo.write_bytes(b"1")
    assert watch.ready(0) == watch.ready(0.9) == []
    photo.write_bytes(b"12")
    assert watch.ready(1.5) == watch.ready(2.4) == []
    assert watch.ready(2.5) == [photo]
    assert watch.tried(photo, whole=False) is False  # cut short: it gets its time
    assert watch.ready(9) == []
    assert watch.ready(11.6) == [photo]
    assert watch.tried(photo, whole=False) is True
    assert watch.ready(99) == []
    photo.write_bytes(b"123")
    assert watch.ready(100) == []
    assert watch.ready(101) == [photo]
    assert watch.tried(photo, whole=True) is True
    photo.unlink()
    assert watch.ready(102) == []
    assert watch.tried(photo, whole=True) is True


def test_photos_are_told_by_their_bytes_and_junk_is_passed_over(made: Path, tmp_path: Path) -> None:
    png = min((made / "goldens").glob("*.png")).read_bytes()
    for name in ("photo", "photo.JFIF", "photo.part", "._photo.png", "Thumbs.db", "desktop.ini"):
        (tmp_path / name).write_bytes(png)
    (tmp_path / "notes").write_text("no photo")
    (tmp_path / "later").write_bytes(b"")
    watch = Watch(tmp_path, settle=0)
    assert [path.name for path in watch.ready(0)] == ["photo", "photo.JFIF", "photo.part"]
    for path in watch.ready(0):
        watch.tried(path, whole=True)
    assert watch.ready(1) == []
    (tmp_path / "later").write_bytes(png)  # it has become a photo
    assert [path.name for path in watch.ready(2)] == ["later"]


def test_only_regular_photos_of_the_folder_itself_are_seen(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "gone.png").symlink_to("nothing")
    for name in ("b.heic", "a.webp", "below/c.png", ".d.png", "e.txt"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "link.bmp").symlink_to("a.webp")
    watch = Watch(tmp_path, settle=0)
    assert [path.name for path in watch.ready(0)] == ["a.webp", "b.heic", "link.bmp"]
    shutil.rmtree(tmp_path)
    with pytest.raises(NotFoundError, match="cannot be watched"):
        watch.ready(1)
    tmp_path.mkdir()


def test_wrong_folders_are_sentences(made: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from gemelo.edge.device.main import main

    assert main(["--watch", str(tmp_path / "nowhere")], made) == 2
    assert "nowhere: cannot be watched: No such file or directory" in capfd.readouterr().err
    assert main(["--watch", str(tmp_path), "--move", f"{tmp_path}/."], made) == 2
    assert "--move names the folder that is watched" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("label", "folder"), [("a/b", "a_b"), ("..", "label 1"), ("gato é", "gato é"), ("x\ny", "x_y"), (" ", "label 1")]
)
def test_a_label_is_a_folder_s_name_and_no_path(label: str, folder: str) -> None:
    from gemelo.edge.device.watch import _folder_of
    from gemelo.prediction import Prediction

    assert _folder_of([Prediction(label, 1.0, 1)]) == folder
