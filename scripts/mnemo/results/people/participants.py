"""Participants: which of their series count, by GANalyze's rules."""

import numpy as np
import pandas as pd
import pyarrow as pa

from mnemo import tables
from mnemo.experiment.settings import ForcedChoice, MemoryGame
from mnemo.results.people import trials as answered

PARTICIPANTS = tables.define(
    "Series of the participants, and why some are excluded from the analyses",
    answered.EXPERIMENT,
    answered.KIND,
    answered.PARTICIPANT,
    answered.SERIES,
    tables.field("simulated", pa.bool_(), "whether the participant is simulated"),
    tables.field("n", pa.int64(), "number of trials answered, without practice"),
    tables.field(
        "missed",
        pa.float64(),
        "share of vigilance trials that were missed or answered wrongly; null if none was shown",
        limits="0 to 1",
        nullable=True,
    ),
    tables.field(
        "false_alarms",
        pa.float64(),
        "share of first presentations, of targets, fillers and vigilance images, that were taken "
        "for repeats; null in the forced choice",
        limits="0 to 1",
        nullable=True,
    ),
    tables.field("excluded", pa.bool_(), "whether the analyses leave the series out"),
    tables.field(
        "reason",
        pa.string(),
        "why it is excluded; null if it is not",
        limits="interrupted, missed vigilance, false alarms, failed vigilance",
        nullable=True,
    ),
)

_FIRST = ["target", "filler", "vigilance"]


def measure(
    trials: pd.DataFrame,
    *,
    most_missed: float = MemoryGame.most_missed,
    most_false_alarms: float = MemoryGame.most_false_alarms,
    least_correct: float = ForcedChoice.least_correct,
    length: int | None = None,
) -> pd.DataFrame:
    """Judge each series by its vigilance trials and false alarms (GANalyze, 3.3.2 and 3.4).

    Args:
        trials: The columns of `TRIALS`.
        most_missed: Largest share of vigilance repeats that a valid memory game misses.
        most_false_alarms: Largest share of first presentations with a false alarm in a valid one.
        least_correct: Least share of vigilance trials that a valid forced choice has right.
        length: Number of trials of a whole series, without practice; None if any number is whole.

    Returns:
        The columns of `PARTICIPANTS`, one row per experiment, participant and series. Of several
        reasons, `reason` has all, joined by "and".
    """
    counted = trials[~trials["practice"]]
    game = counted["kind"] == "memory-game"
    watched = np.where(game, "vigilance_repeat", "vigilance") == counted["role"]
    # A share of nothing is nan.
    wrong = (~counted["correct"].astype(bool)).astype(float)
    shares = counted[["kind", *answered.OF_SERIES, "simulated"]].assign(
        missed=wrong.where(watched), false_alarms=wrong.where(game & counted["role"].isin(_FIRST))
    )
    by_series = shares.groupby(["experiment", "kind", "participant", "series"])
    table = by_series[["missed", "false_alarms"]].mean()
    table.insert(0, "simulated", by_series["simulated"].any())
    table.insert(1, "n", by_series.size())
    table = table.reset_index()
    plays = table["kind"] == "memory-game"
    # Rounding must not decide at the limit itself.
    rounding = 1e-9
    broken = {
        "interrupted": table["n"] < (length or 0),
        "missed vigilance": plays & (table["missed"] > most_missed + rounding),
        "false alarms": table["false_alarms"] > most_false_alarms + rounding,
        "failed vigilance": ~plays & (table["missed"] > 1 - least_correct + rounding),
    }
    reasons = [
        " and ".join(name for name, holds in zip(broken, row, strict=True) if holds)
        for row in zip(*broken.values(), strict=True)
    ]
    return table.assign(
        excluded=[bool(reason) for reason in reasons],
        reason=pd.Series([reason or None for reason in reasons], dtype=object),
    )
