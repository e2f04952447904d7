"""A page folder: whole or not at all, the same for the same bundle, and never in the place of something else."""

import hashlib
import html
import io
import json
import os
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

import gemelo
from gemelo import errors
from gemelo.store.bundle import Bundle
from gemelo.store.files import describe_files
from gemelo.webpage import PageOptions, build, is_page, make_page, samples
from gemelo.webpage.packing import gzipped
from gemelo.webpage.samples import drawings_fit
from tests.support.bundles import make_bundle
from tests.support.damage import flip_byte
from tests.support.older import make_older
from tests.support.pages import BROTLI, FILES, RUNTIMES, SHELL, command


def test_what_is_in_it(site: Path, written: Path) -> None:
    names = set(describe_files(site))
    assert set(FILES) | {"page.json", "goldens.bin", "package.json", "README.md"} <= names
    assert {f"bundle/{name}" for name in describe_files(written)} == {n for n in names if n.startswith("bundle/")}
    samples = sorted(name for name in names if name.startswith("samples/"))
    assert samples == [f"samples/{kind}-{i}.webp" for kind in ("cat", "dog") for i in (1, 2, 3)]
    assert not any(name.endswith((".br", "assets.json")) for name in names)
    assert is_page(site)
    assert not any(path.is_symlink() for path in site.rglob("*"))


def test_the_bundle_in_it_can_be_verified(built: Path, tmp_path: Path) -> None:
    page = make_page(make_bundle(tmp_path / "tiny").path, tmp_path / "page").path
    assert gemelo.verify(page / "bundle").passed


def test_a_bundle_of_gemelo_0_1_0_has_a_page(built: Path, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "tiny").path
    make_older(bundle, "manifest.json")
    page = make_page(bundle, tmp_path / "page").path
    assert (page / "bundle" / "manifest.json").read_bytes() == (bundle / "manifest.json").read_bytes()
    assert gemelo.verify(page / "bundle").passed


def test_every_hash_that_the_page_knows_is_of_a_file_in_it(site: Path) -> None:
    value = json.loads((site / "page.json").read_text(encoding="utf-8"))
    rows = {row["path"]: row for row in (value["goldens"], value["reference"], *value["samples"])}
    for group in (*value["artifacts"], value["layers"]):
        rows |= group["files"]
    assert len(rows) > 15
    for path, row in rows.items():
        data = (site / path).read_bytes()
        assert (row["bytes"], row["sha256"]) == (len(data), hashlib.sha256(data).hexdigest()), path


def test_the_report_counts_what_is_there(built: Path, bundle: Path, tmp_path: Path) -> None:
    made = make_page(bundle, tmp_path / "page")
    files = [path for path in (tmp_path / "page").rglob("*") if path.is_file()]
    first = [
        *SHELL,
        *RUNTIMES["tfjs"],
        "page.json",
        "goldens.bin",
        "bundle/tfjs/fp32/model.json",
        "bundle/tfjs/fp32/group1-shard1of1.bin",
    ]
    assert (made.files, made.bytes) == (len(files), sum(path.stat().st_size for path in files))
    assert made.first.plain == sum((tmp_path / "page" / path).stat().st_size for path in first)
    packed = len(gzipped(SHELL[1], FILES[SHELL[1]]) or b"")
    assert 0 < made.first.gzip < made.first.plain
    assert made.first.served == made.first.gzip - packed + len(BROTLI)
    assert (made.name, made.runtimes, made.notes) == ("tiny", ["tfjs", "onnx", "litert"], [])


def test_the_same_bundle_gives_the_same_page(built: Path, bundle: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        make_page(bundle, tmp_path / name)
    assert describe_files(tmp_path / "one") == describe_files(tmp_path / "two")
    make_page(bundle, tmp_path / "one")  # in its own place
    assert describe_files(tmp_path / "one") == describe_files(tmp_path / "two")


def test_runtimes_that_are_not_asked_for_are_left_out(built: Path, bundle: Path, tmp_path: Path) -> None:
    page = make_page(bundle, tmp_path / "page", PageOptions(runtimes=["tfjs"])).path
    names = set(describe_files(page))
    assert set(RUNTIMES["tfjs"]) <= names
    assert not {name for name in names if name.startswith(("runtimes/onnx", "runtimes/litert", "app/onnx"))}
    assert "bundle/onnx/fp32.onnx" in names


def test_a_bundle_without_tfjs_has_a_page_too(built: Path, tmp_path: Path) -> None:
    made = make_page(make_bundle(tmp_path / "tiny").path, tmp_path / "page")
    assert made.runtimes == ["onnx"]
    assert [note.split(":")[0] for note in made.notes] == ["without tfjs", "without litert"]
    assert not (made.path / "runtimes" / "tfjs").exists()
    assert made.first.plain > (made.path / "bundle/onnx/fp32.onnx").stat().st_size


@pytest.mark.parametrize(
    "title", ["Cats & <dogs>", "</title><script>alert(1)</script>", "gáto \\1 \udcff", 'a "b"\n c']
)
def test_a_title_is_text(built: Path, bundle: Path, tmp_path: Path, title: str) -> None:
    page = make_page(bundle, tmp_path / "page", PageOptions(title=title)).path
    text = (page / "index.html").read_text(encoding="utf-8")
    shown = " ".join(title.split()).encode("utf-8", "backslashreplace").decode("utf-8")
    assert html.unescape(text.split("<title>")[1].split("</title>")[0]) == shown
    assert text.count("<script") == 1
    manifest = json.loads((page / "manifest.webmanifest").read_bytes())
    assert manifest["name"] == manifest["short_name"] == " ".join(title.split())
    assert manifest["start_url"] == "./"
    assert json.loads((page / "page.json").read_bytes())["name"] == " ".join(title.split())


def test_only_what_was_written_is_copied(built: Path, bundle: Path, tmp_path: Path) -> None:
    (bundle / "private.txt").write_text("mine")
    (bundle / ".hidden").write_text("mine")
    (bundle / "link").symlink_to("/etc")
    page = make_page(bundle, tmp_path / "page").path
    assert set(os.listdir(page / "bundle")).isdisjoint({"private.txt", ".hidden", "link"})
    assert Bundle.open(page / "bundle").name == "tiny"


@pytest.mark.parametrize("damage", ["onnx/fp32.onnx", "layers/layers.json", "goldens/golden-00-cat.png"])
def test_a_tampered_bundle_makes_no_page_and_keeps_the_older(site: Path, bundle: Path, damage: str) -> None:
    before = describe_files(site)
    flip_byte(damage)(bundle)
    with pytest.raises(errors.TamperedFileError, match=damage):
        make_page(bundle, site)
    assert describe_files(site) == before


def test_a_file_changed_on_the_way_is_noticed(
    built: Path, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = build.choose_runtimes

    def change(*arguments: object) -> object:
        flip_byte("tflite/fp32.tflite")(bundle)
        return chosen(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(build, "choose_runtimes", change)
    with pytest.raises(errors.TamperedFileError, match="changed while it was copied"):
        make_page(bundle, tmp_path / "page")
    assert not (tmp_path / "page").exists()


def test_tampered_code_makes_no_page(built: Path, bundle: Path, tmp_path: Path) -> None:
    flip_byte("app/main-ABCD2345.js")(built)
    with pytest.raises(errors.TamperedFileError, match="main-ABCD2345"):
        make_page(bundle, tmp_path / "page")
    assert sorted(os.listdir(tmp_path)) == ["bundles", "web"]


def test_an_interruption_leaves_what_was_there(
    site: Path, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = describe_files(site)

    def interrupt(*_: object) -> dict[str, int]:
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "_copy_bundle", interrupt)
    with pytest.raises(KeyboardInterrupt):
        make_page(bundle, site, PageOptions(title="another"))
    assert describe_files(site) == before
    assert sorted(os.listdir(tmp_path)) == ["bundles", "page", "web"]


# A process of its own is limited: the tests' own report may be a file too, and must be able to grow.
SMALL_DISK = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"


def test_a_full_disk_leaves_nothing(built: Path, bundle: Path, tmp_path: Path) -> None:
    """No file may grow beyond two kilobytes: what a full disk does, done by the kernel."""
    python, option, script = command(built, "page", bundle, "--out", tmp_path / "page")
    limited = [python, option, SMALL_DISK + script]
    done = subprocess.run(limited, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    assert "cannot write" in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(os.listdir(tmp_path)) == ["bundles", "web"]


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("bundles/tiny", "would change the bundle"),
        ("bundles/tiny/page", "would change the bundle"),
        ("bundles", "take the place of"),
        (".", "take the place of"),
        ("photos", "no page is there already"),
        ("photos/a.jpg", "no page is there already"),
        ("link", "would change the bundle"),
    ],
)
def test_places_that_are_refused(built: Path, bundle: Path, tmp_path: Path, out: str, words: str) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a.jpg").write_bytes(b"mine")
    (tmp_path / "link").symlink_to(bundle)
    before = describe_files(tmp_path)
    with pytest.raises(errors.UsageError, match=words):
        make_page(bundle, tmp_path / out)
    assert describe_files(tmp_path) == before


def test_the_folder_one_works_in_is_not_replaced(
    site: Path, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(site)
    with pytest.raises(errors.UsageError, match="take the place of"):
        make_page(bundle, ".")


def test_samples_in_the_place_of_the_page_are_not_destroyed(site: Path, bundle: Path) -> None:
    with pytest.raises(errors.UsageError, match="take the place of"):
        make_page(bundle, site, PageOptions(samples=site / "samples"))
    assert len(os.listdir(site / "samples")) == 6


def test_an_empty_folder_is_a_place(built: Path, bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "page").mkdir()
    assert is_page(make_page(bundle, tmp_path / "page").path)


def test_a_name_that_no_disk_takes(built: Path, bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(errors.StorageError, match="File name too long"):
        make_page(bundle, tmp_path / ("x" * 300))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "1"}', '{"schema": 1}', "[" * 100_000, "\udcff"])
def test_what_is_no_page(tmp_path: Path, text: str) -> None:
    assert not is_page(tmp_path)
    (tmp_path / "index.html").write_text("<html>")
    (tmp_path / "page.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert not is_page(tmp_path)
    assert not is_page(tmp_path / "page.json")


def test_samples_are_named_by_what_they_are(tmp_path: Path) -> None:
    for name, kind in (("a", "JPEG"), ("b.jpg", "PNG"), ("c.upload", "WEBP"), ("d.dib", "BMP"), ("e.gif", "GIF")):
        Image.new("RGB", (8, 6), "red").save(tmp_path / name, kind)
    (tmp_path / "._a.jpg").write_bytes(b"x")
    (tmp_path / "@eaDir").mkdir()
    Image.new("RGB", (8, 6)).save(tmp_path / "@eaDir" / "thumb.jpg")
    names = list(samples.read_samples(tmp_path, 1000))
    assert names == [f"sample-{i:02d}.{suffix}" for i, suffix in enumerate(("jpg", "png", "webp", "bmp", "gif"), 1)]


def test_drawn_samples_are_small_pictures(site: Path) -> None:
    for path in (site / "samples").iterdir():
        with Image.open(path) as image:
            assert (image.format, image.size) == ("WEBP", (224, 168))
        assert path.stat().st_size < 25_000


@pytest.mark.parametrize(
    ("labels", "fit"),
    [
        (["cats", "dogs"], True),
        (["Dog", "CAT"], True),
        (["perros", "Gatos"], True),
        (["cats", "birds"], False),
        (["cats", "dogs", "birds"], False),
        (["cats", "cat"], False),
        (["apple", "pear"], False),
        (["hot cats", "dogs"], False),
        (["dogs"], False),
    ],
)
def test_drawings_are_offered_where_cats_are_told_from_dogs(labels: list[str], fit: bool) -> None:
    assert drawings_fit(labels) is fit


def test_a_page_of_other_things_says_that_it_has_no_samples(
    built: Path, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "_PETS", ({"apple"}, {"pear"}))
    made = make_page(bundle, tmp_path / "page")
    assert not (made.path / "samples").exists()
    assert json.loads((made.path / "page.json").read_text())["samples"] == []
    assert "--samples FOLDER" in made.notes[0]


def test_what_a_page_gives_away_is_said(built: Path, small_bundle: Path, tmp_path: Path) -> None:
    [note] = make_page(small_bundle, tmp_path / "page").notes
    assert note.startswith("bundle/reference.json and bundle/parity.html tell the file names of the 12 test photos")


def test_test_photos_that_a_page_would_publish_are_counted(tmp_path: Path) -> None:
    (tmp_path / "parity.html").write_text(2 * '<article class="photo" data-own>')
    reference = SimpleNamespace(test=["a photo"] * 12)
    bundle: Any = SimpleNamespace(reference=reference, files={"parity.html": {}}, file=tmp_path.joinpath)
    assert "bundle/parity.html shows 2 of them: export with --no-photos" in build._given_away(bundle)


def photo(kind: str = "JPEG") -> bytes:
    stream = io.BytesIO()
    Image.effect_noise((40, 30), 60).save(stream, kind)
    return stream.getvalue()


def test_own_samples_are_copied_byte_for_byte(built: Path, bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "my photos"
    (folder / "b").mkdir(parents=True)
    own = {"Año <1>.JPEG": photo(), "b/x.png": photo("PNG"), "b/y'.webp": photo("WEBP")}
    for name, data in own.items():
        (folder / name).write_bytes(data)
    (folder / "notes.txt").write_text("no photo")
    (folder / ".trash.jpg").write_bytes(b"no photo either")
    made = make_page(bundle, tmp_path / "page", PageOptions(samples=folder))
    found = {path.name: path.read_bytes() for path in (made.path / "samples").iterdir()}
    assert sorted(found) == ["sample-01.jpg", "sample-02.png", "sample-03.webp"]
    assert sorted(found.values()) == sorted(own.values())
    assert "your files as they are" in made.notes[0]


def test_samples_that_are_refused(built: Path, bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    options, out = PageOptions(samples=folder), tmp_path / "page"
    with pytest.raises(errors.NotFoundError, match="no such folder"):
        make_page(bundle, out, options)
    folder.mkdir()
    with pytest.raises(errors.UsageError, match="no photo below it"):
        make_page(bundle, out, options)
    for i in range(25):
        (folder / f"{i}.jpg").write_bytes(photo())
    with pytest.raises(errors.UsageError, match="25 photos, at most 24"):
        make_page(bundle, out, options)
    (folder / "24.jpg").unlink()
    with pytest.raises(errors.ImageError, match=r"megapixels, the limit is 0\.0001;.* and 21 more\n"):
        make_page(bundle, out, PageOptions(samples=folder, max_pixels=100))
    (folder / "0.jpg").write_bytes(photo()[:-40])
    with pytest.raises(errors.CorruptImageError, match=r"0\.jpg"):
        make_page(bundle, out, options)
    (folder / "1.jpg").rename(folder / "1.heic")
    (folder / "1.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(40))
    with pytest.raises(errors.ImageError, match=r"0\.jpg.*; .*1\.heic: this is a HEIC"):
        make_page(bundle, out, options)
    assert not out.exists()
