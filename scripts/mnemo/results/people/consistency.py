"""Consistency: do other people remember the same images?"""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from mnemo import tables
from mnemo.results.people import trials as answered
from mnemo.statistics import reliability
from mnemo.statistics.means import Estimate

_FEW = f"null for fewer than {reliability.LEAST} images"

CONSISTENCY = tables.define(
    "How well two halves of the participants agree on which images are remembered",
    answered.EXPERIMENT,
    tables.field("edit", pa.string(), "name of the edit"),
    answered.ANY_SIMULATED,
    tables.field("n_images", pa.int64(), "number of images with two answers or more"),
    tables.field("n_participants", pa.int64(), "number of participants"),
    tables.field(
        "per_image", pa.float64(), "mean number of answers to these images", nullable=True
    ),
    tables.field("splits", pa.int64(), "number of times that participants are halved at random"),
    *tables.estimate(
        "consistency",
        "Spearman's rank correlation of the images' hit rates in two halves of the participants, "
        "mean over the splits; the interval is for these participants and other images; "
        f"{_FEW}",
        limits="-1 to 1",
        nullable=True,
    ),
    *tables.estimate(
        "reliability",
        "the consistency stepped up to all participants by Spearman and Brown's formula, with the "
        f"same interval; {_FEW}",
        limits="at most 1",
        nullable=True,
    ),
)


def measure(
    trials: pd.DataFrame,
    *,
    splits: int = reliability.SPLITS,
    seed: int = 0,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Measure how consistent the hit rates of a memory game's images are (Isola et al., CVPR 2011).

    Participants are halved, not answers, so that a half's rates have the people of that half. An
    image without an answer in a half is left out of that split. With few answers per image, halves
    hardly agree, whatever is true of the images.

    Args:
        trials: The columns of `TRIALS`, of series that count.
        splits: Times that participants are halved at random.
        seed: Seed of the halves and of the jackknife's groups.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        The columns of `CONSISTENCY`, one row per experiment and edit.
    """
    repeats = trials[(trials["kind"] == "memory-game") & (trials["role"] == "repeat")]
    rows: list[dict[str, Any]] = []
    for (experiment, edit), own in repeats.groupby(["experiment", "edit"]):
        answers = own[own.groupby(["image", "alpha"])["correct"].transform("size") > 1]
        image = answers.groupby(["image", "alpha"]).ngroup().to_numpy()
        participant, people = pd.factorize(answers["participant"])
        count = int(image.max(initial=-1)) + 1
        found = Estimate(), Estimate()
        if count >= reliability.LEAST and len(people) > 1:
            random = np.random.default_rng(seed)
            halves = reliability.halves_of_answers(
                answers["correct"].to_numpy(np.float64),
                image,
                participant,
                reliability.sides(len(people), splits, random),
                count,
            )
            groups = reliability.assign_groups(count, seed)
            measured = reliability.measure(halves, groups, confidence)
            found = measured.consistency, measured.reliability
        rows.append(
            {
                "experiment": experiment,
                "edit": edit,
                "simulated": answers["simulated"].any(),
                "n_images": count,
                "n_participants": len(people),
                "per_image": len(answers) / count if count else np.nan,
                "splits": splits,
                **found[0].columns("consistency"),
                **found[1].columns("reliability"),
            }
        )
    return pd.DataFrame(rows, columns=CONSISTENCY.names)
