"""A study of another category goes from its own file to its pictures and the paper's page.

That of BigGAN is run, with as few channels as can be and random weights: its generator has classes,
and no w. Those of cats, horses, cars and churches are alike (tests/unit/study/test_categories.py),
and test_stylegan.py runs such a study.
"""

from html import escape

import pandas as pd
import pytest
import yaml

from mnemo import tables
from mnemo.generators import imagenet
from tests.data import biggan_layouts
from tests.support import memnet
from tests.support.checkout import Checkout

STUDY = ("--configfile", "studies/biggan-256.yaml", "tests/data/small.yaml", "weights.yaml")
#: What shows its objects, and what they are compared with.
PAGES = ("reproduction", "memorable/catalogue", "memorable/strip")


@pytest.fixture(scope="module")
def objects(fetched: None, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout in which the study has been run as far as the pages that show objects."""
    made = Checkout(tmp_path_factory.mktemp("objects") / "mnemo").check_out()
    memnet.put(made)
    biggan_layouts.write(biggan_layouts.ganalyze(256, 4), made.path / "biggan.pth")
    weights = {"generator": {"weights": "biggan.pth"}, "assessor_weights": {"memnet": memnet.FILE}}
    (made.path / "weights.yaml").write_text(yaml.safe_dump(weights))
    made.run(*(f"results/tiny/pages/{page}.html" for page in PAGES), *STUDY)
    return made


def table(objects: Checkout, name: str) -> pd.DataFrame:
    return tables.read(objects.results() / f"{name}.parquet").to_pandas()


def test_the_score_follows_the_edit(objects: Checkout) -> None:
    means = table(objects, "dose_response").set_index("alpha")["mean"]
    assert means.index.tolist() == [0, 4]
    assert means.nunique() == 2


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
