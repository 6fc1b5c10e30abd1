"""The texts of an experiment's folder, as the page shows them."""

import hashlib
import json
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt

from mnemo.errors import MnemoError
from mnemo.experiment import folder as folders


def read(folder: str | Path) -> dict[str, Any]:
    """Read the texts.

    Args:
        folder: The folder of the experiment.

    Returns:
        `title`, the first heading of the consent; `texts`, the HTML of consent, instructions and
        debriefing, with `words`, the lab's own words for the page; and `consent_version`, the
        sha256 of the consent.

    Raises:
        MnemoError: A text can't be read, or `words.json` is no JSON object of texts.
    """
    # What looks like HTML in a text is shown as it is.
    render = MarkdownIt("commonmark", {"html": False}).enable("table").render
    texts: dict[str, Any] = {}
    sources = {}
    for name in folders.TEXTS:
        path = Path(folder, "texts", f"{name}.md")
        try:
            sources[name] = path.read_text(encoding="utf-8")
        except (OSError, ValueError) as why:
            raise MnemoError(f"{path} can't be read ({why}): write it, in UTF-8.") from why
        texts[name] = render(sources[name])
    lines = sources["consent"].splitlines()
    title = next((line.lstrip("# ") for line in lines if line.startswith("# ")), "Study")
    return {
        "title": title,
        "texts": {**texts, "words": _words(Path(folder, "texts", "words.json"))},
        "consent_version": hashlib.sha256(sources["consent"].encode()).hexdigest(),
    }


def _words(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as why:
        raise MnemoError(f"{path} can't be read ({why}): write it as JSON, in UTF-8.") from why
    if not isinstance(found, dict) or not all(isinstance(each, str) for each in found.values()):
        raise MnemoError(f"{path} must be one JSON object, with a text for each name.")
    return found
