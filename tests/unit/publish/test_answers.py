"""People's answers in a crate are a dataset of Psych-DS for each experiment."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from tests.support import finished, psych_ds
from tests.support.paths import ROOT

from mnemo.crates import layout
from mnemo.publish import answers


@pytest.fixture
def crate(tmp_path: Path) -> Path:
    """The tables of a study with experiments, in a crate."""
    study = yaml.safe_load((ROOT / "studies" / "people.yaml").read_text())
    made = finished.write(tmp_path / "results", study)
    held = tmp_path / "crate" / layout.TABLES
    held.mkdir(parents=True)
    for name in ("trials", "participants"):
        shutil.copy(made / f"{name}.parquet", held)
    answers.write(held.parent)
    return held.parent


def test_each_experiment_breaks_no_rule_of_psych_ds(crate: Path) -> None:
    datasets = sorted((crate / layout.ANSWERS).iterdir())
    assert datasets
    for dataset in datasets:
        described = psych_ds.check(dataset)
        assert described["name"] == dataset.name
        assert len(list((dataset / "data").iterdir())) == 2


def test_a_dataset_that_breaks_a_rule_is_found(crate: Path) -> None:
    dataset = next((crate / layout.ANSWERS).iterdir())
    description = dataset / "dataset_description.json"
    told = json.loads(description.read_text())
    told["variableMeasured"] = told["variableMeasured"][1:]
    description.write_text(json.dumps(told))
    with pytest.raises(AssertionError):
        psych_ds.check(dataset)


def test_a_study_without_answers_has_no_dataset(tmp_path: Path) -> None:
    (tmp_path / layout.TABLES).mkdir()
    answers.write(tmp_path)
    assert not (tmp_path / layout.ANSWERS).exists()
