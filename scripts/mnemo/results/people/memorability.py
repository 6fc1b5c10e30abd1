"""Memorability: how often people recognise each image of a memory game."""

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from mnemo import tables
from mnemo.results.people import trials as answered

_RATES = {
    "hit_rate": ("hits", "misses"),
    "false_alarm_rate": ("false_alarms", "correct_rejections"),
}
_WILSON = (
    "the interval is Wilson's, for other participants; it covers more or less than it claims, as "
    "any interval of a share, with few answers"
)

MEMORABILITY = tables.define(
    "How often people recognised each image of the memory games",
    answered.EXPERIMENT,
    tables.field("edit", pa.string(), "name of the edit"),
    answered.IMAGE,
    tables.field(
        "alpha",
        pa.float64(),
        "how far the edit moved the image",
        unit="length in the latent space of the edit; along a learned direction that of the score",
    ),
    answered.ANY_SIMULATED,
    tables.field("n", pa.int64(), "number of repeats of the image that were answered"),
    tables.field("hits", pa.int64(), "number of its repeats that were recognised"),
    tables.field("misses", pa.int64(), "number of its repeats that were not"),
    tables.field(
        "false_alarms", pa.int64(), "number of its first presentations that were taken for repeats"
    ),
    tables.field(
        "correct_rejections", pa.int64(), "number of its first presentations that were not"
    ),
    *tables.estimate(
        "hit_rate",
        f"hits over repeats; {_WILSON}; null without repeats",
        limits="0 to 1",
        nullable=True,
    ),
    *tables.estimate(
        "false_alarm_rate",
        f"false alarms over first presentations; {_WILSON}; null without first presentations",
        limits="0 to 1",
        nullable=True,
    ),
    tables.field(
        "corrected",
        pa.float64(),
        "hit rate minus false-alarm rate; null where either is",
        limits="-1 to 1",
        nullable=True,
    ),
    tables.field(
        "d_prime",
        pa.float64(),
        "difference of the normal quantiles of both rates, each with 0.5 added to its count and 1 "
        "to its number (the log-linear correction), without which shares of 0 and 1 are infinite; "
        "it draws the few answers of an image towards 0; null where either rate is",
        nullable=True,
    ),
    tables.field(
        "lag_corrected",
        pa.float64(),
        "hit rate at the mean lag of the experiment, by a decline with the logarithm of the lag "
        "that is the same for all images; null where the hit rate is, and if no image has repeats "
        "at two lags",
        nullable=True,
    ),
)


def measure(trials: pd.DataFrame, *, confidence: float = 0.95) -> pd.DataFrame:
    """Measure how often each target of a memory game is recognised.

    d' has the log-linear correction (Hautus, Behavior Research Methods 27:46, 1995). The hit rate
    that is corrected for lag is that of Khosla et al. (ICCV 2015), as for `lag_corrected`.

    Args:
        trials: The columns of `TRIALS`, of series that count.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        The columns of `MEMORABILITY`, one row per experiment, edit, image and alpha.
    """
    key = ["experiment", "edit", "image", "alpha"]
    shown = trials[(trials["kind"] == "memory-game") & trials["role"].isin(["target", "repeat"])]
    again, right = shown["role"] == "repeat", shown["correct"].astype(bool)
    counts = pd.DataFrame(
        {
            "hits": again & right,
            "misses": again & ~right,
            "false_alarms": ~again & ~right,
            "correct_rejections": ~again & right,
        }
    )
    of_image = [shown[name] for name in key]
    table = counts.groupby(of_image).sum()
    table.insert(0, "simulated", shown["simulated"].groupby(of_image).any())
    table.insert(1, "n", table["hits"] + table["misses"])
    quantiles = {}
    for rate, (yes, no) in _RATES.items():
        of = (table[yes] + table[no]).replace(0, np.nan)
        table[rate] = table[yes] / of
        low, high = proportion_confint(table[yes], of, alpha=1 - confidence, method="wilson")
        # Rounding would leave out a share of exactly 0 or 1.
        table[f"{rate}_low"] = np.minimum(low, table[rate])
        table[f"{rate}_high"] = np.maximum(high, table[rate])
        quantiles[rate] = pd.Series(stats.norm.ppf((table[yes] + 0.5) / (of + 1)), table.index)
    table["corrected"] = table["hit_rate"] - table["false_alarm_rate"]
    d_prime = quantiles["hit_rate"] - quantiles["false_alarm_rate"]
    table["d_prime"] = d_prime.where(table["corrected"].notna())
    repeats = shown[again].groupby("experiment", group_keys=False)[[*key, "lag", "correct"]]
    corrected = [lag_corrected(each, key) for _, each in repeats]
    empty = pd.Series(np.nan, table.index)
    table["lag_corrected"] = pd.concat(corrected) if corrected else empty
    return table.reset_index()


def lag_corrected(repeats: pd.DataFrame, key: list[str]) -> "pd.Series[float]":
    """Correct hit rates for the lags at which images happened to come again (Khosla et al. 2015).

    An image's hit rate at lag t is m + a log((t + 1) / T), where its memorability m is its own and
    the decline a is the same for all. T is the mean of t + 1, so m is the hit rate at the usual
    lag. The published method minimises the squared error, with images weighted alike, by turns over
    m and over a. The minimum is that of a regression within images.

    Args:
        repeats: One row per repeat: the columns of the key, `lag`, and `correct`.
        key: The columns that name an image.

    Returns:
        m, by the key; nan if no image came again at two lags.
    """
    after = repeats["lag"].astype(float) + 1
    moments = pd.DataFrame(
        {"hit": repeats["correct"].astype(float), "lag": np.log(after / after.mean())}
    )
    moments["product"] = moments["hit"] * moments["lag"]
    moments["square"] = moments["lag"] ** 2
    means = moments.groupby([repeats[name] for name in key]).mean()
    within = (means["square"] - means["lag"] ** 2).sum()
    if within < 1e-12:
        return means["hit"] * np.nan
    decline = (means["product"] - means["lag"] * means["hit"]).sum() / within
    return means["hit"] - decline * means["lag"]
