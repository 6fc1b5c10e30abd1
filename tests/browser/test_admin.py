"""The administrator sees in a browser where the experiment stands, and takes the answers out."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from zipfile import ZipFile

import pandas as pd
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from mnemo.experiment.server import players, run, served
from mnemo.experiment.simulate import MODELS
from tests.browser.looks import SCREENS, misfits, tabbed
from tests.support.served import export


class Site(NamedTuple):
    """A server, and the token of its administrator."""

    url: str
    token: str


@pytest.fixture(scope="module", name="site")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve an experiment that six simulated participants played, two of them inattentive."""
    place = tmp_path_factory.mktemp("admin") / "people"
    export(place)
    model = MODELS["memory-game"]
    players.simulate(place, participants=6, series=2, model=model, inattentive=1 / 3)
    ready = served.serve(place)
    with run.running(ready) as url:
        yield Site(url, ready.secrets.token)
    ready.database.close()


@pytest.fixture(name="context")
def come(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


def log_in(page: Page, site: Site) -> None:
    """Log in without a mouse."""
    page.goto(f"{site.url}/admin")
    expect(page.get_by_label("Token")).to_be_focused()
    page.keyboard.insert_text(site.token)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="people")).to_be_visible()


def cells(page: Page, table: str) -> dict[str, str]:
    """Read the rows of a table that has two columns."""
    rows = page.get_by_role("table", name=table, exact=True).get_by_role("row").all()
    return {
        row.get_by_role("rowheader").inner_text(): row.get_by_role("cell").inner_text()
        for row in rows
    }


def test_a_wrong_token_opens_nothing_and_the_right_one_all(
    site: Site, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(f"{site.url}/admin")
    page.get_by_label("Token").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_have_text("This is not the administrator’s token.")
    expect(page.get_by_label("Token")).to_be_focused()
    assert context.cookies() == []
    page.goto(page.url)
    expect(page.get_by_role("alert")).to_be_empty()
    assert page.url == f"{site.url}/admin"

    log_in(page, site)
    people, series = cells(page, "Participants now"), cells(page, "Series")
    assert (people["all series played"], people["blocked"], people["playing"]) == ("4", "2", "0")
    assert (series["valid"], series["running"]) == ("8", "0")
    assert series["excluded: false alarms"] == series["excluded: missed vigilance"] == "1"
    assert cells(page, "Participants by source") == {"simulated": "6"}
    expect(page.get_by_role("note")).to_contain_text("DEMONSTRATION")
    expect(page.get_by_role("definition").first).to_have_text("6")

    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Token")).to_be_visible()
    page.go_back()
    expect(page.get_by_label("Token")).to_be_visible()
    assert context.cookies() == []


def test_answers_and_payments_are_downloaded_from_the_page(
    site: Site, context: BrowserContext, tmp_path: Path
) -> None:
    page = context.new_page()
    log_in(page, site)
    with page.expect_download() as export:
        page.get_by_role("link", name="All answers").click()
    with page.expect_download() as payments:
        page.get_by_role("link", name="What is to be paid").click()
    assert export.value.suggested_filename == "answers.zip"
    export.value.save_as(tmp_path / "answers.zip")
    with ZipFile(tmp_path / "answers.zip") as archive, archive.open("answers/trials.csv") as file:
        trials = pd.read_csv(file)
    assert len(trials.groupby(["participant", "series"])) == 10
    assert trials["simulated"].all()
    assert payments.value.suggested_filename == "payments.csv"
    due = pd.read_csv(payments.value.path())
    assert due["ending"].value_counts().to_dict() == {"completed": 4, "blocked": 2}


@pytest.mark.parametrize(("width", "height"), SCREENS)
def test_the_page_can_be_read_and_used_on_every_screen(
    site: Site, context: BrowserContext, width: int, height: int
) -> None:
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{site.url}/admin")
    assert misfits(page) == []
    log_in(page, site)
    assert misfits(page) == []
    assert tabbed(page) == [
        "Answers to each target, in valid series",
        "All answers, as parquet, CSV and Psych-DS",
        "What is to be paid, by code",
        "Log out",
    ]
