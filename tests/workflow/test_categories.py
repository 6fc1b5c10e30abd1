"""A study of another category goes from its own file through the whole workflow, but for its size.

That of BigGAN is run, with as few channels as can be and random weights: its generator has classes,
and no w. Those of cats, horses, cars and churches are alike (tests/unit/study/test_categories.py),
and test_stylegan.py runs such a study.
"""

from html import escape
from pathlib import Path

import pandas as pd
import pytest
import yaml

from mnemo import tables
from mnemo.generators import imagenet
from mnemo.results.registry import RESULTS
from mnemo.study.paths import OF_EXPERIMENTS, OF_GAMES
from tests.data import biggan_layouts
from tests.support import memnet
from tests.support.checkout import Checkout
from tests.workflow.test_report import shown

STUDY = ("--configfile", "studies/biggan-256.yaml", "tests/data/small.yaml", "weights.yaml")


@pytest.fixture(scope="module")
def objects(fetched: None, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout in which the study has been run whole."""
    made = Checkout(tmp_path_factory.mktemp("objects") / "mnemo").check_out()
    memnet.put(made)
    biggan_layouts.write(biggan_layouts.ganalyze(256, 4), made.path / "biggan.pth")
    weights = {"generator": {"weights": "biggan.pth"}, "assessor_weights": {"memnet": memnet.FILE}}
    (made.path / "weights.yaml").write_text(yaml.safe_dump(weights))
    made.run(*STUDY)
    return made


def table(objects: Checkout, name: str) -> pd.DataFrame:
    return tables.read(objects.results() / f"{name}.parquet").to_pandas()


def test_the_study_ends_with_a_report_and_every_table(objects: Checkout) -> None:
    # It has no ovals, attributes, factors, controls, layers, photographs or people's ratings,
    # compares no methods, and trains and learns nothing.
    of_faces = {"faces", "lost_faces", "identity"}
    of_others = {"conditions", "drift", "controls", "layers", "layer_effects"}
    of_ways = {"learning", "methods", "method_contrasts", "cosines"}
    of_photos, of_training = {"photos", "inversions"}, {"curves", "predictions", "training"}
    of_factors = {"factors", "factor_models"}
    of_people = {"ratings", "assessor_validity", *OF_EXPERIMENTS, *OF_GAMES}
    left_out = of_faces | of_others | of_photos | of_training | of_ways | of_factors | of_people
    assert RESULTS.keys() - left_out == {path.stem for path in objects.results().glob("*.parquet")}
    means = table(objects, "dose_response").set_index("alpha")["mean"]
    assert means.index.tolist() == [0, 4]
    assert means.nunique() == 2


def test_its_figures_have_the_papers_numbers_in_the_report(objects: Checkout) -> None:
    items = shown(objects.results() / "report.html")
    labels = {Path(path).name: item["labels"]["result"] for path, item in items.items()}
    assert labels["strip.html"] == "Figure 34: images of the edit memorable"
    assert labels["catalogue.html"] == "Catalogue of the edit memorable (GANalyze, Figure 4)"
    assert labels["memnet.svg"] == "Figure 35b: scores by memnet of the edit memorable"


def test_the_page_of_the_paper_has_its_strip_and_says_what_differs(objects: Checkout) -> None:
    rows = table(objects, "reproduction").set_index("item")
    assert rows.loc["Figure 34: strip", ["verdict", "reason", "figure"]].tolist() == [
        "not comparable",
        "a picture",
        "figures/memorable/strip.png",
    ]
    slope = rows.loc["Figure 35: (b) BigGAN of 256 pixels, slope"]
    [own] = table(objects, "slopes")[["slope", "low", "high"]].to_numpy()
    assert slope["reason"] == "40 images to fit on in place of 200,000"
    assert slope[["ours", "low", "high"]].tolist() == own.tolist()
    assert pd.isna(rows.loc["Figure 33: strip", "figure"])
    page = (objects.results() / "pages/reproduction.html").read_text()
    assert "Edited objects of BigGAN" in page


def test_the_images_are_of_all_classes_in_turn(objects: Checkout) -> None:
    latents = tables.read(objects.results() / "eval/latents/00000.parquet")
    indices = latents["class_index"].to_pylist()
    assert len(set(indices)) == 10
    page = (objects.results() / "pages/memorable/catalogue.html").read_text()
    for image, index in zip(latents["image"].to_pylist(), indices, strict=True):
        assert f">{image}</a><br>{escape(imagenet.names()[index])}<" in page
