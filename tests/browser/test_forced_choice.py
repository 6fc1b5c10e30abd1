"""Participants play the forced choice in a browser, by keyboard alone or by touch on a phone."""

from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, expect

from mnemo.experiment.settings import ForcedChoice
from tests.browser.participant import FRAME, Participant
from tests.browser.site import Site, export, serving

CHOICE = ForcedChoice(targets=8, vigilance=2, practice=3, most_series=2, least_correct=0)
#: Milliseconds between an answer and the next pair, and of the feedback in practice.
GAP, FEEDBACK = 500, 1200


@pytest.fixture(scope="module", name="site")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(export(tmp_path_factory.mktemp("choice") / "people", CHOICE)) as site:
        yield site


def by_keyboard(person: Participant, name: str) -> None:
    """Press a button as those do who use no mouse."""
    button = person.button(name)
    for _ in range(6):
        person.page.keyboard.press("Tab")
        if button.evaluate("button => button === document.activeElement"):
            break
    expect(button).to_be_focused()
    person.page.keyboard.press("Enter")


def play(person: Participant, trials: range, seed: int, tap: bool = False) -> dict[int, tuple]:
    """Answer pairs at random, from the time at which the first is due."""
    random = np.random.default_rng(seed)
    given = {}
    for trial in trials:
        side = str(random.choice(["left", "right"]))
        after = int(random.integers(100, 1500))
        person.choose(side, after, tap)
        given[trial] = (side, after)
        practice, correct = (person.series["trials"][trial][key] for key in ("practice", "correct"))
        if practice:
            said = "Correct" if side == correct else f"No, it was the {correct} one"
            expect(person.page.get_by_text(said)).to_be_visible()
            person.page.clock.run_for(FEEDBACK)
        if trial != trials[-1]:
            person.page.clock.run_for(GAP)
    return given


def check(site: Site, person: Participant, given: dict[int, tuple]) -> None:
    found = site.answers(person.series["series"])
    assert [each["trial"] for each in found] == [*range(len(person.series["trials"]))]
    assert {each["trial"]: (each["answer"], each["rt"]) for each in found} == {
        trial: (side, pytest.approx(after, abs=20)) for trial, (side, after) in given.items()
    }
    for each in found:
        assert each["shown_ms"] == pytest.approx(CHOICE.pair_ms, abs=FRAME)
        assert each["onset_ms"] == pytest.approx(each["planned_ms"], abs=FRAME)
        assert (each["presses"], each["hidden"]) == (1, 0)


def test_a_series_is_played_by_keyboard_alone(browser: Browser, site: Site) -> None:
    with Participant(browser, site.url) as person:
        person.arrive(participant="keys")
        by_keyboard(person, "I agree")
        by_keyboard(person, "Continue")
        by_keyboard(person, "Go to full screen")
        person.dealt(lambda: None)
        by_keyboard(person, "Start the practice")
        person.lead()
        given = play(person, person.practice, seed=1)
        person.text("The practice is over")
        by_keyboard(person, "Start the series")
        person.lead()
        given |= play(person, person.counted, seed=2)
        person.text("Series 1 is done")
        check(site, person, given)
        assert person.complaints == []


def test_a_series_is_played_by_touch_on_a_phone(browser: Browser, site: Site) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "device_scale_factor": 3}
    with Participant(browser, site.url, **phone) as person:
        person.enter(participant="phone")
        wide = "document.documentElement.scrollWidth"
        assert person.page.evaluate(wide) == 390, "the page is wider than the screen"
        person.start("Start the practice")
        assert person.page.evaluate(wide) == 390, "the pair is wider than the screen"
        given = play(person, person.practice, seed=3, tap=True)
        person.start("Start the series")
        given |= play(person, person.counted, seed=4, tap=True)
        person.text("Series 1 is done")
        check(site, person, given)
        assert person.complaints == []


def test_a_press_while_the_pair_is_shown_is_no_answer(browser: Browser, site: Site) -> None:
    with Participant(browser, site.url) as person:
        person.enter(participant="early")
        person.start("Start the practice")
        person.page.clock.run_for(800)
        person.page.keyboard.press("f")
        person.choose("right", 300 - 800)
        person.page.clock.run_for(FEEDBACK)
        person.page.close()
        found = site.answers(person.series["series"], least=1)
        assert [(each["answer"], each["presses"]) for each in found] == [("right", 2)]
        assert found[0]["rt"] == pytest.approx(300, abs=20)
