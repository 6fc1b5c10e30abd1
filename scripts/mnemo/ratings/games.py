"""Answers of a memory game: which were given to images that were shown, and whose count."""

import logging
from dataclasses import dataclass

import pandas as pd

from mnemo.experiment.settings import MemoryGame
from mnemo.ratings import headings

#: What trials are called here, by what tables call them: those of MemoryGame are of two words.
ROLES = {
    "target": "target",
    "repeat": "repeat",
    "target repeat": "repeat",
    "filler": "filler",
    "vigilance": "vigilance",
    "vig": "vigilance",
    "vigilance repeat": "vigilance_repeat",
    "vig repeat": "vigilance_repeat",
}

#: Roles in which an image's answers make its rates.
RATED = ("target", "repeat")

LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True)
class Exclusion:
    """Which series of a memory game are left out (GANalyze, section 3.4).

    Attributes:
        missed: Largest share of vigilance repeats that may be missed, 0 to 1.
        false_alarms: Largest share of first presentations that may be taken for repeats, 0 to 1.
    """

    missed: float = MemoryGame.most_missed
    false_alarms: float = MemoryGame.most_false_alarms


def counts(role: object) -> bool:
    """Return whether answers to an image in a role, as a table calls it, make its rates."""
    return ROLES.get(headings.plain(str(role))) in RATED


class NotPlayedError(Exception):
    """Rows can't be answers of a memory game."""

    def __init__(self, what: str, rows: pd.Series, column: str, remedy: str):
        super().__init__(what)
        self.what, self.rows, self.column, self.remedy = what, rows, column, remedy


def answered(cells: pd.DataFrame, exclude: Exclusion | None) -> pd.DataFrame:
    """Keep the answers that count.

    Args:
        cells: A row for each image shown: `image`, `participant`, `role` and `answer`; `series` and
            `trial` where they are known, and `sequence_file` of a MemoryGame's.
        exclude: Whose answers are left out; None for nobody's.

    Returns:
        The rows of images that were shown, in series that are not excluded, with the roles of
        `ROLES`.

    Raises:
        NotPlayedError: A role is unknown, or a participant answered to an image in a role twice.
    """
    role = cells["role"].map(lambda cell: ROLES.get(headings.plain(str(cell))))
    remedy = f"It may be one of {', '.join(dict.fromkeys(ROLES.values()))}."
    if role.isna().any():
        raise NotPlayedError("roles that are unknown", role.isna(), "role", remedy)
    cells = cells.assign(role=role)
    twice = cells.duplicated(["participant", "image", "role"], keep=False)
    if (twice := twice & role.isin(RATED)).any():
        what = "images that a participant answered to twice in a role"
        raise NotPlayedError(what, twice, "role", "Delete all but one row of each.")
    if "sequence_file" in cells:
        cells = _shown(cells)
    return cells if exclude is None else _attentive(cells, exclude)


def _shown(cells: pd.DataFrame) -> pd.DataFrame:
    """Leave out what a MemoryGame records without having shown it.

    Its page ends at a series' last trial, before its image; and begins every later series of a
    session at the second, so that an image at the first may have been skipped, and its repeat have
    been its first presentation (memorygame/assets/js/main.js, nextTrial and restart).
    """
    series = ["participant", "series"]
    trial, run = (pd.to_numeric(cells[name], errors="coerce") for name in ("trial", "series"))
    last = trial == trial.groupby([cells[name] for name in series]).transform("max")
    skipped = cells[(trial == 0) & (run > 0)]
    keys = pd.MultiIndex.from_frame(cells[[*series, "image"]].astype(str))
    doubted = keys.isin(pd.MultiIndex.from_frame(skipped[[*series, "image"]].astype(str)))
    return cells[~last & ~doubted]


def _attentive(cells: pd.DataFrame, exclude: Exclusion) -> pd.DataFrame:
    """Leave out series with too many misses of vigilance repeats, or too many false alarms."""
    series = [name for name in ("participant", "series") if name in cells]
    by = [cells[name] for name in series]
    missed = (1 - cells["answer"]).where(cells["role"] == "vigilance_repeat")
    alarms = cells["answer"].where(~cells["role"].isin(["repeat", "vigilance_repeat"]))
    # The share of no trials is nan, which exceeds nothing.
    inattentive = (missed.groupby(by).transform("mean") > exclude.missed) | (
        alarms.groupby(by).transform("mean") > exclude.false_alarms
    )
    if inattentive.any():
        left = cells[inattentive].drop_duplicates(series)
        LOGGER.info("%d series are left out, whose participants did not attend", len(left))
    return cells[~inattentive]
