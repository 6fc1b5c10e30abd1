"""Contrasts: edits, assessors, shapes and hyperplanes, compared on the same images."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

from mnemo import tables
from mnemo.statistics import corrections, frames, means

KINDS = ("edits", "held", "controls", "equal change", "assessors", "shapes", "hyperplanes")
CONTRASTS = tables.define(
    "Differences between edits, assessors, shapes and hyperplanes, on the same images",
    tables.field(
        "kind",
        pa.string(),
        "what is compared. edits: mean changes of a score from alpha 0 by two edits. held: sizes "
        "of the mean changes of an attribute by an edit that holds it constant and by an otherwise "
        "equal one that does not. controls: mean changes by an edit and by one of its controls. "
        "equal change: changes of a score per change of the score of the "
        "assessor that both directions were found with. assessors: changes of two assessors' "
        "scores, each in its standard deviations of the set fit. shapes: the same for squares and "
        "ovals. hyperplanes: shares of held-out images on the right side",
        limits=", ".join(KINDS),
    ),
    tables.field(
        "a",
        pa.string(),
        "name of the edit, control, assessor or shape, or of the hyperplane: "
        "space/assessor/shape/threshold, with -ridge or -svm at its end",
    ),
    tables.field("b", pa.string(), "the same of what is subtracted"),
    tables.field(
        "edit",
        pa.string(),
        "edit that moved the images; null where a and b are edits or hyperplanes",
        nullable=True,
    ),
    tables.field(
        "assessor",
        pa.string(),
        "model that scored the images; null where a and b differ in it",
        nullable=True,
    ),
    tables.field(
        "shape",
        pa.string(),
        "shape of the images scored; null where a and b differ in it",
        limits="square, oval",
        nullable=True,
    ),
    tables.field(
        "alpha",
        pa.float64(),
        "how far the edit moves along its unit direction; null for hyperplanes",
        unit="length in the latent space of the edit; along a learned direction that of the score",
        nullable=True,
    ),
    tables.field(
        "moved",
        pa.float64(),
        "distance that the latent moves at alpha, with its sign; null for hyperplanes, and where "
        "two edits move different distances",
        unit="length in the latent space of the edit",
        nullable=True,
    ),
    tables.field("n", pa.int64(), "number of images that both have"),
    tables.field("unit", pa.string(), "unit of the difference"),
    tables.field(
        "difference",
        pa.float64(),
        "value of a minus value of b, mean over the n images; null if there are none, for equal "
        "change where the own assessor's change, by either edit, is less than five standard errors "
        "from 0, and for assessors and shapes if the scores of the set fit do not differ",
        nullable=True,
    ),
    tables.field(
        "low",
        pa.float64(),
        "lower end of the paired t interval; for hyperplanes of the cross-validation, its variance "
        "is enlarged for the overlap of their training images, which is cautious: it covers 98 to "
        "99 % in place of 95 %; for held it is cautious where neither edit changes the attribute, "
        "and covers down to 86 % where both change it by about one standard error; all cover less "
        "than they claim if few images have very skewed changes, or few of the set fit very skewed "
        "scores; null for fewer than two images",
        nullable=True,
    ),
    tables.field("high", pa.float64(), "upper end of the same interval", nullable=True),
    tables.field(
        "p",
        pa.float64(),
        "p-value of a difference of 0, from the same t distribution; for hyperplanes, the larger "
        "of this and mcnemar_p; null where the interval is",
        limits="0 to 1",
        nullable=True,
    ),
    tables.field(
        "p_holm",
        pa.float64(),
        "p corrected by Holm's method for the number of contrasts of its kind in the study; null "
        "where p is",
        limits="0 to 1",
        nullable=True,
    ),
    tables.field(
        "mcnemar_p",
        pa.float64(),
        "p-value of McNemar's exact test, which takes hits of a cross-validation as independent "
        "and so is too small; null but for hyperplanes",
        limits="0 to 1",
        nullable=True,
    ),
)

#: (images, alphas) change of each score from alpha 0, by assessor and shape.
Changes = Mapping[tuple[str, str], pd.DataFrame]
Floats = NDArray[np.float64]
Row = dict[str, Any]


class Spread(NamedTuple):
    """Standard deviation of an assessor's scores of the set fit.

    Attributes:
        deviation: The standard deviation.
        influence: By image, its influence on the logarithm of the deviation. The sum of the squares
            is the variance of that logarithm.
    """

    deviation: float
    influence: "pd.Series[float]"


def measure(
    scores: pd.DataFrame,
    fit_scores: pd.DataFrame,
    held_out: Mapping[str, pd.DataFrame],
    *,
    edits: Sequence[Mapping[str, Any]],
    assessors: Sequence[tuple[str, str]],
    hyperplanes: Sequence[tuple[str, str]],
    units: Mapping[str, str],
    controls: Mapping[str, pd.DataFrame] | None = None,
    shares: Mapping[str, float] | None = None,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Compare edits, assessors, shapes and hyperplanes, each pair on the same images.

    Two intervals that overlap do not show that two means are alike: on the same images their errors
    are correlated. A contrast is therefore the mean of the images' own differences, with a paired t
    interval, and Holm's correction is applied within each kind (Holm, Scandinavian Journal of
    Statistics 6:65, 1979).

    Args:
        scores: Scores of the edits, alpha 0 among their alphas: one row per `edit`, `image`,
            `assessor`, `shape` and `alpha`, with its `score`.
        fit_scores: Scores of the set fit, by other images than those that are edited: one row per
            `image`, `assessor` and `shape`, with its `score`.
        held_out: By the name of each hyperplane: one row per held-out `image`, with its `fold` and
            whether it is a `hit`.
        edits: Pairs of edits of the same images, as `study.contrasts.edits` lists them.
        assessors: Pairs of assessors whose scores measure the same quality.
        hyperplanes: Pairs of names of hyperplanes.
        units: Unit of each assessor's score.
        controls: By the name of each edit that has some, the scores of its controls, with the
            control as `edit`.
        shares: By the name of each edit, the distance that it moves for each unit of alpha, as
            `joined.shares` gives it.
        confidence: Confidence of the intervals, between 0 and 1.

    Returns:
        The columns of `CONTRASTS`, in the order of the kinds.
    """
    changes = {str(edit): _changes(frame) for edit, frame in scores.groupby("edit", sort=False)}
    spreads = _spreads(fit_scores)
    rows = [
        *_of_edits(changes, edits, units),
        *_of_controls(scores, controls or {}, units),
        *_of_assessors(changes, assessors, spreads),
        *_of_shapes(changes, spreads),
        *(_of_hyperplanes(a, b, held_out[a], held_out[b]) for a, b in hyperplanes),
    ]
    columns = [*CONTRASTS.names, "error", "freedom"]
    table = _tested(pd.DataFrame(rows, columns=columns), confidence)
    return table.assign(moved=_moved(table, shares or {}))


def _moved(table: pd.DataFrame, shares: Mapping[str, float]) -> "pd.Series[float]":
    """Return the distances moved: null where two edits move different ones."""
    first = table["a"].where(table["edit"].isna(), table["edit"]).map(shares)
    second = table["b"].map(shares).fillna(first)
    return (table["alpha"] * first).where(first == second).astype(float)


def _changes(scores: pd.DataFrame) -> Changes:
    """Return the changes of one edit's scores from alpha 0, nan where an image has none."""
    scored = frames.scored(scores)
    alphas = np.unique(scored["alpha"])
    changes = {}
    for (assessor, shape), frame in scored.groupby(["assessor", "shape"], sort=False):
        by_image = frames.by_image(frame).reindex(columns=alphas)
        moved = by_image.columns[by_image.columns != 0]
        origin = by_image[0.0] if 0 in by_image else np.nan
        changes[str(assessor), str(shape)] = by_image[moved].sub(origin, axis=0)
    return changes


def _spreads(scores: pd.DataFrame) -> dict[tuple[str, str], Spread]:
    """Return the spread of each score of the set fit; a deviation is nan if it is 0 or unknown."""
    deviations, influences = frames.deviations(scores), frames.influences(scores)
    known = scores[["assessor", "shape"]].drop_duplicates().itertuples(index=False, name=None)
    return {
        score: Spread(deviations[score] or np.nan, influences[score].dropna()) for score in known
    }


def _of_edits(
    changes: Mapping[str, Changes], pairs: Sequence[Mapping[str, Any]], units: Mapping[str, str]
) -> Iterator[Row]:
    """Compare edits at the scores and alphas that two of them share."""
    for pair in pairs:
        first, second = (changes.get(pair[side], {}) for side in ("a", "b"))
        for score in [score for score in first if score in second]:
            (assessor, shape), own = score, (pair["own"], score[1])
            unit, against = units[assessor], own != score and {own} <= {*first} & {*second}
            for alpha in first[score].columns.intersection(second[score].columns):
                about = {"a": pair["a"], "b": pair["b"], "assessor": assessor, "shape": shape}
                about |= {"alpha": alpha, "unit": unit}
                a, b = _together(first[score][alpha], second[score][alpha])
                yield {"kind": "edits", **about, **_mean(a - b)}
                if assessor in pair["held"]:
                    yield {"kind": "held", **about, **_mean(_along_mean(a) - _along_mean(b))}
                if against:
                    ratios = _ratios(
                        *(each[name][alpha] for each in (first, second) for name in (score, own))
                    )
                    per_own = {"unit": f"{unit} per {units[pair['own']]} of {pair['own']}"}
                    yield {"kind": "equal change", **about, **per_own, **ratios}


def _of_controls(
    scores: pd.DataFrame, controls: Mapping[str, pd.DataFrame], units: Mapping[str, str]
) -> Iterator[Row]:
    """Compare each edit with its controls at the alphas and scores that they share.

    Both are compared with the same images at alpha 0, so that their scores can be subtracted.
    """
    by = ["assessor", "shape", "alpha"]
    for edit, moved in controls.items():
        own = dict(list(frames.scored(scores[scores["edit"] == edit]).groupby(by)))
        for (control, *place), frame in frames.scored(moved).groupby(["edit", *by], sort=False):
            if tuple(place) not in own:
                continue
            (assessor, shape), alpha = map(str, place[:2]), place[2]
            pair = (each.set_index("image")["score"] for each in (own[tuple(place)], frame))
            a, b = _together(*pair)
            about = {"kind": "controls", "a": edit, "b": control, "assessor": assessor}
            about |= {"shape": shape, "alpha": alpha, "unit": units[assessor]}
            yield {**about, **_mean(a - b)}


def _along_mean(changes: Floats) -> Floats:
    """Return changes whose mean is the size of theirs."""
    return np.sign(changes.mean()) * changes if len(changes) else changes


def _ratios(*columns: "pd.Series[float]") -> Row:
    """Compare the ratios a / own_a and b / own_b of mean changes.

    An image's influence on the ratio r of the means of x and y is (x_i - r y_i) / mean y (the delta
    method), so that the difference of two ratios has a paired t interval.

    Args:
        columns: Changes by image: a, own_a, b, own_b.

    Returns:
        The difference as `_mean` has it; nan if the mean of own_a or own_b is not `means.CLEAR`.
    """
    a, own_a, b, own_b = _together(*columns)
    if not (_clear(own_a) and _clear(own_b)):
        return {**_mean(a), "difference": np.nan, "error": np.nan}
    by_a, by_b = a.mean() / own_a.mean(), b.mean() / own_b.mean()
    influence = (a - by_a * own_a) / own_a.mean() - (b - by_b * own_b) / own_b.mean()
    return {**_mean(influence), "difference": by_a - by_b}


def _clear(changes: Floats) -> bool:
    return len(changes) > 1 and abs(changes.mean()) > means.CLEAR * stats.sem(changes)


def _of_assessors(
    changes: Mapping[str, Changes],
    pairs: Sequence[tuple[str, str]],
    spreads: Mapping[tuple[str, str], Spread],
) -> Iterator[Row]:
    for edit, own in changes.items():
        shapes = dict.fromkeys(shape for _, shape in own)
        for a, b in pairs:
            for shape in shapes:
                about = {"kind": "assessors", "a": a, "b": b, "edit": edit, "shape": shape}
                yield from _in_deviations(own, (a, shape), (b, shape), spreads, about)


def _of_shapes(
    changes: Mapping[str, Changes], spreads: Mapping[tuple[str, str], Spread]
) -> Iterator[Row]:
    for edit, own in changes.items():
        for assessor in dict.fromkeys(assessor for assessor, _ in own):
            about = {"kind": "shapes", "a": "square", "b": "oval"}
            about |= {"edit": edit, "assessor": assessor}
            sides = (assessor, "square"), (assessor, "oval")
            yield from _in_deviations(own, *sides, spreads, about)


def _in_deviations(
    changes: Changes,
    a: tuple[str, str],
    b: tuple[str, str],
    spreads: Mapping[tuple[str, str], Spread],
    about: Row,
) -> Iterator[Row]:
    """Compare changes of two scores, each divided by its deviation, which has an error of its own.

    The error of the deviations is that of the images of the set fit: a score that changed by d
    standard deviations is off by -d times the error of their logarithm. It is independent of the
    edited images' error; the degrees of freedom are those of Welch and Satterthwaite.
    """
    if not {a, b} <= {*changes} & {*spreads}:
        return
    (of_a, influence_a), (of_b, influence_b) = spreads[a], spreads[b]
    in_both = (influence_a * influence_b).sum()
    for alpha in changes[a]:
        own_a, own_b = _together(changes[a][alpha] / of_a, changes[b][alpha] / of_b)
        found = _mean(own_a - own_b)
        by_a, by_b = (each.mean() if len(each) else np.nan for each in (own_a, own_b))
        of_fit = by_a**2 * (influence_a**2).sum() + by_b**2 * (influence_b**2).sum()
        of_fit -= 2 * by_a * by_b * in_both
        of_edit, fitted = found["error"] ** 2, min(len(influence_a), len(influence_b))
        variance = of_edit + of_fit
        parts = of_edit**2 / max(found["freedom"], 1) + of_fit**2 / max(fitted - 1, 1)
        found["error"] = np.sqrt(variance)
        found["freedom"] = variance**2 / parts if parts else found["freedom"]
        yield {**about, "alpha": alpha, "unit": "standard deviations of the set fit", **found}


def _of_hyperplanes(a: str, b: str, of_a: pd.DataFrame, of_b: pd.DataFrame) -> Row:
    """Compare the shares of hits among the images that both hyperplanes were tested on.

    McNemar's test, which takes hits as independent, alarms too often: k-fold cross-validation tests
    k hyperplanes whose training images overlap. The variance of a mean over folds grows by the
    factor 1 + k n_test / n_train = 1 + k / (k - 1) (Nadeau and Bengio, Machine Learning 52:239,
    2003; Bouckaert and Frank, PAKDD 2004), here applied to that of a mean over images. One split
    tests one hyperplane, and needs no factor.
    """
    both = of_a.merge(of_b, on="image", suffixes=("_a", "_b"))
    hit_a, hit_b = both["hit_a"].astype(bool), both["hit_b"].astype(bool)
    names = [name.split("/") for name in (a, b)]
    (_, assessor, shape, _), (_, other, another, _) = names
    folds = of_a["fold"].nunique()
    found = _mean(hit_a.to_numpy(np.float64) - hit_b.to_numpy(np.float64))
    if folds > 1:
        found["error"] *= np.sqrt(1 + folds / (folds - 1))
    table = [[0, int((hit_a & ~hit_b).sum())], [int((hit_b & ~hit_a).sum()), 0]]
    return {
        "kind": "hyperplanes",
        "a": a,
        "b": b,
        "assessor": assessor if assessor == other else None,
        "shape": shape if shape == another else None,
        "unit": "share of images",
        **found,
        "mcnemar_p": float(mcnemar(table, exact=True).pvalue) if len(both) else np.nan,
    }


def _together(*columns: "pd.Series[float]") -> list[Floats]:
    """Return the values of the images that all columns have."""
    whole = pd.concat(columns, axis=1, join="inner").dropna()
    return list(whole.to_numpy(np.float64).T)


def _mean(differences: Floats) -> Row:
    """Return the mean of the images' differences, with its standard error."""
    n = len(differences)
    mean = differences.mean() if n else np.nan
    error = stats.sem(differences) if n > 1 else np.nan
    return {"n": n, "difference": mean, "error": error, "freedom": n - 1}


def _tested(table: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Return rows with the intervals and tests of their differences, corrected by kind."""
    table = table.astype(dict.fromkeys(["difference", "error", "freedom", "mcnemar_p"], float))
    difference, error = table["difference"], table["error"].where(table["freedom"] > 0)
    margin = stats.t.ppf((1 + confidence) / 2, table["freedom"]) * error
    # Differences that are all equal leave no doubt.
    deviate = (difference.abs() / error).mask((error == 0) & (difference == 0), 0.0)
    p = pd.Series(2 * stats.t.sf(deviate, table["freedom"]), table.index)
    p = p.mask(p < table["mcnemar_p"], table["mcnemar_p"])
    tested = table.assign(low=difference - margin, high=difference + margin, p=p)
    tested["p_holm"] = tested.groupby("kind")["p"].transform(corrections.holm)
    order = {kind: place for place, kind in enumerate(KINDS)}
    tested = tested.sort_values("kind", key=lambda kind: kind.map(order), kind="stable")
    finished: pd.DataFrame = tested[CONTRASTS.names].reset_index(drop=True)
    return finished
