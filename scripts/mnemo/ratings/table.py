"""The table of people's ratings of a set's images, with the two halves of their answers."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from mnemo import tables

HALVES = ("first_half", "second_half")

RATINGS = tables.define(
    "People's ratings of a set's images",
    tables.field("ratings", pa.string(), "name of the people's ratings"),
    tables.field("image", pa.string(), "key of the image"),
    tables.field(
        "score",
        pa.float64(),
        "what is taken for people's score of the image: its hit rate, that minus its false-alarm "
        "rate, or the mean of its ratings",
    ),
    tables.field(
        "hit_rate",
        pa.float64(),
        "hits over presentations of a repeat; null of another rating",
        limits="0 to 1",
        nullable=True,
    ),
    tables.field(
        "false_alarm_rate",
        pa.float64(),
        "false alarms over first presentations; null of another rating, and where it is not known",
        limits="0 to 1",
        nullable=True,
    ),
    tables.field(
        "answers",
        pa.int64(),
        "answers that the score rests on: ratings, or answers to a repeat; null where it is not "
        "known",
        nullable=True,
    ),
    *(
        tables.field(
            half,
            tables.FLOATS,
            f"the score by {which} half of the answers, of several random divisions of the "
            "participants, or of the answers where only their counts are known; nan where no "
            "answer is in that half; null where neither is known",
            nullable=True,
        )
        for half, which in zip(HALVES, ("one", "the other"), strict=True)
    ),
)


def columns(ratings: pd.DataFrame, name: str) -> dict[str, Any]:
    """Return ratings as `tables.write` takes them, whose lists may have nan.

    Args:
        ratings: The ratings, as `read.read` returns them.
        name: Their name.

    Returns:
        The columns of `RATINGS`.
    """
    given: dict[str, Any] = {
        column: pa.array(ratings[column], RATINGS.field(column).type, from_pandas=True)
        for column in RATINGS.names
        if column not in ("ratings", *HALVES)
    }
    given["ratings"] = [name] * len(ratings)
    dealt = halves(ratings)
    absent = pa.nulls(len(ratings), tables.FLOATS)
    for place, name in enumerate(HALVES):
        given[name] = absent if dealt is None else tables.lists(dealt[place].T.copy())
    return given


def scores(ratings: pd.DataFrame, name: str, shape: str) -> dict[str, Any]:
    """Return people's scores of images of the set fit as the scores of an assessor.

    Args:
        ratings: The ratings, as `read.read` returns them.
        name: Their name.
        shape: Shape of the images that people saw.

    Returns:
        The columns of `mnemo.scores.SCORES`.
    """
    n = len(ratings)
    return {
        "set": ["fit"] * n,
        "edit": pa.nulls(n),
        "alpha": pa.nulls(n),
        "image": ratings["image"],
        "assessor": [name] * n,
        "shape": [shape] * n,
        "score": ratings["score"].to_numpy(np.float32),
    }


def halves(ratings: pd.DataFrame) -> NDArray[np.float32] | None:
    """Return the halves of ratings, as `statistics.reliability.measure` takes them.

    Args:
        ratings: The columns of `RATINGS`.

    Returns:
        (2, splits, n); None where there are none.
    """
    parts = [ratings[name] for name in HALVES]
    if ratings.empty or parts[0].isna().any():
        return None
    return np.stack([np.stack(part.tolist(), axis=1) for part in parts])
