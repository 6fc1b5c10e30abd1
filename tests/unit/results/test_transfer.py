"""Transfer: against the slopes of scores that are standardised before they are fitted."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mnemo import tables
from mnemo.results import slopes, transfer
from mnemo.statistics import mixed

PLANE = {
    "space": "z",
    "assessor": "resmem",
    "shape": "square",
    "threshold": "mean",
    "estimator": "logistic",
}
DIRECTIONS = [{"edit": "memorable", **PLANE}]


def scores_of(means, deviations, images=200, **columns):
    """Scores of two assessors of squares and ovals, as float32 as in the tables."""
    generator = np.random.default_rng(0)
    parts = [
        pd.DataFrame(
            {
                "assessor": assessor,
                "shape": shape,
                "image": [f"{seed:07d}" for seed in range(images)],
                "score": generator.normal(mean, deviation, images).astype(np.float32),
                **columns,
            }
        )
        for (assessor, mean), deviation in zip(means.items(), deviations, strict=True)
        for shape in ("square", "oval")
    ]
    return pd.concat(parts, ignore_index=True)


FIT = scores_of({"resmem": 0.8, "age": 40.0}, [0.05, 9.0])


def edited(name="memorable", response=0.3, **responses):
    """Scores at three alphas that rise by a share of the assessor's spread, images unlike."""
    spread = FIT["assessor"].map({"resmem": 0.05, "age": 9.0}).astype(np.float32)
    rises = FIT["assessor"].map(lambda assessor: responses.get(assessor, response))
    generator = np.random.default_rng(1)
    parts = []
    for alpha in (-1.0, 0.0, 1.0):
        noise = (rises * alpha + generator.normal(0, 0.1, len(FIT))).astype(np.float32)
        parts.append(FIT.assign(edit=name, alpha=alpha, score=FIT["score"] + spread * noise))
    return pd.concat(parts, ignore_index=True)


def matrix_of(scores, directions=DIRECTIONS, fit=FIT):
    return transfer.matrix(slopes.measure(scores), directions, scores, fit)


def test_a_standard_slope_is_the_slope_of_standardised_scores():
    scores = edited()
    matrix = matrix_of(scores)
    assert matrix[["assessor", "shape"]].to_numpy().tolist() == [
        ["age", "oval"],
        ["age", "square"],
        ["resmem", "oval"],
        ["resmem", "square"],
    ]
    for row in matrix.itertuples():
        wanted = f"assessor == '{row.assessor}' and shape == '{row.shape}'"
        deviation = np.std(FIT.query(wanted)["score"].to_numpy(np.float64), ddof=1)
        frame = scores.query(wanted)
        theirs = mixed.slope(frame.assign(score=frame["score"].astype(float) / deviation))
        assert row.deviation == pytest.approx(deviation)
        assert row.standard_slope == pytest.approx(theirs.slope, rel=1e-4)
        assert row.standard_slope == pytest.approx(0.3, abs=0.03)
        assert row.slope == pytest.approx(row.standard_slope * deviation)
        # The relative variance of a standard deviation is (kurtosis - 1) / 4 n.
        kurtosis = stats.kurtosis(FIT.query(wanted)["score"].to_numpy(np.float64), fisher=False)
        margins = theirs.high - theirs.slope, 1.96 * theirs.slope * np.sqrt((kurtosis - 1) / 800)
        found = row.standard_slope - row.standard_slope_low
        assert found == pytest.approx(np.hypot(*margins), rel=1e-3)
        assert row.standard_slope_high - row.standard_slope == pytest.approx(found)


def test_a_row_says_which_hyperplane_the_edit_moves_along_and_how_far():
    matrix = matrix_of(edited())
    assert tables.conform(matrix, transfer.TRANSFER).schema == transfer.TRANSFER
    about = ["edit", "space", "fitted_on", "fitted_shape", "threshold", "n"]
    assert (matrix[about] == ["memorable", "z", "resmem", "square", "mean", 200]).all(axis=None)
    assert (matrix[["alpha_low", "alpha_high"]] == [-1, 1]).all(axis=None)


def test_the_matrix_has_the_edits_in_their_order_and_no_other():
    scores = pd.concat([edited("b"), edited("a"), edited("conditional")])
    directions = [{"edit": "b", **PLANE}, {"edit": "a", **PLANE, "assessor": "age"}]
    matrix = matrix_of(scores, directions)
    assert matrix["edit"].tolist() == ["b"] * 4 + ["a"] * 4
    assert matrix["fitted_on"].tolist() == ["resmem"] * 4 + ["age"] * 4


def test_a_relative_slope_is_the_change_for_an_equal_change_of_the_directions_own_scores():
    """Its interval is that of the ratio over resamples of the images, which both scores share."""
    scores = edited(resmem=0.4, age=0.1)
    found = matrix_of(scores).set_index(["assessor", "shape"])
    own, other = found.loc[("resmem", "square")], found.loc[("age", "square")]
    assert np.isnan([own.relative_slope, own.relative_slope_low]).all()
    assert other.relative_slope == pytest.approx(other.standard_slope / own.standard_slope)
    squares = scores[scores["shape"] == "square"]
    wide = squares.pivot(index="image", columns=["assessor", "alpha"], values="score")
    rises = {
        name: (wide[name][1.0] - wide[name][-1.0]).to_numpy(float)
        for name in wide.columns.levels[0]
    }
    fit = FIT[FIT["shape"] == "square"].pivot(index="image", columns="assessor", values="score")
    generator = np.random.default_rng(2)
    ratios = []
    for _ in range(1000):
        images, unedited = generator.integers(200, size=(2, 200))
        deviation = fit.iloc[unedited].std()
        of = {name: rises[name][images].mean() / deviation[name] for name in rises}
        ratios.append(of["age"] / of["resmem"])
    width = np.subtract(*np.quantile(ratios, [0.975, 0.025]))
    assert other.relative_slope_high - other.relative_slope_low == pytest.approx(width, rel=0.1)


def test_a_direction_that_does_not_move_its_own_scores_has_no_relative_slopes():
    matrix = matrix_of(edited(resmem=0.0, age=0.3))
    assert matrix.filter(like="relative_slope").isna().all(axis=None)
    assert matrix["standard_slope"].notna().all()


def test_a_slope_that_could_not_be_fitted_stays_missing():
    matrix = matrix_of(edited().query("shape == 'square' or alpha == 0"))
    tables.conform(matrix, transfer.TRANSFER)
    ovals = matrix["shape"] == "oval"
    ends = ["standard_slope", "standard_slope_low", "standard_slope_high"]
    assert matrix.loc[ovals, [*ends, "relative_slope"]].isna().all(axis=None)
    assert matrix.loc[~ovals, ends].notna().all(axis=None)


def test_an_assessor_that_scores_all_images_alike_has_no_standard_slope_beside_the_others():
    alike = FIT.assign(score=FIT["score"].mask(FIT["assessor"] == "age", 40))
    measured, usual = (matrix_of(edited(), fit=fit) for fit in (alike, FIT))
    age = measured["assessor"] == "age"
    assert (measured.loc[age, "deviation"] == 0).all()
    assert measured.loc[age].filter(like="standard_slope").isna().all(axis=None)
    assert measured.loc[age].filter(like="relative_slope").isna().all(axis=None)
    assert measured.loc[age, "slope"].equals(usual.loc[age, "slope"])
    pd.testing.assert_frame_equal(measured[~age], usual[~age])
    assert tables.conform(measured, transfer.TRANSFER)
