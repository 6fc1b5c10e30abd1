"""A study in another language, here Arabic, is read from right to left and played as any other."""

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from mnemo.experiment.settings import ForcedChoice
from tests.browser.participant import Participant
from tests.browser.site import Site, export, serving

CHOICE = ForcedChoice(targets=2, vigilance=1, practice=3, most_series=1, least_correct=0, pay=0.5)
WORDS = {
    "language": "ar-EG",
    "direction": "rtl",
    "agree": "أوافق",
    "continue": "متابعة",
    "fullscreen_button": "الانتقال إلى ملء الشاشة",
    "practice_forced-choice": "سترى {pairs}.",
    "pairs_few": "{n} أزواج",
    "practice_button": "ابدأ التدريب",
    "feedback_left_was": "لا، كانت اليسرى",
    "feedback_right_was": "لا، كانت اليمنى",
    "ready_button": "ابدأ السلسلة",
    "earned_in_all": "لقد كسبت",
}


@pytest.fixture(name="site")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    place = export(tmp_path_factory.mktemp("languages") / "people", CHOICE)
    (place / "texts" / "words.json").write_text(json.dumps(WORDS), encoding="utf-8")
    # In a text from right to left, digits before a hyphen would come after it.
    with serving(place, 'completed: "1234-ABCD"\ncurrency: EGP') as site:
        yield site


def test_a_page_from_right_to_left_leaves_images_and_codes_as_they_are(
    browser: Browser, site: Site
) -> None:
    with Participant(browser, site.url) as person:
        page = person.page
        person.arrive(participant="reader")
        person.button(WORDS["agree"]).click()
        assert page.evaluate("[document.documentElement.lang, document.dir]") == ["ar-EG", "rtl"]
        person.button(WORDS["continue"]).click()
        person.button(WORDS["fullscreen_button"]).click()
        with page.expect_response("**/api/series") as dealt:
            person.button(WORDS["practice_button"])
        person.series = dealt.value.json()
        expect(page.get_by_text("سترى ٣ أزواج.")).to_be_visible()

        person.start(WORDS["practice_button"])
        for trial in person.practice:
            correct = person.series["trials"][trial]["correct"]
            person.choose("right" if correct == "left" else "left", 300)
            expect(page.get_by_text(WORDS[f"feedback_{correct}_was"])).to_be_visible()
            assert centre(person, ".mark") == pytest.approx(centre(person, ".frame"), abs=1)
            person.page.clock.run_for(1200 + 500 * (trial != person.practice[-1]))
        person.start(WORDS["ready_button"])
        for trial in person.counted:
            person.choose("left", 300)
            page.clock.run_for(500 * (trial != person.counted[-1]))
        person.text(WORDS["earned_in_all"])
        expect(page.get_by_text("٠٫٥٠")).to_be_visible()
        first, last = page.evaluate(ENDS)
        assert first < last, "the code is written from right to left"
        given = site.answers(person.series["series"])[len(person.practice) :]
        assert [each["answer"] for each in given] == ["left"] * CHOICE.length
        assert person.complaints == []


def centre(person: Participant, what: str) -> float:
    """Return where the middle of something is, in pixels from the left."""
    box = person.page.locator(what).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2


#: Where the first and the last letter of the code for completion are.
ENDS = """() => {
  const text = document.querySelector(".ticket code").firstChild;
  return [0, text.length - 1].map((place) => {
    const range = document.createRange();
    range.setStart(text, place);
    range.setEnd(text, place + 1);
    return range.getBoundingClientRect().left;
  });
}"""
