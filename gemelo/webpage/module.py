"""A page's folder as an npm package, for other people's web apps: package.json, README.md and the page's gemelo.js."""

import json
import re
import unicodedata
from collections.abc import Collection
from typing import Any

import gemelo

PACKAGE = "package.json"
README = "README.md"
CODE = "gemelo.js"
TYPES = "gemelo.d.ts"
# npm allows 214 characters.
_LONGEST = 100

_README = """# {name}

The image classifier *{title}*, made by gemelo. This folder is a web page, and a
module for web apps:

```sh
npm install ./path/to/this/folder
```

```js
import {{ load }} from "{name}";

const classifier = await load({{ base: "/models/{slug}/" }}); // fetches the model and tests it on this machine
const {{ label, probability }} = await classifier.classify(file);
```

Bundlers copy the code. The model's files they do not know: have your build copy `page.json`, `goldens.bin` and
`bundle/` from this folder into the folder that `base` names.

## License

The code is gemelo's, under the Apache License 2.0. `THIRD-PARTY-NOTICES.txt` lists what it includes, with the licenses.
They do not cover the model in `bundle/`: its terms are those of the people who trained it, see `bundle/README.md`
where there is one.
"""


def package_files(title: str) -> dict[str, bytes]:
    """package.json and README.md of a page.

    Args:
        title: What the page is called.
    """
    slug = slug_of(title)
    name = f"gemelo-{slug}"
    value: dict[str, Any] = {
        "name": name,
        "version": _version(gemelo.__version__),
        "description": f"The image classifier {title}, which tests itself in the browser before it answers.",
        "license": f"SEE LICENSE IN {README}",
        "type": "module",
        "main": f"./{CODE}",
        "types": f"./{TYPES}",
        "exports": {
            ".": {"types": f"./{TYPES}", "default": f"./{CODE}"},
            "./package.json": "./package.json",
        },
        "sideEffects": False,
    }
    text = json.dumps(value, indent=2) + "\n"
    readme = _README.format(name=name, slug=slug, title=_plain(title))
    return {PACKAGE: text.encode("ascii"), README: readme.encode("utf-8", "backslashreplace")}


def without(code: bytes, paths: Collection[str]) -> bytes:
    """gemelo.js without the addresses of files that a page does not have, which bundlers would look for.

    Args:
        code: As it was built: a table at its top has a line for each file.
        paths: Those that the page lacks.
    """
    starts = tuple(f'  "{path}": new URL('.encode() for path in paths)
    return b"".join(line for line in code.splitlines(keepends=True) if not line.startswith(starts))


def slug_of(title: str) -> str:
    """A title as a part of an npm name: lower case, Latin letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST].rstrip("-") or "classifier"


def _version(version: str) -> str:
    """Python's version as npm takes it: three numbers."""
    numbers = [*re.findall(r"\d+", version.split("+", maxsplit=1)[0])[:3], "0", "0", "0"]
    return ".".join(str(int(number)) for number in numbers[:3])


def _plain(title: str) -> str:
    """A title in Markdown: nothing in it is markup."""
    return re.sub(r"([\\`*_\[\]<>#&])", r"\\\1", title)
