"""Answers of a memory game in BIDS, as nwrim/continuous_recognition_task_jsPsych writes them.

Each participant has a table `sub-<label>/beh/sub-<label>_task-<name>_beh.tsv` whose rows are images
and fixations in turn. A key that is pressed in the fixation counts for the image before it, as in
that kit's own metrics.
"""

from pathlib import Path

import pandas as pd

from mnemo.errors import MnemoError
from mnemo.ratings import headings, layouts, sheets

#: What its types of trial are here. Its vigilance trials are the repeats.
ROLES = {
    "TARGET": "target",
    "REPEAT": "repeat",
    "FILLER": "filler",
    "VIGILANCE": "vigilance_repeat",
}
#: Keys that mean that an image is remembered: R, as a letter or a code.
PRESSED = ("R", "r", "82", "114")

_FIXATION = "FIXATION"
_COLUMNS = ("stim file", "trial type", "response")


def read(folder: str | Path) -> pd.DataFrame:
    """Read the answers of all participants.

    Args:
        folder: The folder that has those of the participants.

    Returns:
        A row for each image shown, in order: `image` (its file's name), `participant`, `role` (a
        value of `ROLES`) and `answer` (1 if it was remembered, else 0); indexed by row and file.

    Raises:
        MnemoError: There is no such table; one can't be read or lacks a column; or a type of trial
            is unknown.
    """
    folder = Path(folder)
    paths = sorted(folder.glob(layouts.FILES))
    if not paths:
        raise MnemoError(
            f"{folder} has no tables sub-<label>/beh/sub-<label>_task-<name>_beh.tsv: give the "
            "folder of a data set in BIDS, or the file of the ratings."
        )
    return pd.concat(map(_participant, paths))


def _participant(path: Path) -> pd.DataFrame:
    sheet = sheets.opened(path)
    there = [headings.plain(heading) for heading in sheet.headings]
    absent = [name.replace(" ", "_") for name in _COLUMNS if name not in there]
    if absent:
        raise MnemoError(f"{path} has no column {', '.join(absent)}. Head it so.")
    shown = sheet.load([there.index(name) for name in _COLUMNS])
    shown.columns = ["image", "role", "answer"]
    wrong = shown["role"][~shown["role"].isin([*ROLES, _FIXATION])]
    if len(wrong):
        raise MnemoError(
            f"{path}, row {wrong.index[0]}: {wrong.iloc[0]!r} is no trial_type; known: "
            f"{', '.join([*ROLES, _FIXATION])}. Correct it."
        )
    pressed = shown["answer"].isin(PRESSED)
    after = pressed.shift(-1, fill_value=False) & (shown["role"].shift(-1) == _FIXATION)
    shown["answer"] = (pressed | after).astype(int)
    shown = shown[shown["role"] != _FIXATION]
    shown.index = [f"{row} of {path.name}" for row in shown.index]
    participant = path.parts[-3].removeprefix("sub-")
    return shown.assign(role=shown["role"].map(ROLES), participant=participant)
