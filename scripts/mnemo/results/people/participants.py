"""Participants: which of their series count, by GANalyze's rules."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mnemo import tables
from mnemo.experiment.settings import ForcedChoice, MemoryGame, Settings
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


def limits(settings: Settings) -> dict[str, Any]:
    """Return the limits of an experiment's valid series, as `measure` takes them.

    Args:
        settings: Its settings.
    """
    if isinstance(settings, MemoryGame):
        own = {
            "most_missed": settings.most_missed,
            "most_false_alarms": settings.most_false_alarms,
        }
    else:
        own = {"least_correct": settings.least_correct}
    return {**own, "length": settings.length}


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
    counted = ~trials["practice"]
    game = trials["kind"] == "memory-game"
    watched = np.where(game, "vigilance_repeat", "vigilance") == trials["role"]
    # A share of nothing is nan.
    wrong = (~trials["correct"].astype(bool)).astype(float).where(counted)
    shares = trials[["kind", *answered.OF_SERIES, "simulated"]].assign(
        n=counted,
        missed=wrong.where(watched),
        false_alarms=wrong.where(game & trials["role"].isin(_FIRST)),
    )
    table = (
        shares.groupby(["experiment", "kind", "participant", "series"])
        .agg({"n": "sum", "missed": "mean", "false_alarms": "mean", "simulated": "any"})
        .reset_index()
    )
    plays = table["kind"] == "memory-game"
    # Rounding must not decide at the limit itself.
    rounding = 1e-9
    broken = {
        # A series that was left in the practice has no trial that counts.
        "interrupted": table["n"] < (length or 1),
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
