"""The goldens that every run records: few, small, always the same, and of every kind."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from gemelo.goldens import Golden, load_goldens
from gemelo.preprocessing import Preprocessing, prepare
from gemelo.webpage.samples import drawn_samples
from tests.goldens.of_bundles import pictures, samples


def opened(golden: Golden) -> Image.Image:
    return Image.open(io.BytesIO(golden.data))


def test_twenty_four_small_files_always_the_same() -> None:
    goldens = load_goldens()
    assert len(goldens) == 24
    assert [golden.name[:9] for golden in goldens] == [f"golden-{i:02d}" for i in range(24)]
    assert len({golden.data for golden in goldens}) == 24
    assert sum(len(golden.data) for golden in goldens) <= 60_000


def test_they_show_what_their_generator_draws() -> None:
    """Pixel by pixel where the format keeps them; a new Pillow may pack them otherwise."""
    drawn = dict(pictures())
    for golden in load_goldens():
        name, suffix = golden.name.split(".")
        if suffix == "png":
            ours, theirs = opened(golden).convert("RGBA"), drawn.pop(name).convert("RGBA")
            assert np.array_equal(np.asarray(ours), np.asarray(theirs)), name
    assert set(drawn) == {"golden-08-cat", "golden-09-dog", "golden-10-cat", "golden-11-dog"}


def test_every_decoder_of_a_browser_is_among_them() -> None:
    data = {golden.name: golden.data for golden in load_goldens()}
    assert data["golden-08-cat.jpg"].startswith(b"\xff\xd8\xff\xe1")  # EXIF first, as cameras write it
    assert opened(Golden("", data["golden-08-cat.jpg"])).getexif()[0x0112] == 6
    assert data["golden-09-dog.jpg"].startswith(b"\xff\xd8\xff\xe0")
    assert b"VP8 " in data["golden-10-cat.webp"]
    assert b"VP8L" in data["golden-11-dog.webp"]
    assert opened(Golden("", data["golden-11-dog.webp"])).mode == "RGBA"


def test_half_are_drawings_and_the_rest_is_of_every_kind() -> None:
    goldens = load_goldens()
    assert sum(golden.name.split(".")[0].endswith(("-cat", "-dog")) for golden in goldens) == 12
    assert {opened(golden).mode for golden in goldens} == {"RGB", "RGBA", "P", "L", "1"}
    sizes = [opened(golden).size for golden in goldens]
    assert (1, 1) in sizes
    assert all(max(size) <= 128 for size in sizes)
    assert {w > h for w, h in sizes} == {True, False}


def test_the_preprocessing_reads_them_all() -> None:
    for golden in load_goldens():
        for fit in ("squash", "crop", "pad"):
            assert prepare(golden.data, Preprocessing(40, 30, 3, fit)).shape == (30, 40, 3)


def test_a_page_s_samples_show_what_their_generator_draws() -> None:
    drawn = samples()
    assert list(drawn_samples()) == list(drawn)
    for name, data in drawn_samples().items():
        with Image.open(io.BytesIO(data)) as image:
            off = np.asarray(image.convert("RGB"), np.int16) - np.asarray(drawn[name], np.int16)
        assert np.abs(off).mean() < 8, name  # of 255: WebP loses so much


def test_only_the_command_that_draws_needs_the_drawings(project: Path) -> None:
    users = {
        path.relative_to(project).as_posix()
        for folder in ("gemelo", "trainer", "exporters", "streamlit_app")
        for path in (project / folder).rglob("*.py")
        if "gemelo.synthetic" in path.read_text(encoding="utf-8") and path.parent.name != "synthetic"
    }
    assert users == {"gemelo/cli/data.py"}
