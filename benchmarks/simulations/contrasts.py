"""Contrasts of edits, assessors, shapes and hyperplanes on the same images."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from benchmarks.simulations import Interval, Simulation
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from mnemo.results import contrasts

UNITS = {"resmem": "score", "student": "score", "age": "year"}
NOTHING = pd.DataFrame(columns=["edit", "image", "assessor", "shape", "alpha", "score"])
#: Images of the set fit that assessors' standard deviations come from.
FIT = 1000


def _rows(scores: NDArray[np.float64], **about: Any) -> pd.DataFrame:
    """Lay scores of images out as rows of a table; a missing score has none."""
    keys = [f"{seed:07d}" for seed in range(len(scores))]
    return pd.DataFrame({"image": keys, "score": scores, **about}).dropna()


def _edited(
    changes: Mapping[tuple[str, str, str], NDArray[np.float64]], unedited: NDArray[np.float64]
) -> pd.DataFrame:
    """Make scores at alpha 0 and 4 from changes by edit, assessor and shape."""
    return pd.concat(
        [
            _rows(unedited + share * change, edit=edit, assessor=name, shape=shape, alpha=alpha)
            for (edit, name, shape), change in changes.items()
            for alpha, share in ((0.0, 0.0 * change), (4.0, 1.0))
        ]
    )


def _measure(scores: pd.DataFrame = NOTHING, fit: pd.DataFrame = NOTHING, **more: Any) -> Any:
    given: dict[str, Any] = {"edits": [], "assessors": [], "hyperplanes": [], "held_out": {}}
    given |= more
    return contrasts.measure(scores, fit, units=UNITS, **given)


def _of_kind(measured: pd.DataFrame, kind: str, truth: float) -> dict[str, Interval]:
    (found,) = measured[measured["kind"] == kind].to_dict("records")
    return {"difference": (found["low"], truth, found["high"])}


def _edits(n: int, kind: str, means: tuple[float, float], lost: float = 0.0) -> Simulation:
    """Two edits that change the age of the same images by some years, correlated .9.

    They change the score of their directions' assessor by 0.08 and by 0.1.
    """
    own = (0.08, 0.1)
    truth = {
        "edits": means[0] - means[1],
        "held": abs(means[0]) - abs(means[1]),
        "equal change": means[0] / own[0] - means[1] / own[1],
    }[kind]

    def draw(seed: int) -> dict[str, Interval]:
        generator = np.random.default_rng(seed)
        common = generator.normal(size=n)
        changes: dict[tuple[str, str, str], NDArray[np.float64]] = {}
        for edit, mean, rise in zip("ab", means, own, strict=True):
            noise = np.sqrt(0.9) * common + np.sqrt(0.1) * generator.normal(size=n)
            found = np.where(generator.random(n) < lost, np.nan, 0.0)
            changes[edit, "age", "oval"] = mean + 4 * noise + found
            if kind == "equal change":
                change = rise + 0.04 * (0.5 * noise + np.sqrt(0.75) * generator.normal(size=n))
                changes[edit, "resmem", "oval"] = change + found
        scores = _edited(changes, generator.normal(30, 8, n))
        pair = {"a": "a", "b": "b", "held": ["age"], "own": "resmem"}
        measured = _measure(scores, edits=[pair])
        return _of_kind(measured[measured["assessor"] == "age"], kind, truth)

    setting = f"{kind}: {n:,} images, changes of {means[0]:g} and {means[1]:g} years"
    setting += f", {lost:.0%} of the ovals lost" if lost else ""
    cautious = {"difference": "cautious where neither edit changes the attribute"}
    return Simulation(
        "contrasts", setting, draw, cautious if kind == "held" and not any(means) else {}
    )


def _in_deviations(n: int, kind: str, means: tuple[float, float], lost: float = 0.0) -> Simulation:
    """One edit that changes two scores of the same images, of unlike spread, correlated .7."""
    sides = {
        "assessors": (("resmem", "square"), ("student", "square")),
        "shapes": (("resmem", "square"), ("resmem", "oval")),
    }[kind]

    def draw(seed: int) -> dict[str, Interval]:
        generator = np.random.default_rng(seed)
        covariance = [[1, 0.7], [0.7, 1]]
        fit = generator.multivariate_normal([0, 0], covariance, FIT)
        moved = generator.multivariate_normal(means, np.multiply(0.6**2, covariance), n)
        changes, unedited = {}, []
        for place, (assessor, shape) in enumerate(sides):
            spread = (0.05, 0.2)[place]
            found = np.where(generator.random(n) < lost, np.nan, 0.0) if shape == "oval" else 0.0
            changes["a", assessor, shape] = spread * moved[:, place] + found
            unedited.append(_rows(spread * fit[:, place], assessor=assessor, shape=shape))
        scores = _edited(changes, np.zeros(n))
        measured = _measure(scores, pd.concat(unedited), assessors=[("resmem", "student")])
        return _of_kind(measured, kind, means[0] - means[1])

    setting = f"{kind}: {n:,} images, changes of {means[0]:g} and {means[1]:g} standard deviations"
    setting += f", {lost:.0%} of the ovals lost" if lost else ""
    return Simulation("contrasts", setting, draw, {})


def hits(latents: NDArray[np.float64], scores: NDArray[np.float64], folds: int = 5) -> pd.DataFrame:
    """Cross-validate a linear classifier by least squares, which is faster than by likelihood."""
    high = scores >= scores.mean()
    design = np.column_stack([latents, np.ones(len(latents))])
    hits = []
    for fold, (fitted, tested) in enumerate(
        StratifiedKFold(folds, shuffle=True, random_state=0).split(high, high)
    ):
        rows, signs = design[fitted], 2.0 * high[fitted] - 1
        coefficients = np.linalg.solve(rows.T @ rows, rows.T @ signs)
        hit = (design[tested] @ coefficients > 0) == high[tested]
        keys = [f"{seed:07d}" for seed in tested]
        hits.append(pd.DataFrame({"image": keys, "hit": hit, "fold": fold}))
    return pd.concat(hits)


def _hyperplanes(
    n: int, dimensions: int, signal: tuple[float, float], differ: str, truth: float = 0.0
) -> Simulation:
    """Hyperplanes of two assessors, or in two spaces that share half of their dimensions."""

    def draw(seed: int) -> dict[str, Interval]:
        generator = np.random.default_rng(seed)
        latents = generator.normal(size=(n, dimensions))
        noise = generator.multivariate_normal([0, 0], [[1, 0.5], [0.5, 1]], n)
        if differ == "assessor":
            pair = ("z/resmem/square/mean", "z/student/square/mean")
            towards = latents[:, :2] @ [[1, 0.7], [0, np.sqrt(0.51)]]
            scores = towards * signal + noise
            tested = [hits(latents, score) for score in scores.T]
        else:
            pair = ("z/resmem/square/mean", "w/resmem/square/mean")
            half = dimensions // 2
            others = generator.normal(size=(n, half))
            score = latents[:, [0, half]] @ [0.8, 0.4] + 0.4 * others[:, 0]
            score = score * signal[0] + noise[:, 0]
            spaces = latents, np.column_stack([latents[:, :half], others])
            tested = [hits(space, score) for space in spaces]
        measured = _measure(held_out=dict(zip(pair, tested, strict=True)), hyperplanes=[pair])
        return _of_kind(measured, "hyperplanes", truth)

    effect = "no signal" if not any(signal) else f"signal {signal[0]:g} and {signal[1]:g}"
    setting = f"hyperplanes: {n:,} images, {dimensions} dimensions, another {differ}, {effect}"
    instead = {"difference": "cautious: covers 98 to 99 %"}
    return Simulation("contrasts", setting, draw, instead)


SIMULATIONS = [
    _edits(100, "edits", (-0.5, -2.2)),
    _edits(1000, "edits", (-0.5, -2.2), lost=0.3),
    _edits(100, "edits", (0.0, 0.0), lost=0.3),
    _edits(100, "held", (-0.9, -2.2)),
    _edits(100, "held", (1.5, -1.5)),
    _edits(1000, "held", (0.0, -2.2), lost=0.3),
    _edits(1000, "held", (0.0, 0.0)),
    _edits(100, "equal change", (-0.5, -2.2)),
    _edits(1000, "equal change", (-0.5, -2.2), lost=0.3),
    _edits(100, "equal change", (0.0, 0.0)),
    _in_deviations(100, "assessors", (3.0, 2.2)),
    _in_deviations(1000, "assessors", (3.0, 2.2)),
    _in_deviations(100, "assessors", (0.0, 0.0)),
    _in_deviations(100, "shapes", (2.2, 1.3), lost=0.3),
    _in_deviations(1000, "shapes", (2.2, 1.3), lost=0.3),
    _in_deviations(1000, "shapes", (0.0, 0.0)),
    _hyperplanes(1000, 100, (0.6, 0.6), "assessor"),
    # The mean difference in 3,000 other studies; its standard error is 0.001.
    _hyperplanes(300, 30, (1.2, 0.5), "assessor", truth=0.139),
    _hyperplanes(1000, 100, (0.0, 0.0), "assessor"),
    _hyperplanes(300, 100, (0.0, 0.0), "assessor"),
    _hyperplanes(1000, 100, (0.6, 0.6), "space"),
    _hyperplanes(1000, 100, (0.0, 0.0), "space"),
]
