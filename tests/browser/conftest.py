"""The browser that plays, the only one on this machine that needs no other."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support.paths import ROOT

PAGE = ROOT / "scripts" / "mnemo" / "experiment" / "page"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "these tests play in Chromium: apt-get install chromium"
    installed = PAGE / "node_modules" / "installed"
    assert installed.exists(), "the page's libraries are not installed: make experiment-page"
    # Chromium has no sandbox for root.
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=options)
        yield browser
        browser.close()
