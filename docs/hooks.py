"""What MkDocs does beside its own for the site: files outside docs/ that pages link to join it."""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

#: The repository, and the folder of the site that has its files.
ROOT = Path(__file__).parents[1]
FOLDER = "files"
#: A link to a file in another folder, up to its end or anchor.
LINK = re.compile(r"(?<=\]\()(\.\./[^)#\s]+)")


def on_files(files: Files, config: Any) -> Files:
    """Add the repository's files that pages link to."""
    for page in list(files.documentation_pages()):
        for link in LINK.findall(page.content_string):
            name = _outside(page.src_uri, link)
            if name and not files.get_file_from_path(f"{FOLDER}/{name}"):
                made = File.generated(config, f"{FOLDER}/{name}", abs_src_path=str(ROOT / name))
                files.append(made)
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Have links to the repository's files lead to the site's."""

    def leads(found: re.Match[str]) -> str:
        name = _outside(page.file.src_uri, found[1])
        folder = posixpath.dirname(page.file.src_uri)
        return posixpath.relpath(f"{FOLDER}/{name}", folder or ".") if name else found[1]

    return LINK.sub(leads, markdown)


def _outside(page: str, link: str) -> str | None:
    """Name the repository's file that a page links to, if it is one outside docs/."""
    name = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), link))
    return name if not name.startswith("docs/") and (ROOT / name).is_file() else None
