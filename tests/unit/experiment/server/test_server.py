"""The server deals each series to one participant once, and stores each answer once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.testclient import TestClient
from tests.support.served import (
    DEVICE,
    GAME,
    answer,
    begin,
    export,
    rows,
    send,
    visitor,
)

from mnemo.errors import MnemoError
from mnemo.experiment import checker
from mnemo.experiment.server import dealing, served
from mnemo.experiment.server.database import ANSWERS, PARTICIPANTS, SERIES
from mnemo.experiment.server.served import Served


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("served") / "experiment"
    export(place)
    return place


@pytest.fixture
def site(folder: Path, tmp_path: Path, url: str | None) -> Any:
    opened = served.serve(folder, url=url, data=tmp_path)
    yield opened
    opened.database.close()


@pytest.fixture
def browser(site: Served) -> TestClient:
    return visitor(site)


def play(browser: TestClient, made: dict[str, Any]) -> dict[str, Any]:
    """Answer all trials of a series rightly, and finish it."""
    answers = [
        answer(place, "old" if trial["repeat"] else "new")
        for place, trial in enumerate(made["trials"])
    ]
    for first in range(0, len(answers), 10):
        send(browser, made["series"], *answers[first : first + 10])
    status: dict[str, Any] = browser.post("/api/finish", json={"series": made["series"]}).json()
    return status


def test_a_series_is_played_from_consent_to_the_verdict(site: Served, browser: TestClient) -> None:
    made = begin(browser, participant="ada")
    assert len(made["trials"]) == GAME.practice + GAME.length
    status = play(browser, made)
    assert status["verdict"]["valid"]
    assert status["score"] == {"hits": 1.0, "false_alarms": 0.0}
    assert (status["state"], status["series_left"], status["earned"]) == ("ready", 1, 0.5)
    stored = {row.trial: row.answer for row in rows(site, ANSWERS)}
    assert stored == {
        place: "old" if trial["repeat"] else "new" for place, trial in enumerate(made["trials"])
    }


def test_the_second_series_has_no_practice_and_is_the_last(browser: TestClient) -> None:
    play(browser, begin(browser, participant="ada"))
    status = play(browser, begin(browser, participant="ada"))
    assert (status["state"], status["series_played"]) == ("done", 2)
    assert browser.post("/api/series", json={"device": DEVICE}).status_code == 403


def test_who_presses_always_is_blocked(site: Served, browser: TestClient) -> None:
    made = begin(browser)
    for place in range(len(made["trials"])):
        send(browser, made["series"], answer(place, "old"))
    status = browser.post("/api/finish", json={"series": made["series"]}).json()
    assert (status["state"], status["verdict"]["valid"]) == ("blocked", False)
    assert [row.reason for row in rows(site, SERIES)] == ["false alarms"]
    assert browser.post("/api/series", json={"device": DEVICE}).json()["error"] == "blocked"


def test_the_first_answer_to_a_trial_stands(site: Served, browser: TestClient) -> None:
    series = begin(browser)["series"]
    for _ in range(2):
        assert send(browser, series, answer(0), answer(2)).json()["received"] == 0
    assert send(browser, series, answer(0, "old"), answer(1)).json()["received"] == 2
    assert sorted((row.trial, row.answer) for row in rows(site, ANSWERS)) == [
        (0, "new"),
        (1, "new"),
        (2, "new"),
    ]
    assert [row.refused for row in rows(site, SERIES)] == [1]


def test_a_series_is_not_finished_while_answers_are_missing(browser: TestClient) -> None:
    series = begin(browser)["series"]
    send(browser, series, answer(0), answer(1))
    refused = browser.post("/api/finish", json={"series": series})
    assert (refused.status_code, refused.json()["received"]) == (409, 1)


def test_another_tab_is_told_and_can_take_over(site: Served, browser: TestClient) -> None:
    first = begin(browser, participant="ada")["series"]
    other = visitor(site)
    assert begin(other, participant="ada")["error"] == "running"
    second = other.post("/api/series", json={"device": DEVICE, "force": True}).json()
    assert second["number"] == 1
    # What was answered in the first one was answered.
    assert send(browser, first, answer(0)).json()["received"] == 0
    assert {row.number: row.state for row in rows(site, SERIES)} == {
        0: "interrupted",
        1: "running",
    }


def test_participants_at_once_get_series_of_their_own_that_meet_every_constraint(
    site: Served,
) -> None:
    people = [visitor(site) for _ in range(16)]
    for _ in range(2):
        with ThreadPoolExecutor(8) as pool:
            assert all("series" in made for made in pool.map(begin, people))
        with site.database.writing() as db:
            db.execute(sa.update(SERIES).values(heard_at=0.0))
    dealt = [dealing.planned(row.participant, row.number, row.plan) for row in rows(site, SERIES)]
    assert len({(each.participant, each.number) for each in dealt}) == 32
    checker.check(site.experiment, dealt)


def test_one_participant_in_many_tabs_gets_one_series(site: Served, browser: TestClient) -> None:
    begin(browser, participant="ada")
    with site.database.writing() as db:
        db.execute(sa.update(SERIES).values(heard_at=0.0))
    with ThreadPoolExecutor(8) as pool:
        replies = list(
            pool.map(lambda _: browser.post("/api/series", json={"device": DEVICE}), range(8))
        )
    assert [reply.status_code for reply in replies].count(200) == 1
    assert [row.number for row in rows(site, SERIES)] == [0, 1]


def test_who_comes_again_from_elsewhere_is_known_and_nobodys_id_is_stored(
    site: Served, browser: TestClient
) -> None:
    play(browser, begin(browser, PROLIFIC_PID="5f1e"))
    again = visitor(site).post("/api/enter", json={"parameters": {"PROLIFIC_PID": "5f1e"}})
    assert (again.json()["state"], again.json()["series_played"]) == ("ready", 1)
    assert [row.source for row in rows(site, PARTICIPANTS)] == ["prolific"]
    assert "5f1e" not in str(rows(site, PARTICIPANTS))


def test_who_loads_the_page_again_is_known_without_parameters_and_still_sent_back(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "recruitment.yaml").write_text("source: sona\nurl: https://sona.org/?survey={id}\n")
    site = served.serve(folder, data=tmp_path)
    (folder / "recruitment.yaml").unlink()
    browser = visitor(site)
    # Cookies of a browser that has played nothing yet, and of one that has.
    for state in ("consent", "ready"):
        entered = browser.post("/api/enter", json={"parameters": {"id": "4711"}}).json()
        again = browser.post("/api/enter", json={"parameters": {}}).json()
        assert entered == again
        assert again["state"] == state
        play(browser, begin(browser, id="4711"))
    assert browser.post("/api/enter", json={}).json()["completion"]["url"] == (
        "https://sona.org/?survey=4711"
    )
    assert visitor(site).post("/api/enter", json={"parameters": {}}).status_code == 403
    site.database.close()


def test_who_only_looks_is_not_stored(site: Served, browser: TestClient) -> None:
    parameters = {"workerId": "A1", "assignmentId": "ASSIGNMENT_ID_NOT_AVAILABLE"}
    reply = browser.post("/api/enter", json={"parameters": parameters})
    assert (reply.json()["state"], rows(site, PARTICIPANTS)) == ("preview", [])


def test_withdrawal_deletes_all_answers_and_the_person_is_not_dealt_again(
    site: Served, browser: TestClient
) -> None:
    code = play(browser, begin(browser, participant="ada"))["code"]
    answered = len(rows(site, ANSWERS))
    assert browser.post("/api/withdraw", json={"code": code.lower()}).json() == {
        "deleted": answered
    }
    assert not [*rows(site, ANSWERS), *rows(site, SERIES)]
    again = visitor(site).post("/api/enter", json={"parameters": {"participant": "ada"}})
    assert again.json()["state"] == "withdrawn"


def test_answers_of_another_database_are_refused(
    site: Served, url: str | None, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    export(other, seed=1)
    with pytest.raises(MnemoError, match="another experiment"):
        served.serve(other, url=url, data=tmp_path)


def test_the_page_is_told_no_condition(site: Served, browser: TestClient) -> None:
    made = begin(browser)
    told = str(made)
    assert not any(token in told for token in site.experiment.images)
    assert not any(word in told for word in ("alpha", "target", "filler", "memorable"))
    image = browser.get(made["images"][0])
    assert image.headers["content-type"] == "image/png"
    assert "default-src 'self'" in image.headers["content-security-policy"]


def test_the_administrator_reads_how_a_series_was_dealt(site: Served, browser: TestClient) -> None:
    made = begin(browser)
    reply = browser.get(
        f"/admin/series/{made['series']}", headers={"Authorization": f"Bearer {site.secrets.token}"}
    )
    repeats = [trial["lag"] is not None for trial in reply.json()["trials"]]
    assert repeats == [trial["repeat"] for trial in made["trials"]]


def test_secrets_can_be_read_by_their_owner_only(site: Served, tmp_path: Path) -> None:
    assert (tmp_path / "salt").stat().st_mode & 0o777 == 0o600
