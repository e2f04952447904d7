"""README.md and docs/ say what is there: links, commands, figures, and the two generated references."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs.markdown import anchors, commands, files, links, target, text_of
from tools import figures, reference

DOCS = ROOT / "docs"
GENERATED = {DOCS / "cli.md", DOCS / "api.md"}
WRITTEN = [ROOT / "README.md", *sorted(DOCS.glob("*.md"))]
PROSE = [ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *WRITTEN]


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", files(), ids=name)
def test_links_and_anchors_resolve(path: Path) -> None:
    for link in links(path):
        file, anchor = target(path, link)
        assert file.exists(), link
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file), link


def test_every_page_can_be_reached_from_the_index() -> None:
    reached, waiting = set[Path](), [DOCS / "README.md"]
    while waiting:
        path = waiting.pop()
        if path in reached or path.suffix != ".md" or not path.exists():
            continue
        reached.add(path)
        waiting += [target(path, link)[0] for link in links(path)]
    assert set(DOCS.rglob("*.md")) <= reached
    assert {ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "benchmarks/JOURNAL.md"} <= reached


def test_every_image_is_shown() -> None:
    shown = {target(path, link)[0] for path in files() for link in links(path)}
    assert set((DOCS / "images").iterdir()) <= shown


@pytest.mark.parametrize("path", PROSE, ids=name)
def test_commands_have_the_options_that_are_shown(path: Path) -> None:
    known = reference.commands()
    for words in commands(path, "gemelo"):
        plain = [word for word in words if not word.startswith("-")]
        called = next((" ".join(plain[:n]) for n in (2, 1) if " ".join(plain[:n]) in known), None)
        if called is None:
            assert not plain or plain[0] in ALLOWED, f"gemelo {' '.join(words)}"
            continue
        options = {name for p in known[called].params for name in (*p.opts, *p.secondary_opts)} | {"--help", "-h"}
        given = {word.split("=")[0] for word in words if re.match(r"--[a-z]", word)}
        if called == "app":  # it takes its own options and Streamlit's, which have a dot
            options |= {"--bundle", "--run", "--max-megabytes", "--max-megapixels", "--max-photos"}
            given = {word for word in given if "." not in word}
        if called == "compare":  # --b-scale is --scale for one model
            given = {re.sub(r"^--[a-z]-", "--", word) for word in given}
        assert given <= options, f"gemelo {' '.join(words)}: {given - options}"


# Commands that are said not to be there yet, and words that stand for any command.
ALLOWED = ("import", "COMMAND", "X")


@pytest.mark.parametrize("path", PROSE, ids=name)
def test_make_has_the_targets_that_are_shown(path: Path) -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for words in commands(path, "make"):
        asked = [word for word in words if re.fullmatch(r"[a-z][a-z0-9-]*", word)]
        assert asked
        assert set(asked) <= targets, f"make {' '.join(words)}"


@pytest.mark.parametrize("path", PROSE, ids=name)
def test_classify_py_has_the_options_that_are_shown(path: Path) -> None:
    source = "".join(text_of(file) for file in sorted((ROOT / "gemelo/edge/device").glob("*.py")))
    for words in commands(path, "classify.py"):
        for option in (word.split("=")[0] for word in words if word.startswith("--")):
            assert f'"{option}"' in source, f"classify.py {' '.join(words)}"


@pytest.mark.parametrize("path", figures.documents(), ids=name)
def test_tables_of_figures_are_those_of_the_result_files(path: Path) -> None:
    text = text_of(path)
    assert figures.filled(text) == text, "run: make docs"


def test_a_changed_figure_would_be_seen() -> None:
    table = "<!-- figures: ready-made -->\n\n| 99.99 % |\n\n<!-- end -->"
    assert "99.99 %" not in figures.filled(table)
    with pytest.raises(KeyError, match="nothing"):
        figures.filled("<!-- figures: nothing -->1<!-- end -->")


@pytest.mark.parametrize("path", [path for path in WRITTEN if path not in GENERATED], ids=name)
def test_no_table_has_measured_figures_written_by_hand(path: Path) -> None:
    for line in figures.MARKED.sub("", text_of(path)).splitlines():
        if line.startswith("|"):
            assert not re.search(r"\d\.\d+ ?%|\d[.\d]*e-\d", line), line


@pytest.mark.parametrize("file", sorted(GENERATED), ids=name)
def test_references_are_those_of_the_program(file: Path) -> None:
    assert text_of(file) == reference.pages()[file.name], "run: make docs"


def test_the_command_line_is_told_whole() -> None:
    from gemelo.cli import COMMANDS

    told = re.findall(r"^## gemelo (.+)$", text_of(DOCS / "cli.md"), re.MULTILINE)
    assert [command.split()[0] for command in told] == sorted(COMMANDS, key=COMMANDS.index)


def test_the_public_names_are_told_whole() -> None:
    import gemelo

    text = text_of(DOCS / "api.md")
    for public in gemelo.__all__:
        assert public == "__version__" or f"\n## gemelo.{public}\n" in text


def test_the_readme_is_short() -> None:
    assert len(text_of(ROOT / "README.md").split()) <= 900
    assert len(text_of(DOCS / "accuracy.md").split()) <= 1200


def test_the_fewest_validation_photos_are_those_of_the_code() -> None:
    found = re.search(r"^FEWEST = (\d+)", text_of(ROOT / "trainer/calibrate.py"), re.MULTILINE)
    assert found is not None
    assert f"Validation needs {found.group(1)} photos" in text_of(DOCS / "accuracy.md")
    assert f"at least {found.group(1)} of them" in text_of(DOCS / "troubleshooting.md")


def test_the_port_is_that_of_the_code() -> None:
    from gemelo.webpage.server import DEFAULT_PORT

    assert f"takes {DEFAULT_PORT}, or the next" in text_of(DOCS / "troubleshooting.md")


def test_what_is_wrong_would_be_found(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.md"
    wrong.write_text(
        "# A heading\n\nSee [this](nothing.md), [that](#a-headline) and `gemelo page BUNDLE --sample x`.\n\n"
        "```sh\nTF_CONFIG='{}' \\\n  gemelo train photos --outt runs/pets   # gemelo paint\nmake dmo\n"
        "python3 classify.py --self-test\n```\n",
        encoding="utf-8",
    )
    assert links(wrong) == ["nothing.md", "#a-headline"]
    assert anchors(wrong) == {"a-heading"}
    assert sorted(commands(wrong, "gemelo")) == [
        ["page", "BUNDLE", "--sample", "x"],
        ["train", "photos", "--outt", "runs/pets"],
    ]
    assert list(commands(wrong, "make")) == [["dmo"]]
    assert list(commands(wrong, "classify.py")) == [["--self-test"]]
    with pytest.raises(AssertionError, match="--outt"):
        test_commands_have_the_options_that_are_shown(wrong)
    with pytest.raises(AssertionError, match="make dmo"):
        test_make_has_the_targets_that_are_shown(wrong)
    with pytest.raises(AssertionError, match="--self-test"):
        test_classify_py_has_the_options_that_are_shown(wrong)
    with pytest.raises(AssertionError, match=r"nothing\.md"):
        test_links_and_anchors_resolve(wrong)
    wrong.write_text("| 97.01 % |\n", encoding="utf-8")
    with pytest.raises(AssertionError, match=r"97\.01"):
        test_no_table_has_measured_figures_written_by_hand(wrong)
