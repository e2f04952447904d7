"""Which tests stay together in one process, and what happens when such a process dies (pytest-xdist)."""

import contextlib
from collections.abc import Container
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController


class ByGroup(LoadScopeScheduling):
    """Tests of some folders stay in one process, all others with those of their file."""

    def __init__(self, config: pytest.Config, log: Any, together: Container[str] = ()) -> None:
        """Spread tests; those of each folder named in `together` share a browser or servers."""
        super().__init__(config, log)
        self._together = together

    def _split_scope(self, nodeid: str) -> str:
        path = Path(nodeid.split("::", 1)[0])
        return path.parent.name if path.parent.name in self._together else str(path)

    def remove_node(self, node: WorkerController) -> str | None:
        """What a process had done stays done, and the test in which it died is not run again.

        LoadScopeScheduling hands out both again: a process that is given nothing but tests that are done waits forever.
        """
        left = {scope: unit for scope, unit in self.assigned_work.pop(node).items() if not all(unit.values())}
        if not left:
            return None
        scope, unit = next(iter(left.items()))
        died_in = next(test for test, done in unit.items() if not done)
        unit[died_in] = True
        if all(unit.values()):
            del left[scope]
        self.workqueue.update(left)
        for other in self.assigned_work:
            self._reschedule(other)
        return died_in

    def _reschedule(self, node: WorkerController) -> None:
        """Give a process more; not one that has only just replaced another, and has no tests collected yet.

        One that has died already cannot be written to, which `remove_node` will be told of.
        """
        if node in self.registered_collections:
            with contextlib.suppress(OSError):
                super()._reschedule(node)

    def schedule(self) -> None:
        """Give a process that replaces another two units: it keeps its last test until it knows the next."""
        later = self.collection is not None
        super().schedule()
        if later:
            super().schedule()
