"""What a test reads off a page."""

from html.parser import HTMLParser


def unclosed(page: str) -> list[str]:
    """List the elements of a page that are not closed, or not where they should be."""
    pending: list[str] = []

    class Checker(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag not in ("br", "img", "meta"):
                pending.append(tag)

        def handle_endtag(self, tag: str) -> None:
            if pending[-1] == tag:
                pending.pop()

    Checker().feed(page)
    return pending
