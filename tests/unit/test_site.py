"""The documentation as a site: every link leads somewhere, and no page asks another server."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.paths import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make site` does: two seconds of a core."""
    made = tmp_path_factory.mktemp("docs") / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", made]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return made


def test_a_page_of_the_documentation_is_a_page_of_the_site(site: Path) -> None:
    pages = {path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")}
    assert {path.with_suffix(".html") for path in pages} <= {
        path.relative_to(site) for path in site.rglob("*.html")
    }


def test_a_file_of_the_repository_that_a_page_links_to_is_in_the_site(site: Path) -> None:
    for page in site.rglob("*.html"):
        for link in re.findall(r'(?:href|src)="([^"#]+)', page.read_text()):
            # The page of an absent page is shown at any place, and so names the site's root.
            if page.name != "404.html" and ":" not in link:
                assert (page.parent / link).exists(), f"{page.name}: {link}"
    assert (site / "files/studies/people.yaml").is_file()


def test_no_page_asks_another_server_for_anything(site: Path) -> None:
    tag = re.compile(r'<(?:script|img|link|iframe)\b[^>]*(?:src|href)="([^"]+)')
    for page in site.rglob("*.html"):
        loaded = tag.findall(page.read_text())
        assert loaded
        assert not [each for each in loaded if re.match(r"(https?:)?//", each)]


def test_a_picture_is_small() -> None:
    pictures = list((ROOT / "docs" / "pictures").iterdir())
    assert pictures
    assert not [path.name for path in pictures if path.stat().st_size > 100_000]


def test_each_picture_is_shown_with_a_caption() -> None:
    shown = set()
    for page in (ROOT / "docs").rglob("*.md"):
        for picture, caption in re.findall(
            r"^!\[[^\]]+\]\(([^)]+)\)\n\n(\*.)?", page.read_text(), re.M
        ):
            assert caption, f"{page.name}: {picture}"
            shown.add((page.parent / picture).resolve())
    assert shown == {*(ROOT / "docs" / "pictures").iterdir(), ROOT / "docs" / "strip.jpg"}
