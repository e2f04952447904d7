"""Temporary files of libraries: all in one folder, which the next start removes where this process is killed."""

import contextlib
import os
import tempfile
from collections.abc import Iterator

from gemelo.store.files import scratch_directory


@contextlib.contextmanager
def gathered(kind: str) -> Iterator[None]:
    """Let every library of this process, and programs that it starts, put its temporary files into a scratch folder.

    Args:
        kind: What the folder is for, in a word: a part of its name.

    Raises:
        StorageError: The disk is full or may not be written to.
    """
    with scratch_directory(kind) as work:
        before, variable = tempfile.tempdir, os.environ.get("TMPDIR")
        tempfile.tempdir = os.environ["TMPDIR"] = str(work)
        try:
            yield
        finally:
            tempfile.tempdir = before
            del os.environ["TMPDIR"]
            if variable is not None:
                os.environ["TMPDIR"] = variable
