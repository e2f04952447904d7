"""The built page: refused where it is not there or not whole, and told apart by runtime."""

from pathlib import Path

import pytest

from gemelo.errors import MissingDependencyError, MissingFileError, SchemaError, TamperedFileError, UnsafePathError
from gemelo.store.files import read_json, write_json
from gemelo.webpage import assets
from gemelo.webpage.assets import Assets
from tests.support.pages import BROTLI, FILES, MAIN, RUNTIMES, SHELL


def test_not_built_is_said_with_its_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "FOLDER", tmp_path / "nothing")
    with pytest.raises(MissingDependencyError) as caught:
        Assets.open()
    assert caught.value.cure == "make web"
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "text",
    ["[]", "{}", '{"files": 7}', '{"files": {}, "shell": [], "runtimes": {"tfjs": []}}', '{"files": {"a": {}}}'],
)
def test_a_damaged_list_is_refused(built: Path, text: str) -> None:
    (built / "assets.json").write_text(text)
    with pytest.raises(SchemaError, match=r"assets\.json") as caught:
        Assets.open()
    assert "make web" in str(caught.value.hint)


def test_a_file_without_a_hash_is_refused(built: Path) -> None:
    value = read_json(built / "assets.json")
    write_json(built / "assets.json", {**value, "shell": [*SHELL, "app/stranger.js"]})
    with pytest.raises(SchemaError, match=r"no hash of app/stranger\.js"):
        Assets.open()


def test_files_are_held_to_their_hashes(built: Path) -> None:
    there = Assets.open()
    assert there.read("app/main-ABCD2345.js") == MAIN
    (built / "gemelo.js").write_text("export const load = () => 'another';")
    with pytest.raises(TamperedFileError, match=r"gemelo\.js"):
        there.read("gemelo.js")
    (built / "sw.js").unlink()
    with pytest.raises(MissingFileError, match=r"sw\.js"):
        there.read("sw.js")


def test_a_path_that_climbs_out_is_refused(built: Path) -> None:
    value = read_json(built / "assets.json")
    write_json(built / "assets.json", {**value, "files": {**value["files"], "../x": {"bytes": 1, "sha256": "0" * 64}}})
    with pytest.raises(UnsafePathError):
        Assets.open().read("../x")


@pytest.mark.parametrize("runtimes", [["tfjs"], ["onnx"], ["litert"], ["tfjs", "litert"], ["tfjs", "onnx", "litert"]])
def test_only_the_files_of_the_runtimes_that_are_asked_for(built: Path, runtimes: list[str]) -> None:
    wanted = {path for name in runtimes for path in RUNTIMES[name]}
    common = set(FILES) - {path for paths in RUNTIMES.values() for path in paths}
    assert set(Assets.open().chosen(runtimes)) == common | wanted


def test_what_a_first_answer_takes(built: Path) -> None:
    there = Assets.open()
    assert there.first("tfjs") == [*SHELL, *RUNTIMES["tfjs"]]
    assert there.first("onnx") == [*SHELL, *RUNTIMES["onnx"]]


def test_brotli_is_of_the_very_bytes_or_not_used(built: Path) -> None:
    there = Assets.open()
    digest = there.files["app/main-ABCD2345.js"].sha256
    assert there.packed("app/main-ABCD2345.js", digest) == BROTLI
    assert there.packed("app/main-ABCD2345.js", "0" * 64) is None
    assert there.packed("sw.js", there.files["sw.js"].sha256) is None
    assert there.packed("bundle/labels.txt", digest) is None
