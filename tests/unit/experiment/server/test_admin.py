"""The administrator, and nobody else, sees where the experiment stands and takes answers out."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pandas as pd
import pytest
from starlette.testclient import TestClient
from tests.support.served import DEVICE, HEADERS, answer, export

from mnemo.experiment.server import app, players, served
from mnemo.experiment.server.admin import COOKIE
from mnemo.experiment.server.served import Served
from mnemo.experiment.simulate import MODELS

PAGES = ["/admin", "/admin/payments.csv", "/admin/export.zip", "/admin/series/" + 32 * "0"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("admin") / "experiment"
    export(place, name="<b>people</b>")
    return place


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[Served]:
    """An experiment that four simulated participants have played, two of them inattentive."""
    players.simulate(folder, participants=4, series=2, model=MODELS["memory-game"], inattentive=0.5)
    opened = served.serve(folder)
    yield opened
    opened.database.close()


@pytest.fixture
def browser(site: Served) -> TestClient:
    return TestClient(app.make(site))


def log_in(browser: TestClient, token: str) -> str:
    return str(browser.post("/admin/login", data={"token": token}).text)


def cells(page: str) -> dict[str, str]:
    """Read the first number of each row of the tables."""
    return dict(re.findall(r'<tr><th scope="row">([^<]*)</th><td>([^<]*)</td>', page))


def test_who_enters_the_token_sees_where_the_experiment_stands(
    site: Served, browser: TestClient
) -> None:
    assert '<input name="token"' in browser.get("/admin").text
    page = log_in(browser, site.secrets.token)
    assert re.search(r"\d+ s ago", page)
    found = cells(page)
    assert {name: found[name] for name in ("all series played", "blocked", "playing")} == {
        "all series played": "2",
        "blocked": "2",
        "playing": "0",
    }
    assert found["simulated"] == "4"
    excluded = {name: count for name, count in found.items() if name.startswith("excluded")}
    assert excluded == {"excluded: false alarms": "1", "excluded: missed vigilance": "1"}
    assert (found["valid"], found["interrupted"]) == ("4", "0")


def test_answers_to_each_target_are_told_by_alpha(site: Served, browser: TestClient) -> None:
    page = log_in(browser, site.secrets.token)
    rows = re.findall(
        r'<th scope="row">memorable</th>' + r"<td>([^<]*)</td>" * 5,
        page,
    )
    assert [row[0] for row in rows] == ["-0.2", "-0.1", "0", "0.1", "0.2"]
    # Four valid series of ten targets, two at each alpha, among thirty images.
    assert {tuple(row[1:]) for row in rows} == {("30", "0", "0", "1")}


def test_a_demonstration_says_so_and_names_are_no_html(site: Served, browser: TestClient) -> None:
    page = log_in(browser, site.secrets.token)
    assert "DEMONSTRATION" in page
    assert "<b>people" not in page
    assert "style=" not in page
    assert "<script" not in page


def test_the_downloads_hold_what_was_answered_and_what_is_due(
    site: Served, browser: TestClient
) -> None:
    log_in(browser, site.secrets.token)
    with ZipFile(BytesIO(browser.get("/admin/export.zip").content)) as archive:
        names = archive.namelist()
        trials = pd.read_parquet(BytesIO(archive.read("answers/trials.parquet")))
    assert "answers/psych-ds/dataset_description.json" in names
    assert len(trials.groupby(["participant", "series"])) == 6
    due = pd.read_csv(BytesIO(browser.get("/admin/payments.csv").content))
    assert sorted(due["ending"]) == ["blocked", "blocked", "completed", "completed"]


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_shown_without_the_token(browser: TestClient, path: str) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Cookie": f"{COOKIE}=wrong"}):
        reply = browser.get(path, headers=headers)
        assert reply.status_code == 401
        assert "all series played" not in reply.text


def test_the_token_serves_as_a_header_too(site: Served, browser: TestClient) -> None:
    token = {"Authorization": f"Bearer {site.secrets.token}"}
    assert browser.get("/admin", headers=token).is_success
    assert browser.get("/admin/payments.csv", headers=token).is_success


def test_the_browser_keeps_no_token_and_no_script_can_read_what_it_keeps(
    site: Served, browser: TestClient
) -> None:
    reply = browser.post("/admin/login", data={"token": site.secrets.token}, follow_redirects=False)
    kept = reply.headers["set-cookie"]
    assert site.secrets.token not in kept
    assert all(word in kept for word in ("HttpOnly", "SameSite=strict", "Path=/admin"))
    browser.post("/admin/logout")
    assert browser.get("/admin").status_code == 401


def test_guesses_of_the_token_are_limited(site: Served, browser: TestClient) -> None:
    replies = [
        browser.post("/admin/login", data={"token": str(guess)}).status_code for guess in range(40)
    ]
    assert set(replies) == {401, 429}
    assert browser.post("/admin/login", data={"token": site.secrets.token}).status_code == 429


def test_another_site_can_not_log_anybody_in(site: Served, browser: TestClient) -> None:
    for headers in ({"Origin": "https://evil.org"}, {"Sec-Fetch-Site": "cross-site"}):
        reply = browser.post("/admin/login", data={"token": site.secrets.token}, headers=headers)
        assert reply.status_code == 403


def test_before_the_first_answer_there_is_nothing_to_download(folder: Path, tmp_path: Path) -> None:
    empty = served.serve(folder, data=tmp_path)
    browser = TestClient(app.make(empty))
    page = log_in(browser, empty.secrets.token)
    assert "never" in page
    assert "export.zip" not in page
    assert browser.get("/admin/export.zip").status_code == 404
    assert browser.get("/admin/payments.csv").text.splitlines() == [
        "code,source,series,earned,currency,ending"
    ]
    empty.database.close()


def test_who_plays_and_who_only_reads_are_told_apart(folder: Path, tmp_path: Path) -> None:
    fresh = served.serve(folder, data=tmp_path)
    people = [TestClient(app.make(fresh), headers=HEADERS) for _ in range(3)]
    for place, person in enumerate(people):
        status = person.post("/api/enter", json={}).json()
        if place < 2:
            agreed = {"version": status["consent_version"], "agreed": place == 0}
            person.post("/api/consent", json=agreed)
    series = people[0].post("/api/series", json={"device": DEVICE}).json()["series"]
    people[0].post("/api/answers", json={"series": series, "answers": [answer(0)]})
    found = cells(log_in(people[0], fresh.secrets.token))
    fresh.database.close()
    assert {name for name, count in found.items() if count == "1"} == {
        *("playing", "declined", "reading"),
        "running",
    }
