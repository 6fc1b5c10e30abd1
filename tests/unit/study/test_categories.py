"""The studies of other categories: the paper's sizes, and its figures' numbers in the report."""

from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from tests.support.paths import ROOT

from mnemo.study.captions import Captions
from mnemo.study.mistakes import checked
from mnemo.study.models import Models
from mnemo.study.params import Params

LSUN = ("cat", "horse", "car", "church")


def study(name: str, **changes: Any) -> Any:
    raw = yaml.safe_load((ROOT / f"studies/{name}.yaml").read_text(encoding="utf-8"))
    return checked({**raw, **changes})


@pytest.mark.parametrize(
    ("name", "strip", "dose_response"),
    [
        ("stylegan1-ffhq", "Figure 4", "Figure 6"),
        ("stylegan2-ffhq", "Figure 5", "Figure 6"),
        ("stylegan2-horse", "Figure 28", "Figure 32b"),
        ("stylegan2-cat", "Figure 29", "Figure 32a"),
        ("stylegan2-car", "Figure 30", "Figure 32c"),
        ("stylegan2-church", "Figure 31", "Figure 32d"),
        ("biggan-deep-512", "Figure 33", "Figure 35a"),
        ("biggan-256", "Figure 34", "Figure 35b"),
    ],
)
def test_the_report_calls_figures_by_the_papers_numbers(
    name: str, strip: str, dose_response: str
) -> None:
    config = study(name)
    params = Params(config)
    edit, assessor = config.edits[0].name, config.assessors[0]
    job = SimpleNamespace(edit=edit, assessor=assessor)
    assert params.labels_of_strip(job) == {"result": f"{strip}: images of the edit {edit}"}
    assert params.labels_of_dose_response(job) == {
        "result": f"{dose_response}: scores by {assessor} of the edit {edit}"
    }


@pytest.mark.parametrize("name", [f"stylegan2-{name}" for name in LSUN])
def test_the_captions_of_what_is_no_face_speak_of_images(name: str) -> None:
    config = study(name)
    captions = Captions(config, Models(config), ROOT / "rules" / "captions")
    job = SimpleNamespace(edit="memorable", assessor="memnet-single-crop")
    for text in (captions.of_strip(job), captions.of_dose_response(job), captions.of_realness(job)):
        assert "face" not in text


@pytest.mark.parametrize(
    ("name", "eval_"),
    [*((f"stylegan2-{name}", 5000) for name in LSUN), ("biggan-256", 1500)],
)
def test_the_sizes_are_the_papers(name: str, eval_: int) -> None:
    config = study(name)
    fit = 200_000 if name.startswith("biggan") else 100_000
    assert (config.sets.fit.count, config.sets.eval.count) == (fit, eval_)


def test_the_studies_of_cats_horses_cars_and_churches_differ_in_no_more_than_they_must() -> None:
    """One of them that is run stands for all."""
    first, *others = (study(f"stylegan2-{name}").model_dump() for name in LSUN)
    own = {"study", "generator", "edits", "shard_size"}
    for other in others:
        assert {key for key in first if first[key] != other[key]} <= own
        for key in first["generator"].keys() - {"name", "rows"}:
            assert first["generator"][key] == other["generator"][key]
        [edit], [another] = first["edits"], other["edits"]
        assert {**edit, "alphas": None} == {**another, "alphas": None}
    assert study("stylegan2-car").generator.rows == (64, 448)


def test_images_are_called_by_the_names_of_their_classes() -> None:
    whole = study("biggan-256").generator
    assert whole.class_names[207] == "golden retriever"
    assert whole.model_copy(update={"classes": ("cheeseburger", 1)}).class_names == (
        "cheeseburger",
        "goldfish",
    )
    own = {"name": "own", "architecture": "biggan", "resolution": 128, "class_count": 2}
    assert study("biggan-256", generator={**own, "weights": "own.pt"}).generator.class_names == (
        "class 0",
        "class 1",
    )
    assert study("stylegan2-cat").generator.class_names == ()
