"""The command `gemelo predict`: what it prints of photos, and what it passes over."""

import json
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from gemelo.prediction import Prediction
from gemelo.terminal.answers import print_answers
from tests.support.bundles import make_bundle, rewrite_manifest
from tests.support.cli import run_gemelo


def test_predict_prints_probability_and_prediction_for_each_photo(bundle: Path) -> None:
    done = run_gemelo("predict", bundle, bundle / "goldens")
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    assert len(lines) == 24
    said = Counter(line.split("prediction: ")[1].split()[0] for line in lines)
    counts = "   ".join(f"{name}: {count}" for name, count in said.most_common())
    assert done.stderr == f"24 photos   {counts}\n"
    for line in lines:
        assert re.search(
            r"\.(png|jpg|webp)   probability: [01]\.\d{4}   prediction: (cats|dogs)   (cats|dogs): [01]\.\d{4}$", line
        )


def test_it_counts_the_right_ones_where_folders_have_the_names_of_labels(bundle: Path, tmp_path: Path) -> None:
    goldens = sorted((bundle / "goldens").iterdir())[:4]
    lines = run_gemelo("predict", bundle, *goldens).stdout.splitlines()
    said = [line.split("prediction: ")[1].split()[0] for line in lines]
    for i, (golden, label) in enumerate(zip(goldens, said, strict=True)):
        folder = tmp_path / (label if i else {"cats": "dogs", "dogs": "cats"}[label])
        folder.mkdir(exist_ok=True)
        (folder / golden.name).write_bytes(golden.read_bytes())
    assert "right, as their folders are named: 3 of 4" in run_gemelo("predict", bundle, tmp_path).stderr
    (tmp_path / "other.png").write_bytes(goldens[0].read_bytes())
    assert "right" not in run_gemelo("predict", bundle, tmp_path).stderr


def test_predict_as_json_is_what_python_answers(bundle: Path) -> None:
    import gemelo

    photo = sorted((bundle / "goldens").iterdir())[3]
    [row] = json.loads(run_gemelo("predict", bundle, photo, "--json", "--top", "1").stdout)
    with gemelo.load(bundle) as classifier:
        [expected] = classifier.predict(photo, top=1)
    assert row["predictions"] == [
        {"label": expected.label, "probability": expected.probability, "index": expected.index}
    ]


def test_predict_says_where_it_is_not_sure(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "tiny").path
    measured = {"metrics": {"accuracy": 1.0}, "dataset": {"train": 48, "test": 12}}
    rewrite_manifest(bundle, {"abstain": {"threshold": 0.999, "answered": 0.4, "accuracy": 0.98}, **measured})
    photo = min((bundle / "goldens").iterdir())
    line = run_gemelo("predict", bundle, photo).stdout
    assert re.search(
        r"probability: 0\.\d{4}   prediction: not sure   (cats|dogs): 0\.\d{4}   (cats|dogs): 0\.\d{4}$", line
    )
    [row] = json.loads(run_gemelo("predict", bundle, photo, "--json").stdout)
    assert (row["prediction"], row["sure"], len(row["predictions"])) == (None, False, 2)
    shown = re.sub(r"\s+", " ", run_gemelo("info", bundle).stdout)
    assert "accuracy 100.00 % of 12 test photos (95 % interval: 75.8 % to 100.0 %), Keras" in shown
    assert "below a probability of 0.9990: 40.0 % of the test photos are answered, 98.00 % of them rightly" in shown


def test_one_bad_photo_does_not_stop_the_others(bundle: Path, tmp_path: Path) -> None:
    good = min((bundle / "goldens").iterdir())
    (tmp_path / "a.jpg").write_bytes(b"")
    (tmp_path / "b.png").write_bytes(good.read_bytes())
    (tmp_path / "c.gif").write_text("this is no picture")
    done = run_gemelo("predict", bundle, tmp_path)
    assert done.returncode == 1
    assert "a.jpg: the file is empty" in done.stdout
    assert "b.png   probability:" in done.stdout
    assert "c.gif: this is text" in done.stdout
    summary, *hints = done.stderr.splitlines()
    assert re.fullmatch(r"3 photos   (cats|dogs): 1   unreadable: 2", summary)
    assert len(hints) == 1
    assert "gemelo reads JPEG" in hints[0]
    rows = json.loads(run_gemelo("predict", bundle, tmp_path, "--json").stdout)
    assert [row.get("kind") for row in rows] == ["EmptyImageError", None, "UnsupportedImageError"]


def test_numbers_as_labels_are_told_from_probabilities(capsys: pytest.CaptureFixture[str]) -> None:
    answer = [Prediction(str(i), p, i) for i, p in ((9, 0.7842), (7, 0.1078), (0, 0.1010))]
    assert not print_answers([("a.jpg", answer, True), ("b.jpg", answer, True)], as_json=False)
    told = capsys.readouterr()
    assert told.out.splitlines()[0] == "a.jpg   probability: 0.7842   prediction: 9   7: 0.1078   0: 0.1010"
    assert told.err == "2 photos   9: 2\n"


def test_photos_are_told_by_their_bytes_and_the_rest_is_counted(bundle: Path, tmp_path: Path) -> None:
    png = min((bundle / "goldens").iterdir()).read_bytes()
    for name in ("photo", "photo.JFIF", "photo.upload", "._photo.jpg", "Thumbs.db", "@eaDir/photo.jpg/s.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(png)
    for name in ("a.txt", "b.txt", "c.pdf", "__MACOSX/d.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("no photo")
    done = run_gemelo("predict", bundle, tmp_path)
    assert done.returncode == 0, done.stderr
    assert [Path(line.split("   ")[0]).name for line in done.stdout.splitlines()] == [
        "photo",
        "photo.JFIF",
        "photo.upload",
    ]
    assert done.stderr.splitlines()[1:] == ["passed over 3: .txt (2), .pdf (1)"]
    for name in ("photo", "photo.JFIF", "photo.upload"):
        (tmp_path / name).unlink()
    done = run_gemelo("predict", bundle, tmp_path)
    assert done.returncode == 2
    assert "there is no photo in it; passed over 3: .txt (2), .pdf (1)" in done.stderr


def test_odd_names_survive(bundle: Path, tmp_path: Path) -> None:
    png = min((bundle / "goldens").iterdir()).read_bytes()
    for name in (b"g\xc3\xa1to \xe2\x98\x83.png", b"new\nline.png", b"not-utf8-\xff.png", b"[red]markup[bold].png"):
        Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(png)
    done = run_gemelo("predict", bundle, tmp_path)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 4
    assert "gáto ☃.png" in done.stdout
    assert "[red]markup[bold].png" in done.stdout
    assert len(json.loads(run_gemelo("predict", bundle, tmp_path, "--json").stdout)) == 4
