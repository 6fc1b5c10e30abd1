"""What a file of ratings says of images: its columns that count, and its mistakes."""

import logging
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from mnemo import spreadsheets
from mnemo.errors import MnemoError
from mnemo.ratings import bids, headings, sheets
from mnemo.ratings.games import counts
from mnemo.ratings.images import Images
from mnemo.ratings.layouts import GAME
from mnemo.training.layout import RATES

LOGGER = logging.getLogger(__name__)


@dataclass
class Given:
    """What a file says of images.

    Attributes:
        path: The file.
        cells: Its cells by column of `headings.HEADINGS`, indexed by row.
        comma: Whether a comma is the decimal point.
        mistakes: What was found to be wrong, a line for each kind.
    """

    path: Path
    cells: pd.DataFrame
    comma: bool = False
    mistakes: list[str] = field(default_factory=list)

    def wrong(self, what: str, rows: pd.Series, column: str, remedy: str) -> None:
        """Note what is wrong with some rows.

        Args:
            what: What is wrong.
            rows: True for each row that it is wrong of.
            column: The column whose values are named, with the rows and images.
            remedy: What to do about it.
        """
        cells = self.cells.loc[rows, ["image", column]]
        at = [f"row {row} (image {name}: {cell!r})" for row, name, cell in cells.itertuples()]
        self.mistakes += spreadsheets.line(f"{self.path.name}: {what}", at, remedy)

    def numbers(self, column: str) -> pd.Series:
        """Return a column as numbers, as `sheets.numbers` does."""
        return sheets.numbers(self.cells[column], self.comma)

    def places(self, images: Images, others: bool) -> pd.Series:
        """Find the place in the set of each row's image, and note those that have none.

        Args:
            images: The set's images.
            others: Whether images that the set lacks are no mistake.

        Returns:
            The places; -1 of an image that the set lacks.
        """
        names = self.cells["image"]
        self.wrong("rows without an image", names.isna(), "image", "Name it, or delete the row.")
        found = images.find(names.dropna())
        place = names.map(lambda name: found.get(name, -1)).astype(int)
        lacking = (place < 0) & names.notna()
        if "role" in self.cells:
            lacking &= self.cells["role"].map(counts)
        if others:
            LOGGER.info("%d ratings are of images that the set lacks", lacking.sum())
        else:
            self.mistakes += spreadsheets.line(
                f"{self.path.name}: ratings of images that the set lacks",
                [f"row {row} ({name})" for row, name in names[lacking].items()],
                "Name images by key, seed or file name, and have the set hold all that were rated; "
                "or set `others: true` to leave these out.",
            )
        return place


def opened(path: Path, score: str) -> Given:
    """Read the columns that a score needs.

    Args:
        path: As for `read.read`.
        score: As for `read.read`.

    Returns:
        The columns, of the rows that can count.

    Raises:
        MnemoError: The file can't be read; or a column is missing, unknown or there twice.
    """
    if path.is_dir():
        if score not in GAME:
            known = " or ".join(GAME)
            raise MnemoError(f"{path} has a memory game, and no {score}: set `score` to {known}.")
        return Given(path, bids.read(path))
    sheet = sheets.opened(path)
    found, absent = _chosen(sheet.headings, score)
    # Other columns of a table of ratings are other ratings.
    unknown = headings.unknown(sheet.headings) if score in GAME else []
    mistakes = [
        f"{path.name} has {what}: {', '.join(columns)}. {remedy}"
        for what, columns, remedy in (
            (
                "no columns for what is needed",
                absent,
                f"It has {', '.join(sheet.headings)}: head them so, or set `score` to one of them.",
            ),
            ("unknown columns", unknown, "Correct what they are called, or take them out."),
        )
        if columns
    ]
    if mistakes:
        raise MnemoError("\n  ".join([f"the ratings in {path} are not right:", *mistakes]))
    cells = sheet.load(list(found.values()))
    cells.columns = list(found)
    if "attribute" in cells:
        cells = _of_attribute(cells, score, path)
    given = Given(path, cells.assign(image=sheets.text(cells["image"])), sheet.comma)
    if "alpha" in cells:
        alpha = given.numbers("alpha")
        unclear = alpha.isna() & cells["alpha"].notna()
        given.wrong("alphas that are no number", unclear, "alpha", "Correct it.")
        # Of images that an edit moved, only those of the set itself are rated here.
        given.cells = given.cells[alpha.fillna(0) == 0]
    return given


def _chosen(called: list[str], score: str) -> tuple[dict[str, int], list[str]]:
    """Choose the columns to read for a score, by their places, and list those that are absent."""
    found = headings.places(called)
    plain = [headings.plain(heading) for heading in called]
    if score not in GAME:
        needed = ["image", "rating"]
        if headings.plain(score) in plain:
            found["rating"] = plain.index(headings.plain(score))
            found.pop("attribute", None)
        elif "attribute" in found:
            needed.append("participant")
        else:
            found.pop("rating", None)
        absent = [score if name == "rating" else name for name in needed if name not in found]
        read = ["image", "alpha", "participant", "attribute", "rating"]
    elif "participant" in found:
        needed = ["image", "participant", "role", "answer"]
        absent = [name for name in needed if name not in found]
        read = [*needed, "alpha", "series", "trial", "sequence_file"]
    else:
        rates = RATES if score == "true_hit_rate" else {"hit_rate": RATES["hit_rate"]}
        absent = ["image"] if "image" not in found else []
        absent += [
            rate for rate, of in rates.items() if rate not in found and not {*of} <= found.keys()
        ]
        read = ["image", "alpha", *RATES, *(name for of in RATES.values() for name in of)]
    return {name: found[name] for name in (*read, "simulated") if name in found}, absent


def _of_attribute(cells: pd.DataFrame, score: str, path: Path) -> pd.DataFrame:
    """Keep the ratings of one attribute, where a table has those of several."""
    attributes = cells["attribute"].map(lambda cell: headings.plain(str(cell)))
    kept = cells[attributes == headings.plain(score)]
    if kept.empty:
        there = ", ".join(sorted(set(cells["attribute"].astype(str))))
        raise MnemoError(f"{path} has no ratings of {score}: set `score` to one of {there}.")
    return kept.drop(columns="attribute")
