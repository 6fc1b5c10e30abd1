"""Lost faces against SciPy and pandas, and what there is where little is."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mnemo import tables
from mnemo.results import lost_faces, survivors

ALPHAS = (-2.0, 0.0, 2.0)


def faces(found: Callable[[float, int], bool], n: int = 60) -> pd.DataFrame:
    """Score n faces at three alphas, each with a slope of its own, and ovals of those found."""
    random = np.random.default_rng(0)
    slopes = random.normal(0.02, 0.01, n)
    rows = [
        {
            "image": f"{image:07d}",
            "alpha": alpha,
            "shape": shape,
            "score": 0.8 + slopes[image] * alpha + random.normal(0, 0.005),
        }
        for shape in ("square", "oval")
        for alpha in ALPHAS
        for image in range(n)
        if shape == "square" or found(alpha, image)
    ]
    return pd.DataFrame(rows).assign(edit="up", assessor="resmem")


def some(alpha: float, image: int) -> bool:
    """Lose every third face at -2, five at 2, and two at 0, one of which is found again."""
    lost = {-2.0: range(0, 60, 3), 2.0: range(5), 0.0: (1, 3)}
    return image not in lost[alpha]


@pytest.fixture(scope="module")
def scores() -> pd.DataFrame:
    return faces(some)


@pytest.fixture(scope="module")
def measured(scores: pd.DataFrame) -> pd.DataFrame:
    return lost_faces.measure(scores, confidence=0.9).set_index("alpha")


def change(scores: pd.DataFrame, shape: str, alpha: float) -> "pd.Series[float]":
    wide = scores[scores["shape"] == shape].pivot(index="image", columns="alpha", values="score")
    return (wide[alpha] - wide[0.0]).dropna()


def test_faces_are_found_lost_and_gained_against_alpha_0(measured: pd.DataFrame) -> None:
    counts = measured[["found", "lost", "gained", "n_complete"]]
    assert counts.to_dict("index") == {
        -2.0: {"found": 39, "lost": 19, "gained": 1, "n_complete": 37},
        0.0: {"found": 58, "lost": 0, "gained": 0, "n_complete": 37},
        2.0: {"found": 55, "lost": 3, "gained": 0, "n_complete": 37},
    }
    np.testing.assert_allclose(measured["share_found"], [39 / 58, 1, 55 / 58])


def test_squares_of_found_and_lost_faces_are_compared_by_welchs_test(
    scores: pd.DataFrame, measured: pd.DataFrame
) -> None:
    squares, ovals = change(scores, "square", -2.0), change(scores, "oval", -2.0)
    there = scores.query("shape == 'oval' and alpha == 0")["image"]
    found, lost = squares[ovals.index], squares[there[~there.isin(ovals.index)]]
    test = stats.ttest_ind(found, lost, equal_var=False)
    row = measured.loc[-2.0]
    assert row["square_p"] == pytest.approx(test.pvalue)
    expected = [found.mean() - lost.mean(), *test.confidence_interval(0.9)]
    names = [f"square_difference{end}" for end in ("", "_low", "_high")]
    np.testing.assert_allclose(row[names].astype(float), expected)
    assert row["square_lost"] == pytest.approx(lost.mean())
    assert row["oval"] == pytest.approx(ovals.mean())
    ends = stats.t.interval(0.9, len(ovals) - 1, ovals.mean(), stats.sem(ovals))
    assert (row["oval_low"], row["oval_high"]) == pytest.approx(ends)


def test_the_complete_case_is_of_the_same_faces_at_every_alpha(
    scores: pd.DataFrame, measured: pd.DataFrame
) -> None:
    ovals = scores[scores["shape"] == "oval"]
    wide = ovals.pivot(index="image", columns="alpha", values="score").dropna()
    for alpha in ALPHAS:
        expected = (wide[alpha] - wide[0.0]).mean()
        assert measured.loc[alpha, "oval_complete"] == pytest.approx(expected)


def test_few_lost_faces_have_no_comparison_and_no_weights(measured: pd.DataFrame) -> None:
    few = measured.loc[2.0]
    absent = few[["square_difference", "square_p", "oval_weighted", "n_effective"]]
    assert absent.isna().all()
    assert few[["square_found", "square_lost", "oval"]].notna().all()


def test_where_no_face_is_lost_the_ovals_stand_for_all() -> None:
    whole = lost_faces.measure(faces(lambda _, __: True)).set_index("alpha")
    for end in ("", "_low", "_high"):
        np.testing.assert_allclose(whole[f"oval_weighted{end}"], whole[f"oval{end}"])
    assert (whole["n_effective"] == 60).all()
    assert whole["square_lost"].isna().all()


def test_without_squares_there_is_what_needs_none(
    scores: pd.DataFrame, measured: pd.DataFrame
) -> None:
    alone = lost_faces.measure(scores[scores["shape"] == "oval"], confidence=0.9)
    alone = alone.set_index("alpha")
    needed = [name for name in alone if name.startswith(("square", "oval_weighted", "n_eff"))]
    assert alone[needed].isna().all(axis=None)
    kept = [name for name in measured if name not in needed]
    pd.testing.assert_frame_equal(alone[kept], measured[kept])


def test_loss_by_the_slope_of_a_face_misleads_the_ovals_and_not_the_weighted_ones() -> None:
    random = np.random.default_rng(3)
    slopes = random.normal(0.02, 0.012, 2000)
    lost = random.random(2000) < 1 / (1 + np.exp(-(slopes - 0.02) / 0.012))
    frame = faces(lambda _, __: True, 2000).sort_values(["shape", "alpha", "image"])
    frame["score"] = 0.8 + np.tile(slopes, 6) * frame["alpha"] + random.normal(0, 0.005, 12_000)
    kept = ~((frame["shape"] == "oval") & (frame["alpha"] == 2.0) & np.tile(lost, 6))
    row = lost_faces.measure(frame[kept]).set_index("alpha").loc[2.0]
    assert row["oval_high"] < 0.04
    assert row["oval_weighted_low"] < 0.04 < row["oval_weighted_high"]


def test_the_measure_fits_its_table(measured: pd.DataFrame) -> None:
    table = tables.conform(measured.reset_index(), lost_faces.LOST_FACES)
    assert table["found"].to_pylist() == [39, 58, 55]


def test_an_alpha_without_any_face_has_lost_them_all(scores: pd.DataFrame) -> None:
    none = scores[(scores["shape"] == "square") | (scores["alpha"] != 2.0)]
    row = lost_faces.measure(none).set_index("alpha").loc[2.0]
    assert row[["found", "lost", "share_found", "n_complete"]].tolist() == [0, 58, 0, 0]
    assert row[["oval", "oval_weighted", "oval_complete", "square_found"]].isna().all()
    assert row["square_lost"] > 0


def test_survivors_are_marked_where_too_few_faces_are_found(scores: pd.DataFrame) -> None:
    ovals, alphas = scores[scores["shape"] == "oval"], np.array(ALPHAS)
    assert survivors.marked(ovals, alphas, 0.9).tolist() == [True, False, False]
    assert survivors.marked(ovals, alphas, 0.95).tolist() == [True, False, True]
    assert not survivors.marked(scores[scores["shape"] == "square"], alphas, 1.0).any()
    unseen = ovals[ovals["alpha"] != 0]
    assert survivors.marked(unseen, alphas, 0.0).all()
