"""What the report of a finished study promises to whoever opens it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.workflow.conftest import Checkout


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


def test_captions_tell_how_many_images_there_are(finished: Checkout, items: dict[str, Any]) -> None:
    sets = yaml.safe_load((finished.results() / "config.yaml").read_text())["sets"]
    captions = {Path(path).stem: item["caption"] for path, item in items.items()}
    assert f"{sets['fit']['count']} unedited images" in captions["distributions"]
    assert f"{sets['eval']['count']} images" in captions["resmem"]


def test_the_report_names_the_licence_of_every_model(finished: Checkout) -> None:
    text = (finished.results() / "report.html").read_text()
    told = text[text.index("workflow_desc = ") :]
    for licence in ("<em>dcgan-faces</em>: MIT", "<em>resmem</em>: ResMem Non-commercial License"):
        assert licence in told


def test_a_report_made_by_hand_shows_the_same(
    finished: Checkout, items: dict[str, Any], tmp_path: Path
) -> None:
    finished.run("--report", str(tmp_path / "report.html"))
    assert set(shown(tmp_path / "report.html")) == set(items)


def test_an_edited_caption_makes_the_report_again_and_nothing_else(rerun: Checkout) -> None:
    rerun.edit("rules/captions/weights.rst", "non-commercial", "noncommercial")
    assert rerun.plan().jobs == {"make_report": ["report.html"]}
