"""Participants play the memory game in a browser, and what they pressed is in the database."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from mnemo.experiment.settings import MemoryGame
from tests.browser.participant import FRAME, Participant, Press
from tests.browser.site import Process, Site, export, serving

GAME = MemoryGame(
    targets=8,
    fillers=6,
    vigilance=3,
    lag=(3, 20),
    practice_fillers=2,
    practice_vigilance=1,
    most_series=4,
    most_missed=1,
    most_false_alarms=1,
)


@pytest.fixture(scope="module", name="folder")
def make(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(tmp_path_factory.mktemp("game") / "people", GAME)


@pytest.fixture(scope="module", name="site")
def serve(folder: Path) -> Iterator[Site]:
    with serving(folder) as site:
        yield site


@pytest.fixture(name="person")
def come(browser: Browser, site: Site) -> Iterator[Participant]:
    with Participant(browser, site.url) as person:
        yield person
        assert person.complaints == []


def decide(trials: list[dict[str, bool]], seed: int) -> dict[int, Press]:
    """Draw at which trials a participant presses, when, and how often."""
    random = np.random.default_rng(seed)
    return {
        number: Press(int(random.integers(150, 1300)), int(random.integers(1, 3)))
        for number, trial in enumerate(trials)
        if random.random() < (0.8 if trial["repeat"] else 0.2)
    }


def check(site: Site, person: Participant, presses: Mapping[int, Press]) -> None:
    """Check that the database has all answers to the series, and that they are what was pressed."""
    found = site.answers(person.series["series"])
    assert [each["trial"] for each in found] == [*range(len(person.series["trials"]))]
    pressed = [presses[each["trial"]].presses if each["trial"] in presses else 0 for each in found]
    assert [each["presses"] for each in found] == pressed
    assert [each["answer"] for each in found] == ["old" if each else "new" for each in pressed]
    given = {each["trial"]: each["rt"] for each in found if each["rt"] is not None}
    assert given == {trial: pytest.approx(presses[trial].after, abs=20) for trial in presses}


def test_a_series_is_played_from_the_link_to_the_last_page(site: Site, person: Participant) -> None:
    page = person.page
    person.arrive(PROLIFIC_PID="5f1b", STUDY_ID="s", SESSION_ID="x")
    person.button("I agree")
    assert "5f1b" not in page.url, "the ID stays in the address, for every log to read"
    expect(page.get_by_text("Demonstration")).to_be_visible()
    person.button("I agree").click()
    person.text("Press the space bar")
    expect(page.get_by_text("photosensitive epilepsy")).to_be_visible()
    person.go_on()
    presses = decide(person.series["trials"], seed=1)

    person.start("Start the practice")
    person.watch(person.practice, presses)
    person.text("The practice is over")
    person.start("Start the series")
    person.watch(person.counted, presses)
    person.text("Series 1 is done")
    check(site, person, presses)
    for answer in site.answers(person.series["series"]):
        assert answer["shown_ms"] == pytest.approx(GAME.image_ms, abs=FRAME)
        assert answer["onset_ms"] == pytest.approx(answer["planned_ms"], abs=FRAME)
        assert answer["long_frames"] == 0
        assert not answer["hidden"]
    assert site.state(person.series["series"]) == "finished"

    person.dealt(page.get_by_role("button", name="Play another series").click)
    assert not any(trial["practice"] for trial in person.series["trials"])
    person.start("Start the series")
    person.watch(person.counted, presses := decide(person.series["trials"], seed=2))
    person.text("Series 2 is done")
    check(site, person, presses)
    person.button("Stop here").click()
    person.text("Your code for deletion")


def test_the_frame_says_whether_a_press_was_right(person: Participant) -> None:
    person.enter(participant="frame")
    person.start("Start the practice")
    frame = person.page.locator(".frame")
    for trial in person.practice:
        person.page.clock.run_for(200)
        person.page.keyboard.press("Space")
        right = person.series["trials"][trial]["repeat"]
        expect(frame).to_have_class("frame right" if right else "frame wrong")
        expect(frame.locator(".mark")).to_have_text("✓" if right else "✗")
        person.page.clock.run_for(500)
        expect(frame).to_have_class("frame")
        person.page.clock.run_for(700)


def test_a_held_key_and_another_key_are_no_further_presses(site: Site, person: Participant) -> None:
    person.enter(participant="held")
    person.start("Start the practice")
    person.page.clock.run_for(300)
    for _ in range(3):
        person.page.keyboard.down("Space")
    person.page.keyboard.up("Space")
    person.page.keyboard.press("Enter")
    person.page.clock.run_for(1100)
    person.watch(person.practice[1:], {})
    person.start("Start the series")
    person.watch(range(person.counted[0], person.counted[0] + 8), {})
    person.page.close()
    found = site.answers(person.series["series"], least=2)
    assert [each["presses"] for each in found[:2]] == [1, 0]


@pytest.fixture(name="process")
def serve_apart(folder: Path, tmp_path: Path) -> Iterator[Process]:
    process = Process(folder, tmp_path)
    yield process
    process.kill()


def test_who_serves_texts_that_are_not_finished_is_told(process: Process, tmp_path: Path) -> None:
    told = (tmp_path / "server.log").read_text()
    assert f"{process.url}/admin" in told
    assert "Not for participants yet: texts/consent.md is not finished: [NAME OF" in told


def test_no_answer_is_lost_when_network_server_or_clock_fail(
    browser: Browser, process: Process
) -> None:
    with Participant(browser, process.url) as person:
        person.enter(participant="unlucky")
        presses = decide(person.series["trials"], seed=3)
        first = person.counted[0]
        person.start("Start the practice")
        person.watch(person.practice, presses)
        person.start("Start the series")

        person.context.set_offline(True)
        # The answer to a trial is final when the next one begins.
        person.watch(range(first, first + 13), presses)
        expect(person.page.get_by_text("No connection")).to_be_visible()
        person.context.set_offline(False)
        person.watch(range(first + 13, first + 14), presses)
        expect(person.page.get_by_text("No connection")).to_be_hidden()
        while_cut = first + 12
        assert len(process.answers(person.series["series"], least=while_cut)) >= while_cut

        # The computer's date is set back by 20 years, which nothing is measured by.
        person.page.clock.set_system_time(datetime(2010, 1, 1))
        process.kill()
        person.watch(range(first + 14, person.counted[-1] + 1), presses)
        person.text("Please don’t close this page")
        person.text("No connection")
        process.start()
        person.text("Series 1 is done")
        check(process, person, presses)
        assert {"offline", "online"} <= set(process.events(person.series["series"]))
        for answer in process.answers(person.series["series"]):
            assert answer["shown_ms"] == pytest.approx(GAME.image_ms, abs=FRAME)
        assert person.complaints == []


def test_a_page_that_is_loaded_again_goes_on_with_the_next_series(
    site: Site, person: Participant
) -> None:
    person.enter(participant="again")
    presses = decide(person.series["trials"], seed=4)
    first, left = person.counted[0], person.series
    person.start("Start the practice")
    person.watch(person.practice, presses)
    person.start("Start the series")
    person.watch(range(first, first + 5), presses)
    person.context.set_offline(True)
    person.watch(range(first + 5, first + 12), presses)
    person.page.clock.run_for(100)
    person.context.set_offline(False)
    person.page.reload()
    person.text("A series was interrupted")
    found = site.answers(left["series"])
    assert [each["trial"] for each in found] == [*range(first + 12)]
    assert [each["presses"] for each in found] == [
        presses[trial].presses if trial in presses else 0 for trial in range(first + 12)
    ]
    person.button("Continue").click()
    person.go_on()
    assert person.series["number"] == left["number"] + 1
    assert site.state(left["series"]) == "interrupted"


def test_what_was_answered_before_the_tab_is_closed_is_stored(
    site: Site, person: Participant
) -> None:
    person.enter(participant="gone")
    presses = decide(person.series["trials"], seed=5)
    person.start("Start the practice")
    person.watch(person.practice, presses)
    person.start("Start the series")
    person.watch(range(person.counted[0], person.counted[0] + 6), presses)
    person.page.clock.run_for(100)
    person.page.close()
    answered = person.counted[0] + 6
    found = site.answers(person.series["series"], least=answered)
    assert [each["trial"] for each in found] == [*range(answered)]


def test_a_second_tab_is_told_and_may_take_over(site: Site, person: Participant) -> None:
    person.enter(participant="twice")
    left = person.series
    person.start("Start the practice")
    person.watch(person.practice[:2], {})
    second = person.tab()
    person.arrive(second, participant="twice")
    person.text("The study is open already", second)
    person.watch(person.practice[2:], {})
    person.text("The practice is over")

    person.start("Start the series")
    person.watch(person.counted[:3], {})
    person.button("Go on here", second).click()
    person.text("You went on in another window")
    person.page = second
    person.text("A series was interrupted")
    person.button("Continue").click()
    person.go_on()
    assert person.series["number"] == left["number"] + 1
    assert site.state(left["series"]) == "interrupted"
    assert len(site.answers(left["series"])) == 4 + 2, "the practice, and the trials that were over"


def test_all_that_was_kept_of_a_series_that_went_on_elsewhere_is_stored(
    site: Site, person: Participant
) -> None:
    person.enter(participant="elsewhere")
    left, kept = person.series["series"], 120
    other = person.context.request.post(
        f"{site.url}/api/series", data={"force": True}, headers={"X-Mnemo": "1"}
    )
    assert other.ok
    # More than fits in a request, as after a minute without network.
    status = person.page.evaluate(
        """async ([series, kept]) => {
            const { Queue } = await import("/page/queue.js");
            const queue = await Queue.open();
            for (let number = 0; number < kept; number++) queue.note(series, "blur", number);
            return queue.flush().catch((why) => why.status);
        }""",
        [left, kept],
    )
    assert status == 410, "the page is told that the series is over"
    assert len(site.events(left)) == kept


def test_who_declines_plays_nothing(person: Participant) -> None:
    person.arrive(participant="unwilling")
    person.button("I don’t want to take part").click()
    person.text("You are not taking part")
    person.page.reload()
    person.button("I agree")


def test_answers_are_deleted_by_their_code(site: Site, person: Participant) -> None:
    person.enter(participant="regretful")
    person.start("Start the practice")
    person.watch(person.practice, {})
    person.text("The practice is over")
    person.page.goto(f"{site.url}/#withdraw")
    person.text("Delete your answers")
    code = person.page.get_by_label("Your code for deletion")
    own = code.input_value()
    code.fill("0000-0000-0000")
    person.button("Delete all my answers").click()
    person.text("No answers belong to this code")
    person.page.get_by_label("Your code for deletion").fill(own)
    person.button("Delete all my answers").click()
    person.text("Your answers are deleted")
    assert site.answers(person.series["series"]) == []
    person.arrive(participant="regretful")
    person.text("Your answers are deleted")


def test_images_missed_in_the_background_are_marked_and_told(
    site: Site, person: Participant
) -> None:
    person.enter(participant="away")
    person.start("Start the practice")
    person.watch(person.practice, {})
    person.start("Start the series")
    first = person.counted[0]
    person.watch(range(first, first + 3), {})
    # Chromium without a window hides no tab, so the page is told that it is hidden, and gets no
    # frames until it is back.
    person.page.evaluate(HIDE)
    person.page.clock.run_for(3 * 1400)
    person.page.evaluate(SHOW)
    person.watch(range(first + 6, person.counted[-1] + 1), {})
    person.text("The page was in the background for 2 images")
    found = site.answers(person.series["series"])
    assert [each["trial"] - first for each in found if each["hidden"]] == [3, 4, 5, 6]
    assert [each["trial"] - first for each in found if not each["shown_ms"]] == [4, 5]
    assert site.events(person.series["series"]) == ["hidden", "visible"]


HIDE = """() => {
  window.kept = requestAnimationFrame;
  window.waiting = [];
  window.requestAnimationFrame = (call) => waiting.push(call);
  Object.defineProperty(document, "hidden", { configurable: true, value: true });
  document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
}"""
SHOW = """() => {
  window.requestAnimationFrame = window.kept;
  waiting.forEach((call) => requestAnimationFrame(call));
  delete document.hidden;
  document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
}"""


def test_who_comes_when_all_places_are_taken_is_told(
    browser: Browser, folder: Path, tmp_path: Path
) -> None:
    with serving(folder, "most_participants: 1", tmp_path) as site:
        with Participant(browser, site.url) as first:
            first.enter(participant="first")
        with Participant(browser, site.url) as second:
            second.arrive(participant="second")
            second.text("The study has enough participants")
