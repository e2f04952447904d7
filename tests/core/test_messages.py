"""The catalogue of messages: both languages have every code and its parameters, and nothing is translated elsewhere."""

import ast
import re
import string
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gemelo.errors import ImageError, Message, MissingDependencyError, UnknownNameError
from gemelo.messages.en import ENGLISH
from gemelo.messages.es import SPANISH
from gemelo.messages.friendly import FRIENDLY, friendly
from gemelo.preprocessing.file_kinds import KIND_HINTS
from tests.conftest import ROOT
from tools import messages

PACKAGES = ("gemelo", "trainer", "importers", "exporters", "streamlit_app")


def places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def calls() -> Iterator[tuple[Path, str, set[str]]]:
    """Every message that is made with a code that stands there: where, its code, and its parameters."""
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "Message"
                and node.args
            ):
                codes = [part.value for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant)]
                given = {keyword.arg for keyword in node.keywords if keyword.arg}
                if not isinstance(node.args[0], ast.JoinedStr) and None not in {k.arg for k in node.keywords}:
                    yield from ((path, str(code), given) for code in codes if code in ENGLISH or "." in str(code))


def test_every_code_has_a_sentence_with_the_same_parameters_in_both_languages() -> None:
    assert list(ENGLISH) == list(SPANISH)
    assert [code for code in ENGLISH if places(ENGLISH[code]) != places(SPANISH[code])] == []


def test_every_message_has_a_code_and_the_parameters_of_its_sentence() -> None:
    found = list(calls())
    assert len(found) > 60
    wrong = [(path.name, code) for path, code, given in found if code not in ENGLISH or given != places(ENGLISH[code])]
    assert wrong == []


def test_every_code_is_used() -> None:
    """Codes that are put together of a part: kinds of files and what to do about them, and what the page wraps."""
    parts = ("kind.", "friendly.", "advice.", "page.", "layers.fork", "layers.outputs")
    paths = (path for folder in (*PACKAGES, "web_demo/src") for path in (ROOT / folder).rglob("*.[pt][ys]"))
    text = "\n".join(path.read_text(encoding="utf-8") for path in paths if path.parent.name != "messages")
    advice = {f"hint.{advice}" for advice in KIND_HINTS}
    unused = {code for code in ENGLISH if f'"{code}"' not in text and not code.startswith(parts)}
    assert unused - advice == set()


@pytest.mark.parametrize("name", messages.files())
def test_the_pages_copy_is_up_to_date(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == messages.files()[name], "make docs writes it anew"


def test_every_error_of_the_page_about_a_photo_has_a_code_of_the_catalogue() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "web_demo/src/*.ts"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    sources = [ROOT / name for name in listed.stdout.split() if "/messages/" not in name and (ROOT / name).is_file()]
    used = {code for path in sources for code in re.findall(r'\btold\(\s*"([^"]+)"', path.read_text(encoding="utf-8"))}
    assert len(used) > 40
    assert used <= set(ENGLISH)
    # The type of a PhotoError's message is `Told`: the compiler refuses a text that is not of the catalogue.
    error = (ROOT / "web_demo/src/photo/error.ts").read_text(encoding="utf-8")
    assert "readonly told: Told," in error


def test_nothing_is_translated_by_its_words() -> None:
    for path in (
        "streamlit_app/errors.py",
        "streamlit_app/component/component.mjs",
        "web_demo/src/app/shell/errors.ts",
    ):
        assert not re.search(r"re\.compile|new RegExp|\.exec\(", (ROOT / path).read_text(encoding="utf-8")), path
    assert not list((ROOT / "streamlit_app" / "lang").glob("errors*"))


def test_a_message_in_another_language_and_its_numbers() -> None:
    inner = Message("damage.checksum", chunk="b'IDAT'")
    message = Message("photo.damaged-by", "a: b.png", reason=inner)
    assert str(message) == "a: b.png: damaged or truncated: chunk b'IDAT' does not match its checksum"
    said = friendly(message).text(SPANISH)
    assert said.startswith("a: b.png: El archivo está dañado o cortado (el bloque b'IDAT' no coincide")
    large = Message("photo.side", width=70_000, height=1, limit=65_535)
    assert str(large) == "70000x1 has a side of more than 65,535 pixels"


def test_an_error_has_code_parameters_and_english_text() -> None:
    error = ImageError(Message("photo.unreadable", "x.png", reason=OSError("gone")), hint=Message("hint.smaller"))
    assert (error.code, error.parameters) == ("photo.unreadable", {"reason": "gone"})
    assert (error.message, error.hint) == ("x.png: cannot be read: gone", "scale it down")
    assert str(error) == "x.png: cannot be read: gone\nscale it down"
    plain = ImageError("{braces} are text")
    assert (plain.code, plain.parameters, plain.message) == (None, {}, "{braces} are text")
    assert UnknownNameError("format", "x", ["a"]).code == "unknown-name"
    assert MissingDependencyError("onnx", "pip install onnx").hint == "install it with: pip install onnx"
    hostile = Message("photo.unreadable", "{0.__class__}", reason="{reason!r} {x}")
    assert str(hostile) == "{0.__class__}: cannot be read: {reason!r} {x}"


def test_every_friendly_sentence_is_there() -> None:
    assert {f"friendly.{name}" for name in FRIENDLY} <= set(ENGLISH)
    assert {code for codes in FRIENDLY.values() for code in codes} <= set(ENGLISH)
