"""Labels that are no folders: tables as people have them, broken ones, and names of photos."""

from pathlib import Path

import pytest

from gemelo.errors import DatasetError, NotFoundError
from trainer import labels
from trainer.scan import scan

from .conftest import paint

PLAIN = "file,label\ncat0.png,cat\ncat1.png,cat\nimages/dog0.png,dog\ndog1.png,dog\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for i in range(2):
        for name in ("cat", "dog"):
            paint(tmp_path / "photos" / "images" / f"{name}{i}.png", (1, 2, 3), i + len(name) * ord(name[0]))
    return tmp_path / "photos"


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.replace("\n", "\r\n"),
        "\ufeff" + PLAIN,
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        PLAIN.split("\n", 1)[1],
        "breed,x,image_id\ncat,1,cat0\ncat,1,cat1\ndog,1,dog0\ndog,1,dog1\n",
        "photo of,what\n./cat0.png,cat\nimages\\cat1.png,cat\ndog0.png,dog\ndog1.png,dog\n\n",
        '"file","label"\n"cat0.png","cat"\n"cat1.png","cat"\n"dog0.png","dog"\n"dog1.png","dog"',
        PLAIN + "cat0.png,cat\n",
    ],
    ids=["plain", "crlf", "bom", "semicolon", "tab", "no head", "by name", "by order", "quoted", "twice the same"],
)
@pytest.mark.parametrize("place", ["photos/labels.csv", "photos/images/labels.csv", "elsewhere.csv"])
def test_tables_as_people_have_them(text: str, place: str, folder: Path) -> None:
    table = folder.parent / place
    table.write_text(text, encoding="utf-8", newline="")
    found = labels.read(folder, str(table))
    assert found.label == {f"images/{name}{i}.png": name for name in ("cat", "dog") for i in range(2)}
    assert found.others == []


def test_a_table_makes_a_data_set(folder: Path) -> None:
    table = folder / "labels.csv"
    table.write_text(PLAIN)
    paint(folder / "images" / "unknown.png", (1, 2, 3), 9)
    dataset = scan(folder, table=str(table))
    assert dataset.labels == ["cat", "dog"]
    assert dataset.counts() == {"train": {"cat": 1, "dog": 1}, "test": {"cat": 1, "dog": 1}}
    assert dataset.reading([]) == "read 4 of 5 files; passed over 1: .png"


def test_splits_are_by_folder(tmp_path: Path) -> None:
    for split in ("train", "Valid", "test"):
        for name in ("cat", "dog"):
            paint(tmp_path / split / f"{name}.0.png", (1, 2, 3), len(split) + ord(name[0]))
    dataset = scan(tmp_path, table="names")
    assert dataset.counts() == {split: {"cat": 1, "dog": 1} for split in ("train", "val", "test")}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,label\nmouse.png,mouse\n", "row 2: no photo called 'mouse.png'"),
        ("mouse.png,mouse\ncat0.png,cat\n", "no photo in it has a label|two classes"),
        (PLAIN + "cat0.png,dog\n", "row 6: 'cat0.png' is both 'cat' and 'dog'"),
        ("file,label\n../../etc/passwd,cat\n", "no photo called"),
        ("file,label\ncat0.png,cat\n", "two classes or more; there is 'cat'"),
        ("file,label\n", "no photo in it has a label"),
        ("one column\ncat0.png\n", "two columns or more"),
        ("", "two columns or more"),
        ("file,label\ncat0.png,\ncat1.png\n", "no photo in it has a label"),
        ('file,label\ncat0.png,"' + 200_000 * "x", "not a table"),
        ("file,label\ncat0.png,a\x1b[31mb\ncat1.png,a\x1b[31mb\ndog0.png,dog\ndog1.png,dog\n", "one line of text"),
    ],
)
def test_tables_that_are_none(text: str, said: str, folder: Path) -> None:
    table = folder / "labels.csv"
    table.write_text(text)
    with pytest.raises(DatasetError, match=said) as caught:
        scan(folder, table=str(table))
    assert "\x1b" not in str(caught.value)


def test_a_table_that_is_not_there_or_no_text(folder: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no such table"):
        scan(folder, table=str(folder / "nowhere.csv"))
    with pytest.raises(DatasetError, match="cannot be read"):
        scan(folder, table=str(folder))
    (folder / "labels.csv").write_bytes(b"\xff\xfe\0\0\x81")
    with pytest.raises(DatasetError, match="not text in UTF-8"):
        scan(folder, table=str(folder / "labels.csv"))


def test_two_photos_of_one_name(folder: Path) -> None:
    paint(folder / "more" / "cat0.png", (1, 2, 3), 77)
    (folder / "labels.csv").write_text(PLAIN)
    with pytest.raises(DatasetError, match=r"row 2: 2 photos called 'cat0.png'"):
        scan(folder, table=str(folder / "labels.csv"))


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("cat.0.jpg", "cat"),
        ("Abyssinian_100.jpg", "Abyssinian"),
        ("american_pit_bull_12.jpg", "american_pit_bull"),
        ("cat 7 (1).jpg", "cat"),
        ("dog-003", "dog"),
        ("猫12.png", "猫"),
        ("12.jpg", ""),
    ],
)
def test_labels_in_names(name: str, label: str) -> None:
    assert labels.in_name(Path(name)) == label
