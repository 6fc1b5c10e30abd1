"""The texts of an experiment as the page shows them."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt

from mnemo.errors import MnemoError
from mnemo.experiment.folder import TEXTS
from mnemo.experiment.server.refusals import REFUSALS

#: The static files of the page.
PAGE = Path(__file__).parents[1] / "page"

#: The plural forms of all languages (CLDR).
_PLURALS = ("zero", "one", "two", "few", "many", "other")
_BRACES = re.compile(r"\{(\w+)\}")
_HEADING = re.compile(r"^# +(.+?) *$", re.M)


class Texts(NamedTuple):
    """The texts of an experiment.

    Attributes:
        title: First heading of what is consented to.
        consent: What is consented to, as HTML.
        instructions: The instructions, as HTML.
        debriefing: What is shown after the last series, as HTML.
        words: The words of the page's own parts, by their key.
        version: sha256 of what is consented to.
    """

    title: str
    consent: str
    instructions: str
    debriefing: str
    words: dict[str, str]
    version: str


def read(folder: str | Path) -> Texts:
    """Read and render the texts of an experiment's folder.

    HTML within them is shown as it stands, and not interpreted.

    Args:
        folder: The folder.

    Returns:
        The texts.

    Raises:
        MnemoError: A text is missing or can't be read, `words.json` is no object of strings, or it
            has a name, or something in braces, that the page does not know.
    """
    source = {}
    for name in TEXTS:
        path = Path(folder, "texts", f"{name}.md")
        try:
            source[name] = path.read_text(encoding="utf-8")
        except (OSError, ValueError) as why:
            raise MnemoError(f"{path} can't be read ({why}): write it, in UTF-8.") from why
    words, own = _words(PAGE / "words.json"), Path(folder, "texts", "words.json")
    changed = _words(own)
    _check(own, changed, _known(words))
    _check_braces(own, changed, words)
    heading = _HEADING.search(source["consent"])
    renderer = MarkdownIt("commonmark", {"html": False}).enable("table")
    return Texts(
        title=heading[1] if heading else "",
        **{name: renderer.render(text) for name, text in source.items()},
        words={**words, **changed},
        version=hashlib.sha256(source["consent"].encode()).hexdigest(),
    )


def _words(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as why:
        raise MnemoError(f"{path} can't be read ({why}): write it as JSON, in UTF-8.") from why
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise MnemoError(f"{path} must give a text for each key, and nothing else.")
    return found


def _known(page: Iterable[str]) -> set[str]:
    """List the names that a lab may have: those of the page, in all plural forms, and refusals."""
    known = set(page)
    counted = [name.removesuffix("_other") for name in known if name.endswith("_other")]
    forms = {f"{name}_{form}" for name in counted for form in _PLURALS}
    return known | forms | {f"error_{code}" for code in REFUSALS}


def _check(path: Path, names: Iterable[str], known: set[str]) -> None:
    found = []
    for name in sorted(set(names) - known):
        near = get_close_matches(name, sorted(known), n=1)
        found.append(f"{name} (did you mean {near[0]}?)" if near else name)
    if found:
        raise MnemoError(
            f"{path} has names that the page does not know: {', '.join(found)}. Those that it "
            f"knows are in {PAGE / 'words.json'}."
        )


def _check_braces(path: Path, changed: Mapping[str, str], page: Mapping[str, str]) -> None:
    """Check that the page can fill in what stands in braces."""
    found = []
    for name, text in changed.items():
        plural = f"{name.rpartition('_')[0]}_other"
        # Refusals have words of their own only where a lab gives them, and nothing to fill in.
        known = set(_BRACES.findall(page.get(name, page.get(plural, ""))))
        if unknown := sorted(set(_BRACES.findall(text)) - known):
            filled = ", ".join(f"{{{each}}}" for each in sorted(known)) or "nothing"
            found.append(f"{name} has {{{unknown[0]}}}, and the page fills in {filled}")
    if found:
        raise MnemoError(f"{path}: {'; '.join(found)}. Correct what stands in braces.")
