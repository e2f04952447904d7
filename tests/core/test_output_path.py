"""Pages, packs and bundles are replaced by newer ones, but never together with files that are not theirs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from exporters.output_path import check_target
from gemelo.edge.build import make_pack
from gemelo.errors import UsageError
from gemelo.store.files import describe_files
from gemelo.store.output_path import check_strangers
from gemelo.webpage.build import make_page
from tests.support.bundles import make_bundle


@pytest.mark.parametrize("make", [make_page, make_pack], ids=["page", "pack"])
def test_a_page_or_pack_with_other_files_in_it_is_not_replaced(
    make: Callable[[Path, Path], object], small_bundle: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    make(small_bundle, out)
    before = describe_files(out)
    make(small_bundle, out)  # nothing of anybody else: it is replaced
    assert describe_files(out) == before
    (out / ".DS_Store").write_bytes(b"x")
    make(small_bundle, out)
    (out / ".git").mkdir()
    (out / "try.html").write_text("mine")
    with pytest.raises(UsageError, match=r"beside it \.git, try\.html, which would be lost"):
        make(small_bundle, out)
    assert (out / "try.html").read_text() == "mine"


def test_a_bundle_with_other_files_in_it_is_not_replaced(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "tiny").path
    check_target(bundle, tmp_path / "run")
    (bundle / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"beside it notes\.txt, which would be lost"):
        check_target(bundle, tmp_path / "run")


def test_many_names_are_cut(tmp_path: Path) -> None:
    for number in range(9):
        (tmp_path / f"{number}.txt").touch()
    with pytest.raises(UsageError, match=r"0\.txt, 1\.txt, 2\.txt, 3\.txt and 5 more"):
        check_strangers(tmp_path, "page", ())
