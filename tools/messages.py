"""Write the web page's copy of the catalogue of messages, `gemelo.messages`.

Usage: python -m tools.messages
"""

import json
from pathlib import Path

from gemelo.messages.en import ENGLISH
from gemelo.messages.es import SPANISH
from gemelo.messages.friendly import FRIENDLY

ROOT = Path(__file__).resolve().parents[1]
FOLDER = "web_demo/src/messages"
NOTE = "// Written by tools/messages.py from gemelo/messages: do not edit."
# What the page says. Its workers have the English sentences alone, and its runtimes no others than `engine`.
_ENGINE = ("engine.", "layers.left-out")
# Of an import, a bundle has the English sentence itself.
_SPANISH = ("import.",)
_PAGE = ("photo.", "damage.", "kind.", "friendly.", "advice.", "page.", "engine.", "layers.", "hint.8-bits")


def main() -> None:
    """Write all files."""
    for name, text in files().items():
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_text(text, encoding="utf-8")


def files() -> dict[str, str]:
    """Every generated file, by its path in the repository."""
    said = [code for code in ENGLISH if code.startswith(_PAGE)]
    engine = {code: ENGLISH[code] for code in said if code.startswith(_ENGINE)}
    names = {code: name for name, codes in FRIENDLY.items() for code in codes}
    spanish = {code: text for code, text in SPANISH.items() if code.startswith((*_PAGE, *_SPANISH))}
    english = {code: ENGLISH[code] for code in said if code not in engine}
    return {
        f"{FOLDER}/engine.ts": _table("ENGINE", engine),
        f"{FOLDER}/en.ts": _table("ENGLISH", english, 'import { ENGINE } from "./engine";', "  ...ENGINE,"),
        f"{FOLDER}/es.ts": _table("SPANISH", spanish),
        f"{FOLDER}/friendly.ts": _table("FRIENDLY", names),
    }


def _table(name: str, rows: dict[str, str], head: str = "", *first: str) -> str:
    lines = [_line(code, text) for code, text in rows.items()]
    top = [NOTE, *(["", head] if head else []), "", f"export const {name} = {{", *first]
    return "\n".join([*top, *lines, "} as const;", ""])


def _line(code: str, text: str) -> str:
    """As prettier sets it: a long sentence has its own line."""
    key, value = json.dumps(code), json.dumps(text, ensure_ascii=False)
    line = f"  {key}: {value},"
    return line if len(line) <= 110 else f"  {key}:\n    {value},"


if __name__ == "__main__":
    main()
