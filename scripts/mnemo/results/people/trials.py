"""Trials: every answer of every participant, as the experiments record them."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from mnemo import tables
from mnemo.errors import MnemoError
from mnemo.experiment.settings import MemoryGame

if TYPE_CHECKING:
    # So that no analysis runs again when the making of experiments changes.
    from mnemo.experiment.stimuli import Experiment

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

LOGGER = logging.getLogger(__name__)

#: Key of the metadata of a file of answers that has the digest of the experiment.
DIGEST = "experiment"

#: What to do about a file of answers that can't be used.
REMEDY = "Export the answers again, and name what that wrote."

#: The columns that name a series.
OF_SERIES = ["experiment", "participant", "series"]


def read(path: str | Path, experiment: "Experiment", description: str | Path) -> pd.DataFrame:
    """Read the answers to an experiment, as `python -m mnemo.experiment export` writes them.

    Args:
        path: The file.
        experiment: The experiment.
        description: Its `experiment.json`, for error messages.

    Returns:
        The columns of `TRIALS`.

    Raises:
        MnemoError: They are answers to another experiment, or the file has none, is damaged, or is
            not as it was written: a value is missing, a trial is there twice, an image is none of
            the experiment's, or an answer is not as right as it says.
    """
    try:
        found = tables.metadata(path).get(DIGEST)
    except (OSError, pa.ArrowException):
        found = None
    if found is None:
        raise MnemoError(
            f"{path} is no file of answers: name the folder that `python -m mnemo.experiment "
            "export` wrote, or its trials.parquet."
        )
    if found != experiment.digest:
        raise MnemoError(
            f"{path} has answers to another experiment than {description}, or to other images or "
            "settings of it: name the answers to this one, or put the experiment's folder back."
        )
    with tables.opened(path, TRIALS.names, REMEDY) as file:
        try:
            trials: pd.DataFrame = tables.conform(file.read(TRIALS.names), TRIALS).to_pandas()
        except ValueError as why:
            raise MnemoError(f"{path} is not as Mnemo wrote it: {why}. {REMEDY}") from why
    if trials.empty:
        raise MnemoError(f"{path} has no answers: export it again once there are some.")
    if wrong := [*_edited(trials, experiment)]:
        listed = "\n".join(f"- {each}" for each in wrong)
        raise MnemoError(f"{path} is not as Mnemo wrote it:\n{listed}\n{REMEDY}")
    return trials


def _edited(trials: pd.DataFrame, experiment: "Experiment") -> Iterator[str]:
    """Say what is wrong with answers that were changed after they were exported."""
    for name, own in (("experiment", experiment.name), ("kind", experiment.settings.kind)):
        if others := sorted({*trials[name]} - {own}):
            yield f"the column {name} has {', '.join(others)}, and should have {own} alone"
    if (twice := trials[trials.duplicated(["participant", "series", "trial"])]).size:
        one = twice.iloc[0]
        yield (
            f"{len(twice):,} trials are there again, such as trial {one['trial']} of series "
            f"{one['series']} of the participant {one['participant']}"
        )
    known = {(each.key, *each.condition) for each in experiment.images.values()}
    shown = trials[["image", "edit", "alpha"]].drop_duplicates().astype(object)
    shown = shown.where(shown.notna(), None)
    if absent := [each for each in shown.itertuples(index=False) if tuple(each) not in known]:
        image, edit, alpha = absent[0]
        yield (
            f"{len(absent):,} images are none of the experiment's, such as {image} at alpha "
            f"{alpha} of the edit {edit}"
        )
    if demo := int(trials["simulated"].sum()) * (not experiment.demo):
        yield f"{demo:,} answers are simulated, and the experiment is no demonstration"
    if isinstance(experiment.settings, MemoryGame):
        repeated = trials["role"].isin(["repeat", "vigilance_repeat"])
        wrong = trials["correct"] != (repeated == (trials["answer"] == "old"))
        if wrong.any():
            yield f"{wrong.sum():,} answers are not as right or wrong as the column correct says"


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
    left = trials[~trials["practice"] & ~excluded.loc[series].to_numpy(bool)]
    if left.empty:
        LOGGER.warning("none of the %d series counts: participants.parquet says why", len(excluded))
    return left
