"""What is printed: hints once, text from outside escaped, sentences that are whole."""

from typing import Any

import pytest
from rich.table import Table

from gemelo.cli.heavy import load_heavy
from gemelo.cli.show import add_row, console
from gemelo.doctor import KNOWN_BAD, _known
from gemelo.errors import ImageTooLargeError, UnsupportedImageError, UsageError
from gemelo.prediction import Prediction
from gemelo.terminal.answers import print_answers
from gemelo.terminal.text import complain, spreadsheet_cell

HEIC, LARGE = "convert it to JPEG", "scale it down"


def told() -> list[tuple[Any, Any, bool]]:
    heic = [UnsupportedImageError(f"{name}: this is a HEIC photo", hint=HEIC) for name in ("a", "b")]
    large = ImageTooLargeError("c: 108 megapixels", hint=LARGE)
    answer = [Prediction("cats", 0.75, 0)]
    return [("a", heic[0], False), ("b", heic[1], False), ("c", large, False), ("d", answer, True)]


def test_each_hint_is_printed_once_below_the_summary(capsys: pytest.CaptureFixture[str]) -> None:
    assert print_answers(told(), as_json=False)
    out, below = capsys.readouterr()
    assert HEIC not in out
    assert below.splitlines() == ["4 photos   cats: 1   unreadable: 3", HEIC, LARGE]


def test_hints_stand_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    import json

    assert print_answers(told(), as_json=True)
    rows = json.loads(capsys.readouterr().out)
    assert [row.get("hint") for row in rows] == [HEIC, HEIC, LARGE, None]


def test_errors_and_cells_are_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    escape = "\x1b]0;owned\x07[/nope]\u202e"
    complain(f"bad: {escape}", f"first {escape}\nsecond")
    table = Table()
    table.add_column("x")
    add_row(table, escape)
    console().print(table)
    out, below = capsys.readouterr()
    assert all(letter.isprintable() or letter == "\n" for letter in out + below)
    assert "[/nope]" in out
    assert below.splitlines()[1:] == ["  first \\x1b]0;owned\\x07[/nope]\\u202e", "  second"]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-x", "@sum", "\tx", "\rx"])
def test_no_cell_is_a_formula(text: str) -> None:
    assert spreadsheet_cell(text).startswith("'")
    assert spreadsheet_cell(f"a{text}").startswith("a")


def test_a_gemelo_without_its_trainer_says_so_in_one_sentence() -> None:
    with pytest.raises(UsageError) as caught:
        load_heavy("no_such_package.train")
    assert "install it with" not in str(caught.value)
    assert "clone the project" in (caught.value.hint or "")


def test_a_known_defect_that_is_worked_around_is_a_note() -> None:
    assert {_known(entry).level for entry in KNOWN_BAD} == {"note", "bad"}
    assert all(_known(entry).level == ("bad" if entry.cure else "note") for entry in KNOWN_BAD)
