"""docs/lecture.ipynb runs from its first cell to its last, and shows what it says."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

NOTEBOOK = ROOT / "docs" / "lecture.ipynb"
FASTER = {"--count 600": "--count 100", "--epochs 8": "--epochs 2"}


def printed(cell: Any) -> str:
    return "".join(output.get("text", "") for output in cell.outputs)


@pytest.mark.tensorflow
def test_the_notebook_of_the_lecture_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tensorflow")
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    # Streamlit, which another test may have imported, sets it: the kernel would draw no pictures.
    monkeypatch.delenv("MPLBACKEND", raising=False)
    notebook = nbformat.read(NOTEBOOK, 4)
    for cell in notebook.cells:
        for slow, fast in FASTER.items():
            cell.source = cell.source.replace(slow, fast)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()

    texts = [printed(cell) for cell in notebook.cells if cell.cell_type == "code"]
    whole = "\n".join(texts)
    assert {"25,088", "6,272"} <= set(whole.split())  # the lecture's own figures
    assert re.search(r"lecture +14,497 .*\nlecture-described +813,217", whole)
    assert "give Keras's probabilities" in whole
    assert len(re.findall(r"^(cats|dogs) -> (cats|dogs) \d\.\d{4}$", whole, re.MULTILINE)) == 2 * 4
    assert "Warning" not in whole
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 5


def test_the_notebook_is_kept_with_its_pictures_and_without_paths() -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert text.count('"image/png"') == 5
    assert not re.search(r'"(/|.*[ \'](/home|/root|/tmp|/work|/Users)/)', text)
