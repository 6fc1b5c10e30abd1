"""The results of a real study, as Python users read them."""

import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from mnemo import Study
from tests.support.checkout import Checkout
from tests.support.paths import ROOT, SCRIPTS


def test_the_notebook_runs_and_shows_pictures(
    finished: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("docs", "results"):
        (tmp_path / folder).mkdir()
    (tmp_path / "results" / "demo").symlink_to(finished.results())
    monkeypatch.setenv("PYTHONPATH", str(SCRIPTS))
    notebook = nbformat.read(ROOT / "docs" / "reading.ipynb", as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "store no outputs"
    place = {"metadata": {"path": str(tmp_path / "docs")}}
    NotebookClient(notebook, timeout=60, resources=place).execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs for cell in cells)
    shown = [output.data for cell in cells for output in cell.outputs]
    assert "<code>scores</code>" in shown[0]["text/html"]
    assert sum("data:image/jpeg" in data.get("text/html", "") for data in shown) == 1
    assert sum("image/png" in data for data in shown) == 2


def test_a_run_from_the_written_config_has_nothing_to_do(finished: Checkout) -> None:
    config = str(finished.results() / "config.yaml")
    assert "Nothing to be done" in finished.run("--dry-run", "--configfile", config)


def test_results_are_read_after_they_were_moved(finished: Checkout, tmp_path: Path) -> None:
    moved = shutil.copytree(finished.results(), tmp_path / "elsewhere")
    study = Study(moved)
    assert set(study.missing) == set()
    for name in study.tables:
        assert study.arrow(name).num_columns
    for edit in study.config.edits:
        assert len(study.images("eval", edit=edit.name, alpha=edit.alphas[-1])) == 10
