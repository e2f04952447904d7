"""Names that nobody else has."""

import re
from collections.abc import Iterable


class Names:
    """Names in the letters that TensorFlow takes, each given once; TensorFlow does not tell A from a."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = {name.lower() for name in taken}

    def unique(self, wanted: str) -> str:
        """The name as wanted, with a number behind it where it is taken."""
        safe = re.sub(r"^[^A-Za-z0-9.]", "x", re.sub(r"[^A-Za-z0-9_./-]", "_", wanted))
        name, number = safe, 1
        while name.lower() in self._taken:
            number += 1
            name = f"{safe}_{number}"
        self._taken.add(name.lower())
        return name
