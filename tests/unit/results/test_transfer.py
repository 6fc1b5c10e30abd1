"""Transfer: against the slopes of scores that are standardised before they are fitted."""

import numpy as np
import pandas as pd
import pytest

from mnemo import tables
from mnemo.results import dose_response, transfer
from mnemo.statistics import mixed

PLANE = {"space": "z", "assessor": "resmem", "shape": "square", "threshold": "mean"}
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


def edited(name="memorable", response=0.3):
    """Scores at three alphas that rise by a share of the assessor's spread, images unlike."""
    spread = FIT["assessor"].map({"resmem": 0.05, "age": 9.0}).astype(np.float32)
    generator = np.random.default_rng(1)
    parts = []
    for alpha in (-1.0, 0.0, 1.0):
        noise = generator.normal(response * alpha, 0.1, len(FIT)).astype(np.float32)
        parts.append(FIT.assign(edit=name, alpha=alpha, score=FIT["score"] + spread * noise))
    return pd.concat(parts, ignore_index=True)


def slopes_of(scores):
    return dose_response.responses(scores)["slopes"]


def test_a_standard_slope_is_the_slope_of_standardised_scores():
    scores = edited()
    matrix = transfer.matrix(slopes_of(scores), DIRECTIONS, FIT)
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
        found = (row.standard_slope_low, row.standard_slope, row.standard_slope_high)
        assert found == pytest.approx((theirs.low, theirs.slope, theirs.high), rel=1e-4)
        assert row.standard_slope == pytest.approx(0.3, abs=0.03)
        assert row.slope == pytest.approx(row.standard_slope * deviation)


def test_a_row_says_which_hyperplane_the_edit_moves_along():
    matrix = transfer.matrix(slopes_of(edited()), DIRECTIONS, FIT)
    assert tables.conform(matrix, transfer.TRANSFER).schema == transfer.TRANSFER
    about = ["edit", "space", "fitted_on", "fitted_shape", "threshold", "n"]
    assert (matrix[about] == ["memorable", "z", "resmem", "square", "mean", 200]).all(axis=None)


def test_the_matrix_has_the_edits_in_their_order_and_no_other():
    scores = pd.concat([edited("b"), edited("a"), edited("conditional")])
    directions = [{"edit": "b", **PLANE}, {"edit": "a", **PLANE, "assessor": "age"}]
    matrix = transfer.matrix(slopes_of(scores), directions, FIT)
    assert matrix["edit"].tolist() == ["b"] * 4 + ["a"] * 4
    assert matrix["fitted_on"].tolist() == ["resmem"] * 4 + ["age"] * 4


def test_a_slope_that_could_not_be_fitted_stays_missing():
    scores = edited().query("shape == 'square' or alpha == 0")
    matrix = transfer.matrix(slopes_of(scores), DIRECTIONS, FIT)
    tables.conform(matrix, transfer.TRANSFER)
    ovals = matrix["shape"] == "oval"
    ends = ["standard_slope", "standard_slope_low", "standard_slope_high"]
    assert matrix.loc[ovals, ends].isna().all(axis=None)
    assert matrix.loc[~ovals, ends].notna().all(axis=None)


def test_an_assessor_that_scores_all_images_alike_has_no_standard_slope_beside_the_others():
    alike = FIT.assign(score=FIT["score"].mask(FIT["assessor"] == "age", 40))
    slopes = slopes_of(edited())
    measured, usual = (transfer.matrix(slopes, DIRECTIONS, fit) for fit in (alike, FIT))
    age = measured["assessor"] == "age"
    assert (measured.loc[age, "deviation"] == 0).all()
    assert measured.loc[age].filter(like="standard_slope").isna().all(axis=None)
    assert measured.loc[age, "slope"].equals(usual.loc[age, "slope"])
    pd.testing.assert_frame_equal(measured[~age], usual[~age])
    assert tables.conform(measured, transfer.TRANSFER)
