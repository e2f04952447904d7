"""A page's folder as an npm package: its name, its version, and the addresses in gemelo.js."""

import json
import re
from pathlib import Path

import pytest

from gemelo.store.files import describe_files
from gemelo.webpage import PageOptions, make_page, module
from gemelo.webpage.module import package_files, slug_of, without
from tests.support.pages import CODE, FILES, RUNTIMES

# As npm's own validate-npm-package-name has it for new packages.
NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
TABLE = re.compile(r'^  "(.+)": new URL\("\./(.+)", import\.meta\.url\)\.href,$', re.MULTILINE)


def table(code: bytes) -> list[str]:
    """The paths in gemelo.js."""
    rows = TABLE.findall(code.decode())
    assert all(key == path for key, path in rows)
    return [path for _, path in rows]


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("pets", "pets"),
        ("Cats & <dogs>", "cats-dogs"),
        ("Gáto \udcff", "gato"),
        ("../../etc", "etc"),
        ("_.x", "x"),
        ("\u732b", "classifier"),
        ("", "classifier"),
        ("y" * 500, "y" * 100),
        ("x" * 99 + " y", "x" * 99),
    ],
)
def test_every_title_gives_a_name_that_npm_takes(title: str, slug: str) -> None:
    assert slug_of(title) == slug
    value = json.loads(package_files(title)["package.json"])
    assert value["name"] == f"gemelo-{slug}"
    assert NAME.fullmatch(value["name"])
    assert len(value["name"]) <= 214
    assert f'from "gemelo-{slug}"' in package_files(title)["README.md"].decode()


@pytest.mark.parametrize(
    ("python", "npm"), [("0.1.0", "0.1.0"), ("1.2", "1.2.0"), ("0.2.0.dev3+g12ab", "0.2.0"), ("2026.01.03", "2026.1.3")]
)
def test_the_version_is_one_that_npm_takes(monkeypatch: pytest.MonkeyPatch, python: str, npm: str) -> None:
    monkeypatch.setattr(module.gemelo, "__version__", python)
    assert json.loads(package_files("pets")["package.json"])["version"] == npm


def test_the_readme_shows_a_title_as_text() -> None:
    readme = package_files("a *b* <c> [d](e)")["README.md"].decode()
    assert r"a \*b\* \<c\> \[d\](e)" in readme


def test_what_package_json_names_is_in_the_page(site: Path) -> None:
    value = json.loads((site / "package.json").read_bytes())
    names = {value["main"], value["types"], value["exports"]["./package.json"], *value["exports"]["."].values()}
    for name in names:
        assert (site / name).is_file(), name
    assert value["type"] == "module"
    assert (site / value["license"].removeprefix("SEE LICENSE IN ")).is_file()
    assert "## License" in (site / "README.md").read_text()


def test_the_module_names_every_file_that_it_may_load(site: Path) -> None:
    assert table((site / "gemelo.js").read_bytes()) == CODE
    assert (site / "gemelo.js").read_bytes() == FILES["gemelo.js"]


def test_the_module_names_no_file_of_a_runtime_that_the_page_lacks(built: Path, bundle: Path, tmp_path: Path) -> None:
    page = make_page(bundle, tmp_path / "page", PageOptions(runtimes=["onnx"])).path
    code = (page / "gemelo.js").read_bytes()
    assert table(code) == RUNTIMES["onnx"]
    assert set(table(code)) <= set(describe_files(page))
    assert code.endswith(b"};\nexport const load = () => __URLS__;\n")


def test_only_lines_of_the_table_are_left_out() -> None:
    line = b'  "a.js": new URL("./a.js", import.meta.url).href,\n'
    assert without(b'x("a.js")\n' + line + b"y\r\n", ["a.js", "b.js"]) == b'x("a.js")\ny\r\n'
