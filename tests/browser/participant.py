"""Somebody who takes part in a browser, and remembers what was pressed and when.

The page's clock is Playwright's: it stands still until it is told to run, so that a series is
played in seconds, with key presses that the browser takes for real ones, each at a known time.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from playwright.sync_api import Browser, Frame, Locator, Page, expect

from tests.browser.looks import misfits

#: Milliseconds of a frame of this clock.
FRAME = 16
#: Milliseconds before the first image.
LEAD = 2000
#: Most milliseconds that a page may take to come, by this clock.
PATIENCE = 20_000
#: What Chromium's console says of a request that failed, which tests bring about.
EXPECTED = ("Failed to load resource", "net::ERR")


@dataclass
class Press:
    """A press, as the participant remembers it: milliseconds after the image was due."""

    after: int
    presses: int = 1


class Participant:
    """A participant in a tab.

    Attributes:
        page: The tab.
        view: The frame of the tab that the study is in: the innermost one.
        series: The series that was dealt last, as the server sent it.
        complaints: What the browser's console complains of.
    """

    def __init__(self, browser: Browser, url: str, **context: Any) -> None:
        self.context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 800}, **context}
        )
        self._url = url
        self.complaints: list[str] = []
        self.series: dict[str, Any] = {}
        self.page = self.tab()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.context.close()

    @property
    def view(self) -> Frame:
        return self.page.frames[-1]

    def tab(self) -> Page:
        """Open a tab whose clock stands still."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self._heard(message.type, message.text))
        page.on("dialog", lambda dialog: dialog.accept())
        page.clock.install(time=datetime(2030, 1, 1))
        page.clock.pause_at(datetime(2030, 1, 1, 0, 0, 1))
        return page

    def _heard(self, kind: str, text: str) -> None:
        if kind == "error" and not any(each in text for each in EXPECTED):
            self.complaints.append(text)

    def arrive(self, page: Page | None = None, **parameters: str) -> None:
        """Come by a link with parameters."""
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        (page or self.page).goto(f"{self._url}/?{query}")

    def see(self, what: Locator, page: Page | None = None) -> Locator:
        """Let time pass until something is there."""
        for _ in range(PATIENCE // 100):
            if what.is_visible():
                return what
            (page or self.page).clock.run_for(100)
            (page or self.page).wait_for_timeout(5)
        expect(what).to_be_visible(timeout=1)
        return what

    def button(self, name: str, page: Page | None = None) -> Locator:
        """Wait for a button, on a page that anybody can read."""
        found = self.see((page or self.view).get_by_role("button", name=name), page)
        assert misfits(page or self.view) == []
        return found

    def text(self, text: str, page: Page | None = None) -> Locator:
        """Wait for a text."""
        return self.see((page or self.view).get_by_text(text).first, page)

    def enter(self, **parameters: str) -> None:
        """Go from the link to the first page of a series."""
        self.arrive(**parameters)
        self.button("I agree").click()
        self.go_on()

    def go_on(self) -> None:
        """Go from the instructions to the first page of a series."""
        self.button("Continue").click()
        self.button("Go to full screen").click()
        self.dealt(lambda: None)

    def dealt(self, act: Callable[[], object]) -> None:
        """Do what has a series dealt, and wait until its images are loaded."""
        found: list[Any] = []
        keep = found.append

        def notice(response: Any) -> None:
            if response.url.endswith("/api/series") and response.ok:
                keep(response)

        self.page.on("response", notice)
        act()
        self.see(self.view.get_by_role("button", name="Start"))
        self.page.remove_listener("response", notice)
        self.series = found[-1].json()

    @property
    def practice(self) -> range:
        """The trials of practice."""
        return range(sum(trial["practice"] for trial in self.series["trials"]))

    @property
    def counted(self) -> range:
        """The other trials."""
        return range(len(self.practice), len(self.series["trials"]))

    def start(self, name: str) -> None:
        """Start a part of the series, up to the time at which its first image is due."""
        self.button(name).click()
        self.lead()

    def lead(self) -> None:
        """Wait until the first image of a part that was started is due."""
        self.view.locator("canvas").wait_for()
        self.view.evaluate("requestAnimationFrame((now) => (window.first = now))")
        self.page.clock.run_for(FRAME)
        # The images come a fixed time after the first frame.
        self.page.clock.run_for(LEAD - self.view.evaluate("performance.now() - first"))

    def watch(self, trials: Iterable[int], presses: Mapping[int, Press], tap: bool = False) -> None:
        """Play trials of the memory game, from the time at which the first is due."""
        period = self.series["image_ms"] + self.series["blank_ms"]
        for trial in trials:
            press = presses.get(trial)
            if press is None:
                self.page.clock.run_for(period)
                continue
            self.page.clock.run_for(press.after)
            for _ in range(press.presses):
                if tap:
                    self.page.touchscreen.tap(200, 400)
                else:
                    self.page.keyboard.press("Space")
            self.page.clock.run_for(period - press.after)

    def choose(self, side: str, after: int, tap: bool = False) -> None:
        """Look at a pair from the time at which it is due, and answer some time after its end."""
        self.page.clock.run_for(self.series["pair_ms"] + after)
        width = self.page.viewport_size["width"] if self.page.viewport_size else 0
        if tap:
            self.page.touchscreen.tap(width * (0.25 if side == "left" else 0.75), 400)
        else:
            self.page.keyboard.press("f" if side == "left" else "j")
