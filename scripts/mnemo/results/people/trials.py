"""Trials: every answer of every participant, as the experiments record them."""

import pandas as pd
import pyarrow as pa

from mnemo import tables

PARTICIPANT = tables.field("participant", pa.string(), "pseudonym of the participant")
EXPERIMENT = tables.field("experiment", pa.string(), "name of the experiment")
KIND = tables.field(
    "kind",
    pa.string(),
    "what participants do: press a key when an image comes again, or choose the generated image of "
    "a pair",
    limits="memory-game, forced-choice",
)
EDIT = tables.field(
    "edit",
    pa.string(),
    "name of the edit; null for an image that no edit made, as fillers may be",
    nullable=True,
)
IMAGE = tables.field(
    "image",
    pa.string(),
    "key of the image, which it shares with the other alphas of its seed; of a pair, of the "
    "generated one",
)
SERIES = tables.field(
    "series", pa.int64(), "number of the series among those of the participant, from 0"
)
ANY_SIMULATED = tables.field(
    "simulated", pa.bool_(), "whether a simulated participant gave any of the answers"
)

TRIALS = tables.define(
    "Answers of the participants of the experiments, one row for each trial",
    EXPERIMENT,
    KIND,
    PARTICIPANT,
    SERIES,
    tables.field("trial", pa.int64(), "place of the trial in the series, from 0"),
    IMAGE,
    tables.field("seed", pa.int64(), "seed of the image; null of a photograph", nullable=True),
    EDIT,
    tables.field(
        "alpha",
        pa.float64(),
        "how far the edit moved the image; null for an image that no edit made",
        unit="length in the latent space of the edit; along a learned direction that of the score",
        nullable=True,
    ),
    tables.field(
        "role",
        pa.string(),
        "what the image is there for. target and repeat: the two presentations of an image under "
        "test. filler: an image that is shown once. vigilance and vigilance_repeat: the two "
        "presentations of an image that comes again soon, so that attentive participants notice. "
        "In the forced choice, target is a pair under test and vigilance an easy pair",
        limits="target, repeat, filler, vigilance, vigilance_repeat",
    ),
    tables.field(
        "practice",
        pa.bool_(),
        "whether the trial is practice, which no analysis counts",
    ),
    tables.field(
        "lag",
        pa.int64(),
        "number of images between an image and its repeat; null for what is no repeat",
        nullable=True,
    ),
    tables.field(
        "answer",
        pa.string(),
        "in the memory game old if a key was pressed and new if not; in the forced choice the side "
        "that was taken for the generated image; null without an answer",
        limits="old, new, left, right",
        nullable=True,
    ),
    tables.field("correct", pa.bool_(), "whether the answer is right"),
    tables.field(
        "rt",
        pa.float64(),
        "time from the onset of the image, or from the end of the pair, to the first press; null "
        "without one",
        unit="ms",
        nullable=True,
    ),
    tables.field(
        "shown_ms",
        pa.float64(),
        "time that the image or the pair was shown, as measured in the browser",
        unit="ms",
        nullable=True,
    ),
    tables.field("simulated", pa.bool_(), "whether a simulated participant gave the answer"),
)

#: The columns that name a series.
OF_SERIES = ["experiment", "participant", "series"]


def analysed(trials: pd.DataFrame, participants: pd.DataFrame) -> pd.DataFrame:
    """Return the trials that analyses count: no practice, and no excluded series.

    Args:
        trials: The columns of `TRIALS`.
        participants: The columns of `participants.PARTICIPANTS`, with a row for each series.

    Returns:
        The rows that are left, in order.
    """
    excluded = participants.set_index(OF_SERIES)["excluded"]
    series = pd.MultiIndex.from_frame(trials[OF_SERIES])
    return trials[~trials["practice"] & ~excluded.loc[series].to_numpy(bool)]
