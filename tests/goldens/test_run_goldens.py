"""The goldens that every run records: few, small, always the same, and of every kind."""

import io

from PIL import Image

from gemelo.contract import Contract, prepare
from gemelo.goldens import Golden, make_goldens


def opened(golden: Golden) -> Image.Image:
    return Image.open(io.BytesIO(golden.png))


def test_twenty_four_small_files_always_the_same() -> None:
    goldens = make_goldens()
    assert goldens == make_goldens()
    assert len(goldens) == 24
    assert [golden.name[:9] for golden in goldens] == [f"golden-{i:02d}" for i in range(24)]
    assert len({golden.png for golden in goldens}) == 24
    assert sum(len(golden.png) for golden in goldens) <= 60_000


def test_half_are_drawings_and_the_rest_is_of_every_kind() -> None:
    goldens = make_goldens()
    assert sum(golden.name.endswith(("-cat.png", "-dog.png")) for golden in goldens) == 12
    assert {opened(golden).mode for golden in goldens} == {"RGB", "RGBA", "P", "L", "1"}
    sizes = [opened(golden).size for golden in goldens]
    assert (1, 1) in sizes
    assert all(max(size) <= 128 for size in sizes)
    assert {w > h for w, h in sizes} == {True, False}


def test_the_contract_reads_them_all() -> None:
    for golden in make_goldens():
        for mode in ("squash", "crop", "pad"):
            assert prepare(golden.png, Contract(40, 30, 3, mode)).shape == (30, 40, 3)
