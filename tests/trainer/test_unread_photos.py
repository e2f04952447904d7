"""What a training says of photos that it cannot read, and of HEIC photos that it can."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gemelo import preprocessing
from gemelo.errors import DatasetError
from gemelo.progress import Silent
from trainer import cache
from trainer.distributed import Workers
from trainer.options import TrainOptions, resolve
from trainer.scan import scan
from trainer.splits import Splits, decode

HEIC_HEAD = b"\0\0\0\x18ftypheic" + bytes(40)


def noise(number: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(number).integers(0, 256, (24, 24, 3), np.uint8))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    for i in range(12):
        path = folder / ("cats" if i % 2 else "dogs") / f"{i}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        noise(i).save(path)
    return folder


def read(folder: Path, **options: bool) -> Splits:
    asked = TrainOptions(folder, folder.parent / "run", arch="lecture", cache=folder.parent / "cache", **options)
    dataset = scan(folder)
    return decode(asked, resolve(asked), dataset, Workers.start(None), Silent())


def test_each_hint_is_told_once(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preprocessing, "reads_heic", lambda: False)
    for name in ("a.heic", "b.heic"):
        (photos / "cats" / name).write_bytes(HEIC_HEAD + name.encode())
    (photos / "dogs" / "page.jpg").write_text("<html><p>not found</p></html>")
    for _ in range(2):  # decoded, then from the cache
        report = read(photos).report
        assert [row.reason for row in report.unreadable] == ["this is a HEIC photo"] * 2 + ["this is a web page"]
        assert len(report.hints) == 2
        assert "pip install 'gemelo[heic]'" in report.hints[0]
        assert "download" in report.hints[1]
        assert all("\n" not in line for line in report.warnings())
    with pytest.raises(DatasetError) as caught:
        read(photos, strict=True)
    assert (caught.value.hint or "").count("gemelo[heic]") == 1
    for path in photos.glob("cats/*.jpg"):
        path.write_bytes(HEIC_HEAD + path.name.encode())
    with pytest.raises(DatasetError, match="no readable photo") as caught:
        read(photos)
    assert (caught.value.hint or "").count("gemelo[heic]") == 1


def test_heic_photos_are_read_and_said_to_be(photos: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif", reason="pillow-heif is not installed (pip install 'gemelo[heic]')")
    note = f"decoded by pillow-heif {pillow_heif.__version__}; another decoder may differ slightly"
    assert not any("HEIC" in fact for fact in read(photos).report.notes)
    for i in range(2):
        stream = io.BytesIO()
        pillow_heif.from_pillow(noise(50 + i)).save(stream, quality=95)
        (photos / "cats" / f"phone{i}.heic").write_bytes(stream.getvalue())
        split = read(photos)
        said = "1 HEIC photo was" if i == 0 else "2 HEIC photos were"
        assert f"{said} {note}" in split.report.notes
        assert split.report.unreadable == []
        assert len(split.train.paths) + len(split.test.paths) == 13 + i


def test_a_cache_made_without_the_decoder_does_not_count_with_it(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read(photos)
    monkeypatch.setattr(cache, "heic_version", lambda: "99.0")
    read(photos)
    keys = [json.loads(path.read_text()) for path in (photos.parent / "cache").glob("*/key.json")]
    assert "99.0" in {key["heic"] for key in keys}
    assert len({key["heic"] for key in keys}) == 2
