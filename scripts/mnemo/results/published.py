"""What the paper publishes: the items of `published.yaml`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

#: The file that they are in.
FILE = Path(__file__).with_name("published.yaml")


@dataclass(frozen=True)
class Item:
    """One number or figure of the paper; `published.yaml` explains the attributes."""

    exhibit: str
    title: str
    item: str
    source: str
    published: float | None = None
    notebook: float | None = None
    notebook_source: str | None = None
    n: int | None = None
    statement: str | None = None
    claim: str = ""
    setup: Mapping[str, Any] = field(default_factory=dict)
    edit: Mapping[str, Any] | None = None
    table: str | None = None
    column: str | None = None
    row: Mapping[str, Any] = field(default_factory=dict)
    figure: str = ""

    @property
    def assessor(self) -> str | None:
        """The assessor whose scores it is about; None if the paper names none."""
        found: str | None = self.row.get("assessor", (self.edit or {}).get("assessor"))
        return found

    @property
    def number(self) -> float | None:
        """The number to compare: the paper's, or else the notebook's."""
        return self.notebook if self.published is None else self.published


def read(path: str | Path = FILE) -> list[Item]:
    """Read what is published.

    Args:
        path: The file `published.yaml`.

    Returns:
        Its items, in order, each with what its exhibit says of all.
    """
    content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    return [item for exhibit in content["exhibits"] for item in _items(exhibit)]


def _items(exhibit: Mapping[str, Any]) -> Iterator[Item]:
    common = {key: value for key, value in exhibit.items() if key != "items"}
    for own in exhibit["items"]:
        nested = {
            key: {**(common.get(key) or {}), **own[key]}
            for key in ("setup", "edit", "row")
            if key in own
        }
        item = Item(**{**common, **own, **nested})
        yield item if item.edit is None else replace(item, edit={"of": "eval", **item.edit})
