"""Reproduction: each number and figure of the paper beside a study's own."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import stats

from mnemo import tables
from mnemo.results.published import Item
from mnemo.results.setups import Study, assessor_of, differences, edit_of, lacking

REPRODUCTION = tables.define(
    "The paper's tables and figures beside this study",
    tables.field("item", pa.string(), "table or figure of the paper, and what of it"),
    tables.field("exhibit", pa.string(), "table or figure of the paper"),
    tables.field("title", pa.string(), "what it shows"),
    tables.field(
        "published", pa.float64(), "number that the paper prints; null if none", nullable=True
    ),
    tables.field("source", pa.string(), "where it is"),
    tables.field(
        "notebook",
        pa.float64(),
        "number in the notebook of the paper's authors; null if it is not known",
        nullable=True,
    ),
    tables.field("notebook_source", pa.string(), "where that is", nullable=True),
    tables.field(
        "published_error",
        pa.float64(),
        "standard error of the published number, or else of the notebook's: of a share of so many "
        "images, of a rank correlation by Fisher's z, of a mean from the spread of this study's "
        "images; null where there is no number, or no images of this study",
        nullable=True,
    ),
    tables.field("statement", pa.string(), "what the paper says in words", nullable=True),
    tables.field(
        "ours",
        pa.float64(),
        "estimate of this study; by another generator or assessor where the reason says so; null "
        "where the study has none",
        nullable=True,
    ),
    tables.field("low", pa.float64(), "lower end of its interval", nullable=True),
    tables.field("high", pa.float64(), "upper end of its interval", nullable=True),
    tables.field(
        "verdict",
        pa.string(),
        "inside the interval: the number is in the interval of ours, up to its own sampling error, "
        "or the interval does not contradict the statement. outside it: it is not, or does. not "
        "comparable: another setup, or nothing to compare. not run: the setup fits, and the study "
        "lacks this",
        limits="inside the interval, outside it, not comparable, not run",
    ),
    tables.field(
        "reason",
        pa.string(),
        "what differs in setup; what is missing, and how to get it; or a remark",
        nullable=True,
    ),
    tables.field(
        "notebook_verdict",
        pa.string(),
        "the verdict on the notebook's number where the paper prints another one; null elsewhere, "
        "and if they can't be compared",
        limits="inside the interval, outside it",
        nullable=True,
    ),
    tables.field("table", pa.string(), "public table that ours is read from", nullable=True),
    tables.field("column", pa.string(), "its column", nullable=True),
    tables.field(
        "figure", pa.string(), "counterpart in the report, by its file in results", nullable=True
    ),
)

INSIDE, OUTSIDE = "inside the interval", "outside it"
OTHER, ABSENT = "not comparable", "not run"
#: Generators of faces.
FACES = ("stylegan1-ffhq", "stylegan2-ffhq")
#: How far from 1 a ratio that the paper calls close to one may be.
CLOSE = 0.1
#: Layers that the paper moves one by one, the first ones.
LAYERS = 11


def compare(
    published: Sequence[Item],
    study: Study,
    measured: Mapping[str, pd.DataFrame],
    *,
    figures: Collection[str] = (),
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Set a study beside what is published.

    A number is inside the interval if the difference to ours is within the interval of the
    difference, which adds the squares of both errors (Newcombe, Statistics in Medicine 17:873,
    1998): the interval of ours, and the published number's own standard error. It is that of a
    share of n images; of a rank correlation, on the scale of Fisher's z (Bonett and Wright,
    Psychometrika 65:23, 2000, for rho; Fieller, Hartley and Pearson, Biometrika 44:470, 1957, for
    tau); and of a mean of n images, from the width of our interval. So two runs of the same setup
    agree with the interval's confidence, if their images are independent. They are not, where a
    study has the paper's own seeds: then they agree more often. That a number is inside does not
    show that both are equal; the interval says how far apart they may be. The verdicts are not
    corrected for how many there are: of twenty, one is outside by chance.

    A statement in words is inside the interval unless the whole interval contradicts it; a slope
    whose interval contains 0 says nothing, and is not compared.

    Args:
        published: What is published.
        study: What the study is, as `Params.reproduction` describes it.
        measured: The study's public tables by name, as far as it has them.
        figures: The study's figures, by their files in its folder of results.
        confidence: Confidence of the tables' intervals, between 0 and 1.

    Returns:
        The columns of `REPRODUCTION`, one row per item, in order.
    """
    measured = {name: _prepared(name, table) for name, table in measured.items()}
    rows = [
        _row(item, study, measured, confidence) | {"figure": _figure(item, study, figures)}
        for item in published
    ]
    return pd.DataFrame(rows, columns=REPRODUCTION.names)


def _prepared(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Reduce an agreement to that of shapes, by assessor; other tables stay as they are."""
    if name != "agreement":
        return table
    own = table[table["assessor_a"] == table["assessor_b"]]
    return own.rename(columns={"assessor_a": "assessor"})


def _row(
    item: Item,
    study: Study,
    measured: Mapping[str, pd.DataFrame],
    confidence: float,
) -> dict[str, Any]:
    differing = differences(item, study)
    missing = lacking(item, study, other=bool(differing))
    ours = {} if missing else _ours(item, study, measured)
    # The spread of other images says nothing of the paper's.
    error = _error(item, {} if differing else ours, confidence)
    row = {
        **{key: getattr(item, key) for key in REPRODUCTION.names if hasattr(item, key)},
        **{key: ours.get(key) for key in ("ours", "low", "high")},
        "item": f"{item.exhibit}: {item.item}",
        "published_error": error,
    }
    if differing:
        picture = [] if item.table else ["a picture"]
        return {**row, "verdict": OTHER, "reason": "; ".join([*picture, *differing])}
    if missing:
        return {**row, "verdict": ABSENT, "reason": "; ".join(missing)}
    if item.table is None:
        return {**row, "verdict": OTHER, "reason": "a picture"}
    if item.number is None and not item.claim:
        return {**row, "verdict": OTHER, "reason": "the paper states no number and no sign"}
    if "low" not in ours:
        reason = f"the study's table {item.table} has no such row, or no estimate with an interval"
        return {**row, "verdict": ABSENT, "reason": reason}
    if item.claim == "raises" and ours["low"] <= 0 <= ours["high"]:
        reason = "the slope is not clearly above or below 0: too few images to say"
        return {**row, "verdict": OTHER, "reason": reason}
    if item.claim:
        holds, remark = _judged(item, ours, measured)
        return {**row, "verdict": INSIDE if holds else OUTSIDE, "reason": remark}
    quantile = float(stats.norm.ppf((1 + confidence) / 2))
    verdicts = [
        None if number is None else INSIDE if _agree(number, error, ours, quantile) else OUTSIDE
        for number in (item.number, item.notebook)
    ]
    remarks = (
        [f"{item.assessor} has weights of the user's own"]
        if item.assessor in study["own_weights"]
        else []
    )
    if item.published is None:
        remarks.append("compared with the notebook; the paper prints no number")
    differ = None not in (item.published, item.notebook) and item.published != item.notebook
    return {
        **row,
        "verdict": verdicts[0],
        "reason": "; ".join(remarks) or None,
        "notebook_verdict": verdicts[1] if differ else None,
    }


def _ours(item: Item, study: Study, measured: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Look up the study's own estimate; empty if it has none, or not one row alone.

    `ours`, `low` and `high` are there, and `n` if the table has it. Where the study has not the
    item's assessor, it is that of the study's own; and it is that of the study's generator, unless
    the item is about what is no face.
    """
    table = measured.get(item.table or "")
    if table is None or item.column is None or _of_others(item, study):
        return {}
    row = dict(item.row)
    edit = edit_of(item, study)
    if item.edit is not None and edit is None:
        return {}
    if edit is not None:
        row["edit"] = edit["name"]
        # An alpha is a distance in its own space.
        if row.get("alpha") and edit["space"] != (item.edit or {}).get("space", edit["space"]):
            return {}
    if "assessor" in table and "run" not in row:
        row["assessor"] = assessor_of(item, study)
    if edit is not None and row.get("alpha") in _ENDS:
        row["alpha"] = _ENDS[row["alpha"]](edit["alphas"])
    found = table
    for key, value in row.items():
        # A layer may be written as a number or as a word.
        same = found[key].astype(str) == str(value) if key == "layer" else found[key] == value
        found = found[same]
    if len(found) != 1:
        return {}
    ends = [f"{item.column}_{end}" for end in ("low", "high")]
    names = [item.column, *(ends if ends[0] in found else ("low", "high"))]
    values = found[names].iloc[0].astype(float)
    if values.isna().any():
        return {}
    count = {"n": int(found["n"].iloc[0])} if "n" in found else {}
    return {**dict(zip(("ours", "low", "high"), values.tolist(), strict=True)), **count}


_ENDS = {"smallest": min, "largest": max}


def _of_others(item: Item, study: Study) -> bool:
    """Return whether an item is about what is no face, of another generator."""
    return item.setup.get("generator", FACES[0]) not in (*FACES, study["generator"])


def _error(item: Item, ours: Mapping[str, Any], confidence: float) -> float | None:
    """Compute the standard error of a published number, as `compare` describes it."""
    number, n = item.number, item.n
    if number is None or n is None:
        return None
    match item.column:
        case "accuracy":
            return float(np.sqrt(number * (1 - number) / n))
        case "spearman":
            # By the delta method from the scale of Fisher's z.
            return float((1 - number**2) * np.sqrt((1 + number**2 / 2) / (n - 3)))
        case "kendall":
            return float((1 - number**2) * np.sqrt(0.437 / (n - 4)))
        case "mean" if "n" in ours:
            half = (ours["high"] - ours["low"]) / 2
            quantile = stats.t.ppf((1 + confidence) / 2, ours["n"] - 1)
            return float(half / quantile * np.sqrt(ours["n"] / n))
    return None


def _agree(number: float, error: float | None, ours: Mapping[str, float], quantile: float) -> bool:
    """Return whether the interval of the difference between ours and a number contains 0."""
    half = quantile * (error or 0.0)
    below = np.hypot(ours["ours"] - ours["low"], half)
    above = np.hypot(ours["high"] - ours["ours"], half)
    return bool(ours["ours"] - below <= number <= ours["ours"] + above)


def _judged(
    item: Item, ours: Mapping[str, float], measured: Mapping[str, pd.DataFrame]
) -> tuple[bool, str]:
    """Return whether the interval of ours leaves a statement possible, and what it shows."""
    low, high = ours["low"], ours["high"]
    if item.claim == "one":
        near = f"compared with ratios from {1 - CLOSE:g} to {1 + CLOSE:g}"
        return low <= 1 + CLOSE and high >= 1 - CLOSE, near
    if item.claim == "raises":
        return low > 0, "the slope is " + ("above 0" if low > 0 else "below 0")
    table = measured[str(item.table)]
    same = (table["assessor"] == item.assessor) & (table["shape"] == item.row["shape"])
    first = table["layer"].astype(str).isin([str(layer) for layer in range(LAYERS)])
    median = float(table.loc[same & first, "slope"].abs().median())
    # The smallest and the largest size of a slope in the interval.
    least, most = max(0.0, low, -high), max(-low, high)
    holds = most >= median if item.claim == "large" else least <= median
    remark = f"compared with the median size of the slopes of {LAYERS} layers, {median:.3g}"
    return holds, remark


def _figure(item: Item, study: Study, figures: Collection[str]) -> str | None:
    """Return the report's counterpart of an item; None if the study has none."""
    if _of_others(item, study):
        return None
    found = edit_of(item, study)
    if item.edit is not None and found is None:
        return None
    edit = (found or study["edits"][0])["name"]
    path = item.figure.format(edit=edit, assessor=assessor_of(item, study))
    return path if path in figures else None
