"""Findings: what the report claims, one statement a row, read from the study's other tables."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import stats

from mnemo import rounding, tables
from mnemo.directions.planes import Plane
from mnemo.statistics import corrections

FINDINGS = tables.define(
    "What holds: every statement that the report makes",
    tables.field(
        "finding",
        pa.string(),
        "what is stated. separates: a hyperplane that a direction is made of separates held-out "
        "images better than guessing the larger class. changes: an edit changes the score of an "
        "assessor. exceeds: an edit changes the score of an assessor further, to the side of "
        "alpha, than a control does: a random direction of equal length, or brightness. held: an "
        "edit that holds an attribute constant changes it less than an "
        "otherwise equal edit. departs: an edit moves images away from the reference set. "
        "recognised: edited faces are accepted as the same person more often than as another, lost "
        "faces counting as refused; not stated without a threshold",
        limits="separates, changes, exceeds, held, departs, recognised",
    ),
    tables.field(
        "holds",
        pa.bool_(),
        "whether the statement is claimed: p_holm is at most 1 minus the study's confidence, and "
        "the estimate has the sign of the claim",
    ),
    tables.field("sentence", pa.string(), "what was found, in words"),
    tables.field(
        "subject",
        pa.string(),
        "name of the edit, or of a hyperplane: space/assessor/shape/threshold, with -ridge or -svm "
        "at its end",
    ),
    tables.field("assessor", pa.string(), "model that scored the images, if any", nullable=True),
    tables.field(
        "shape", pa.string(), "shape of the images scored", limits="square, oval", nullable=True
    ),
    tables.field(
        "alpha",
        pa.float64(),
        "how far the edit moves along its unit direction; null where the statement is about all",
        unit="length in the latent space of the edit; along a learned direction that of the score",
        nullable=True,
    ),
    tables.field(
        "estimate",
        pa.float64(),
        "separates: accuracy minus base rate. changes: slope of the score over alpha, in "
        "standard deviations of the set fit if `transfer` has them, whose error the interval "
        "includes; along a learned direction in the unit of the score. exceeds: "
        "mean score minus that along the control. held: size "
        "of the attribute's mean change minus that by the edit that does not hold it. departs: "
        "kernel distance minus that at alpha 0. recognised: accepted_bound minus impostor. Null "
        "where its table has none",
        nullable=True,
    ),
    tables.field("low", pa.float64(), "lower end of its interval", nullable=True),
    tables.field("high", pa.float64(), "upper end of its interval", nullable=True),
    tables.field("unit", pa.string(), "unit of the estimate"),
    tables.field(
        "p",
        pa.float64(),
        "p-value of an estimate of 0, two-sided. changes, exceeds and held: that of slopes and of "
        "contrasts. "
        "The others: the confidence at which the interval would end at 0, by the t distribution "
        "of one degree of freedom less than there are folds (separates) or groups (departs), or by "
        "the normal distribution. A permutation test can give none below 1 / (permutations + 1)",
        limits="0 to 1",
        nullable=True,
    ),
    tables.field(
        "p_holm",
        pa.float64(),
        "p corrected by Holm's method for the number of findings of the study",
        limits="0 to 1",
        nullable=True,
    ),
)

Row = dict[str, Any]


class Words(NamedTuple):
    """What is said of an estimate.

    Attributes:
        topic: What is estimated, the subject of a sentence.
        above: What an estimate above 0 means, with `{}` for its size and interval.
        below: What an estimate below 0 means, with `{}` for its size and interval.
        unit: Unit of the size; empty if it has none.
        claimed: Sign of the estimate that the statement claims; 0 for either.
    """

    topic: str
    above: str
    below: str
    unit: str
    claimed: int


def gather(
    study: Mapping[str, pd.DataFrame],
    *,
    hyperplanes: Sequence[str],
    edits: Mapping[str, Sequence[str]],
    folds: int | None,
    groups: int,
    learned: Collection[str] = (),
    confidence: float = 0.95,
) -> pd.DataFrame:
    """State what a study found, and what of it holds after Holm's correction for all statements.

    Args:
        study: The study's tables by name: `hyperplanes`, `slopes`, `contrasts`, and as far as
            the study has them `transfer`, `realness` and `identity`.
        hyperplanes: Names of the hyperplanes that directions are made of:
            as of `Plane.name`.
        edits: By the name of each edit the assessors whose scores it should change.
        folds: Folds of the hyperplanes' cross-validation; None if one split holds images out.
        groups: Groups of the jackknife of realness.
        learned: Names of the edits along learned directions.
        confidence: Confidence of the tables' intervals, between 0 and 1.

    Returns:
        The columns of `FINDINGS`.
    """
    rows = [
        *_separates(study["hyperplanes"], hyperplanes, folds, confidence),
        *_changes(study["slopes"], study.get("transfer"), edits, learned),
        *_exceeds(study["contrasts"], edits),
        *_held(study["contrasts"]),
    ]
    if "realness" in study:
        rows += _departs(study["realness"], groups, confidence)
    if "identity" in study:
        rows += _recognised(study["identity"], confidence)
    corrected = corrections.holm(pd.Series([row["p"] for row in rows], dtype=float))
    stated = [
        {**row, "p_holm": p, **_stated(row, p, len(rows), confidence)}
        for row, p in zip(rows, corrected, strict=True)
    ]
    return pd.DataFrame(stated, columns=FINDINGS.names)


def _separates(
    table: pd.DataFrame, names: Sequence[str], folds: int | None, confidence: float
) -> Iterator[Row]:
    for plane in table.to_dict("records"):
        name = Plane.of(plane).name
        if name not in names:
            continue
        gain, low, high = (plane[key] - plane["base_rate"] for key in _ends("accuracy"))
        on = f"on held-out images, the accuracy of the hyperplane {name}"
        words = Words(
            topic=f"what the hyperplane {name} gains over guessing, on held-out images,",
            above=f"{on} is {{}} above that of guessing the larger class",
            below=f"{on} is {{}} below that of guessing the larger class",
            unit="",
            claimed=1,
        )
        yield {
            "finding": "separates",
            "subject": name,
            "assessor": plane["assessor"],
            "shape": plane["shape"],
            "unit": "share of images",
            **_tested(gain, low, high, folds - 1 if folds else np.inf, confidence),
            "words": words,
        }


def _changes(
    slopes: pd.DataFrame,
    transfer: pd.DataFrame | None,
    edits: Mapping[str, Sequence[str]],
    learned: Collection[str],
) -> Iterator[Row]:
    """State slopes in standard deviations where the study has them, and else in the score's unit.

    An alpha of a learned direction is in that unit too, so its slope is the calibration: 1 if the
    score of the assessor that taught it rises by alpha.
    The deviation of an assessor's scores is the same for every edit. `transfer` has it and, in the
    width of its intervals, its error, which the intervals of all edits include.
    """
    known = {} if transfer is None else _deviations(transfer)
    for slope in slopes.to_dict("records"):
        edit, assessor, shape = slope["edit"], slope["assessor"], slope["shape"]
        if assessor not in edits.get(edit, ()):
            continue
        own = None if edit in learned else known.get((assessor, shape))
        spread, error = own or (np.nan, 0.0)
        one, unit = (spread, "standard deviations of the set fit") if spread > 0 else (1.0, "score")
        estimate = slope["slope"] / one
        margin = np.hypot((slope["high"] - slope["low"]) / 2 / one, error * estimate)
        words = Words(
            topic=f"the change of the score of {shape}s by {assessor} along {edit}",
            above=f"along {edit}, the score of {shape}s by {assessor} rises by {{}}",
            below=f"along {edit}, the score of {shape}s by {assessor} falls by {{}}",
            unit="SD per alpha" if spread > 0 else "per alpha",
            claimed=0,
        )
        yield {
            "finding": "changes",
            "subject": edit,
            "assessor": assessor,
            "shape": shape,
            "estimate": estimate,
            "low": estimate - margin,
            "high": estimate + margin,
            "unit": f"{unit} per unit of alpha",
            "p": slope["p_value"],
            "words": words,
        }


def _deviations(transfer: pd.DataFrame) -> dict[Any, tuple[float, float]]:
    """Return the deviation of each assessor's scores, and half its interval's relative width."""
    half = (transfer["standard_slope_high"] - transfer["standard_slope_low"]) / 2
    of_slope = (transfer["high"] - transfer["low"]) / 2 / transfer["deviation"]
    error = np.sqrt((half**2 - of_slope**2).clip(lower=0)) / transfer["standard_slope"].abs()
    found = transfer.assign(error=error).groupby(["assessor", "shape"])[["deviation", "error"]]
    return {key: (own["deviation"], own["error"]) for key, own in found.first().iterrows()}


def _exceeds(contrasts: pd.DataFrame, edits: Mapping[str, Sequence[str]]) -> Iterator[Row]:
    named = {
        "random": "random directions of equal length",
        "brightness": "the direction of brightness of equal length",
    }
    controls = contrasts[(contrasts["kind"] == "controls") & contrasts["b"].isin(named)]
    for contrast in _at_ends(controls, ["a", "b", "assessor", "shape"]):
        edit, assessor, shape = contrast["a"], contrast["assessor"], contrast["shape"]
        if assessor not in edits.get(edit, ()):
            continue
        at, of = f"at alpha {contrast['alpha']:g}", f"the score of {shape}s by {assessor}"
        than = f"along {edit} than along {named[contrast['b']]}"
        words = Words(
            topic=f"{at}, the difference between {of} along {edit} and along "
            f"{named[contrast['b']]}",
            above=f"{at}, {of} is {{}} higher {than}",
            below=f"{at}, {of} is {{}} lower {than}",
            unit="",
            claimed=1 if contrast["alpha"] > 0 else -1,
        )
        yield _contrasted("exceeds", contrast, words)


def _held(contrasts: pd.DataFrame) -> Iterator[Row]:
    held = contrasts[contrasts["kind"] == "held"]
    for contrast in _at_ends(held, ["a", "b", "assessor", "shape"]):
        a, b, attribute = contrast["a"], contrast["b"], contrast["assessor"]
        at, of = f"at alpha {contrast['alpha']:g}", f"{attribute} of {contrast['shape']}s"
        moves = f"{at}, {a}, which holds {attribute} constant, changes {of} by {{}}"
        words = Words(
            topic=f"{at}, the difference between the changes of {of} by {a} and by {b}",
            above=f"{moves} more than {b}",
            below=f"{moves} less than {b}",
            unit="years" if contrast["unit"] == "year" else "",
            claimed=-1,
        )
        yield _contrasted("held", contrast, words)


def _contrasted(finding: str, contrast: Row, words: Words) -> Row:
    """State a contrast, about the edit whose value is compared."""
    same = ("assessor", "shape", "alpha", "low", "high", "unit", "p")
    return {
        "finding": finding,
        "subject": contrast["a"],
        "estimate": contrast["difference"],
        **{key: contrast[key] for key in same},
        "words": words,
    }


def _departs(realness: pd.DataFrame, groups: int, confidence: float) -> Iterator[Row]:
    for row in _at_ends(realness.dropna(subset="kernel_difference"), ["edit", "reference"]):
        difference, low, high = (row[key] for key in _ends("kernel_difference"))
        at = f"at alpha {row['alpha']:g} of {row['edit']}"
        of_generator = row["reference"] == "generator"
        reference = "the reference set" if of_generator else "the photographs of the reference"
        words = Words(
            topic=f"{at}, the change of the kernel distance from {reference}",
            above=f"{at}, images are farther from {reference} than unedited ones, by {{}}",
            below=f"{at}, images are nearer to {reference} than unedited ones, by {{}}",
            unit="of kernel distance",
            claimed=1,
        )
        yield {
            "finding": "departs",
            "subject": row["edit"],
            "alpha": row["alpha"],
            "unit": "kernel distance",
            **_tested(difference, low, high, groups - 1, confidence),
            "words": words,
        }


def _recognised(identity: pd.DataFrame, confidence: float) -> Iterator[Row]:
    """Compare two shares, taken as independent, by the intervals of both.

    The interval of their difference is Newcombe's hybrid (Statistics in Medicine 17:873, 1998).
    Without a threshold there are no such shares.
    """
    for row in _at_ends(identity.dropna(subset="threshold"), ["edit"]):
        accepted, least, most = (row[key] for key in _ends("accepted_bound"))
        impostor, low, high = (row[key] for key in _ends("impostor"))
        difference = accepted - impostor
        below = np.hypot(accepted - least, high - impostor)
        above = np.hypot(most - accepted, impostor - low)
        at = f"at alpha {row['alpha']:g} of {row['edit']}"
        counted = "a lost face counting as refused"
        often = f"{at}, faces are accepted as the same person"
        words = Words(
            topic=f"{at}, the difference between the shares of faces accepted as the same person "
            f"and as another, {counted},",
            above=f"{often} more often than as another, by {{}}, {counted}",
            below=f"{often} less often than as another, by {{}}, {counted}",
            unit="of the faces",
            claimed=1,
        )
        yield {
            "finding": "recognised",
            "subject": row["edit"],
            "alpha": row["alpha"],
            "unit": "share of faces",
            **_tested(difference, difference - below, difference + above, np.inf, confidence),
            "words": words,
        }


def _ends(name: str) -> tuple[str, str, str]:
    return name, f"{name}_low", f"{name}_high"


def _at_ends(table: pd.DataFrame, by: list[str]) -> Iterator[Row]:
    """Yield the rows at the alphas farthest from 0, below and above it."""
    for _, own in table.groupby(by, sort=False):
        ends = {min(own["alpha"].min(), 0.0), max(own["alpha"].max(), 0.0)} - {0.0}
        for row in own[own["alpha"].isin(ends)].sort_values("alpha").to_dict("records"):
            yield {str(name): value for name, value in row.items()}


def _tested(
    value: float, low: float, high: float, freedom: float, confidence: float
) -> dict[str, float]:
    """Return an estimate with a two-sided p-value that agrees with its interval.

    The distance from the estimate to the end of the interval on the side of 0 is a multiple of its
    standard error, which gives the deviate of the estimate itself.
    """
    reach = value - low if value > 0 else high - value
    deviate = 0.0 if value == 0 else abs(value) / reach if reach else np.inf
    # As a normal distribution, t with infinite degrees of freedom.
    p = 2 * stats.t.sf(deviate * stats.t.ppf((1 + confidence) / 2, freedom), freedom)
    return {"estimate": value, "low": low, "high": high, "p": float(p)}


def _stated(row: Row, p: float, statements: int, confidence: float) -> dict[str, Any]:
    """Say what was found, and whether the statement holds."""
    words, value, low, high = row["words"], row["estimate"], row["low"], row["high"]
    clear = p <= 1 - confidence
    if np.isnan(row["p"]):
        sentence = f"{words.topic} is unknown: its table has no estimate or no interval"
    elif clear and value > 0:
        sentence = words.above.format(_size(value, low, high, words.unit))
    elif clear:
        sentence = words.below.format(_size(-value, -high, -low, words.unit))
    elif row["p"] <= 1 - confidence:
        sentence = (
            f"{words.topic} is not clear after correction for {statements} statements: "
            f"{_size(value, low, high, words.unit)}"
        )
    else:
        sentence = f"{words.topic} is not measurable: {_size(value, low, high, words.unit)}"
    holds = clear and words.claimed in (0, np.sign(value))
    if clear and not holds:
        sentence += ", the opposite of the statement"
    return {"holds": bool(holds), "sentence": f"{sentence[0].upper()}{sentence[1:]}."}


def _size(value: float, low: float, high: float, unit: str) -> str:
    """Return an estimate and its interval as words, such as `0.55 years (0.51 to 0.59)`."""
    estimate, _, ends = rounding.interval(value, low, high).partition(" ")
    between = f"({ends[1:-1].replace(', ', ' to ')})" if ends else ""
    return " ".join(filter(None, (estimate, unit, between))).replace("-", "\N{MINUS SIGN}")
