"""Participants come from Mechanical Turk, Prolific and SONA in a browser, and are sent back.

The sites are stood in for by what Playwright answers in their place; nothing is asked of them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, Request, Route, expect

from mnemo.experiment.settings import ForcedChoice
from tests.browser.participant import Participant
from tests.browser.site import Site, export, serving

CHOICE = ForcedChoice(targets=2, vigilance=1, practice=0, most_series=1, least_correct=0)
MTURK = "https://workersandbox.mturk.com"
WORKER = {"hitId": "H1", "workerId": "A2WORKER", "turkSubmitTo": MTURK}


@pytest.fixture(scope="module", name="folder")
def make(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(tmp_path_factory.mktemp("choice") / "people", CHOICE)


@contextmanager
def standing_in(
    person: Participant, site: str, pages: dict[str, str] | None = None
) -> Iterator[list[Request]]:
    """Answer in place of a site by a page for each path, and list what it is asked."""
    asked: list[Request] = []

    def reply(route: Route) -> None:
        asked.append(route.request)
        path = route.request.url.removeprefix(site)
        route.fulfill(content_type="text/html", body=(pages or {}).get(path, "<h1>Arrived</h1>"))

    person.context.route(f"{site}/**", reply)
    yield asked


def framed(url: str, **parameters: str) -> dict[str, str]:
    """Return the page of a site that shows the study in a frame."""
    query = "&amp;".join(f"{name}={value}" for name, value in parameters.items())
    # Sites of the web need leave to show what is on this machine.
    frame = f'<iframe src="{url}/?{query}" allow="local-network-access; loopback-network"'
    return {"/task": f'{frame} width="1000" height="700"></iframe>'}


def from_elsewhere(browser: Browser, site: Site, **context: Any) -> Participant:
    return Participant(browser, site.url, permissions=["local-network-access"], **context)


def play(person: Participant) -> None:
    """Play the only series."""
    person.start("Start the series")
    for trial in person.counted:
        person.choose("left", 300)
        if trial != person.counted[-1]:
            person.page.clock.run_for(500)
    person.text("Your completion code")


def participants(site: Site) -> int:
    return int(site.rows("SELECT count(*) AS count FROM participants")[0]["count"])


def test_a_worker_of_mechanical_turk_plays_in_a_frame_and_submits_the_code(
    browser: Browser, folder: Path, tmp_path: Path
) -> None:
    with (
        serving(folder, "source: mturk", tmp_path) as site,
        from_elsewhere(browser, site) as person,
        standing_in(person, MTURK, framed(site.url, assignmentId="A1", **WORKER)) as asked,
    ):
        person.page.goto(f"{MTURK}/task")
        person.button("I agree").click()
        # Neither full screen nor a database of the browser can be had within this frame.
        person.text("This browser keeps no data for this page")
        person.button("Continue").click()
        person.dealt(lambda: None)
        play(person)
        code = person.view.locator(".ticket code").first.inner_text()
        with person.page.expect_response(f"{MTURK}/mturk/externalSubmit"):
            person.button("Finish and go back").click()
        sent = asked[-1]
        assert sent.method == "POST"
        assert parse_qs(sent.post_data or "") == {"assignmentId": ["A1"], "code": [code]}
        expect(person.view.get_by_role("heading", name="Arrived")).to_be_visible()
        assert len(site.answers(person.series["series"])) == CHOICE.length
        assert site.state(person.series["series"]) == "finished"
        assert person.complaints == []


def test_a_preview_on_mechanical_turk_stores_nothing(
    browser: Browser, folder: Path, tmp_path: Path
) -> None:
    preview = {"assignmentId": "ASSIGNMENT_ID_NOT_AVAILABLE", "hitId": "H1"}
    with (
        serving(folder, "source: mturk", tmp_path) as site,
        from_elsewhere(browser, site) as person,
        standing_in(person, MTURK, framed(site.url, **preview)),
    ):
        person.page.goto(f"{MTURK}/task")
        person.text("This is a preview")
        expect(person.view.get_by_role("button")).to_have_count(0)
        assert person.context.cookies() == []
        assert participants(site) == 0
        assert person.complaints == []


def test_no_other_site_can_show_the_study_in_a_frame(
    browser: Browser, folder: Path, tmp_path: Path
) -> None:
    site_of_others = "https://workers.example.org"
    with (
        serving(folder, "source: mturk", tmp_path) as site,
        from_elsewhere(browser, site) as person,
        standing_in(person, site_of_others, framed(site.url, assignmentId="A1", **WORKER)),
    ):
        person.page.goto(f"{site_of_others}/task")
        assert any("frame-ancestors" in each for each in person.complaints)
        assert participants(site) == 0


@pytest.mark.parametrize(
    ("recruitment", "parameters", "site_of_others", "path"),
    [
        (
            "source: prolific\ncompleted: C1A2\n"
            "url: https://app.prolific.com/submissions/complete?cc={code}",
            {"PROLIFIC_PID": "5f1b", "STUDY_ID": "s", "SESSION_ID": "x"},
            "https://app.prolific.com",
            "/submissions/complete?cc=C1A2",
        ),
        (
            "source: sona\nurl: https://school.sona-systems.com/webstudy_credit.aspx"
            "?experiment_id=1&credit_token=2&survey_code={id}",
            {"id": "4711"},
            "https://school.sona-systems.com",
            "/webstudy_credit.aspx?experiment_id=1&credit_token=2&survey_code=4711",
        ),
    ],
    ids=["prolific", "sona"],
)
def test_the_last_page_leads_back_to_where_a_participant_came_from(
    browser: Browser,
    folder: Path,
    tmp_path: Path,
    recruitment: str,
    parameters: dict[str, str],
    site_of_others: str,
    path: str,
) -> None:
    with (
        serving(folder, recruitment, tmp_path) as site,
        Participant(browser, site.url) as person,
        standing_in(person, site_of_others) as asked,
    ):
        person.enter(**parameters)
        play(person)
        # Who loads the last page again is still sent back.
        person.page.reload()
        person.see(person.page.get_by_role("link", name="Finish and go back")).click()
        expect(person.page.get_by_role("heading", name="Arrived")).to_be_visible()
        assert [each.url for each in asked] == [site_of_others + path]
        assert "referer" not in asked[0].headers
        assert person.complaints == []


def test_who_declines_is_sent_back_to_prolific_with_the_code_for_that(
    browser: Browser, folder: Path, tmp_path: Path
) -> None:
    prolific = "https://app.prolific.com"
    recruitment = (
        f'source: prolific\ndeclined: "D9"\nurl: {prolific}/submissions/complete?cc={{code}}'
    )
    with (
        serving(folder, recruitment, tmp_path) as site,
        Participant(browser, site.url) as person,
        standing_in(person, prolific) as asked,
    ):
        person.arrive(PROLIFIC_PID="5f1b")
        person.button("I don’t want to take part").click()
        person.see(person.page.get_by_role("link", name="Finish and go back")).click()
        expect(person.page.get_by_role("heading", name="Arrived")).to_be_visible()
        assert [each.url for each in asked] == [f"{prolific}/submissions/complete?cc=D9"]
