"""In real time, images are on the screen for as long as they should, and nothing drifts."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from mnemo.experiment.settings import MemoryGame
from tests.browser.site import Site, export, serving

GAME = MemoryGame(
    targets=2,
    fillers=2,
    vigilance=1,
    lag=(1, 5),
    practice_fillers=0,
    practice_vigilance=0,
    blank_ms=200,
    most_series=1,
    most_missed=1,
)


@pytest.fixture(scope="module", name="site")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(export(tmp_path_factory.mktemp("timing") / "people", GAME)) as site:
        yield site


def test_images_are_shown_on_time_by_the_screen_itself(browser: Browser, site: Site) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(site.url)
    for name in ("I agree", "Continue", "Go to full screen"):
        page.get_by_role("button", name=name).click()
    with page.expect_response("**/api/series") as dealt:
        pass
    page.get_by_role("button", name="Start the series").click()
    page.get_by_text("Thank you").wait_for()
    found = site.answers(dealt.value.json()["series"])
    context.close()
    assert len(found) == GAME.length
    for answer in found:
        # A frame of 60 a second, and as many more as the browser itself was late by.
        late = 1000 / 60 * (1 + answer["long_frames"]) + 1
        assert answer["onset_ms"] == pytest.approx(answer["planned_ms"], abs=late)
        assert answer["shown_ms"] == pytest.approx(GAME.image_ms, abs=late)
    # Every image is due at its own time: what is late delays nothing after it.
    first, last = found[0], found[-1]
    planned = (GAME.length - 1) * (GAME.image_ms + GAME.blank_ms)
    assert last["planned_ms"] - first["planned_ms"] == pytest.approx(planned)
