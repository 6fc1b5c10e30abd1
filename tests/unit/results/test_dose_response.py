"""Dose and response: against SciPy, statsmodels and the numbers of paper 1's authors."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.weightstats import DescrStatsW
from tests.data.responses import PAPER_ALPHAS, PAPER_MEANS, lose, respond

from mnemo import tables
from mnemo.results import dose_response, schemas, slopes


def test_the_dose_response_is_the_mean_with_its_t_interval():
    frame = lose(respond(40, PAPER_ALPHAS, PAPER_MEANS, noise=0.02), 0.2)
    table = dose_response.dose_response(frame, confidence=0.9)
    assert table["alpha"].tolist() == PAPER_ALPHAS
    for row in table.itertuples():
        scores = frame.loc[frame["alpha"] == row.alpha, "score"].dropna()
        assert row.n == len(scores)
        assert row.mean == pytest.approx(scores.mean())
        theirs = DescrStatsW(scores).tconfint_mean(alpha=0.1)
        assert (row.low, row.high) == pytest.approx(theirs)


def test_an_alpha_whose_scores_are_equal_has_an_interval_of_no_width():
    table = dose_response.dose_response(respond(5, [0, 1], [0.5, 0.6], spread=0))
    assert table["low"].tolist() == table["high"].tolist() == table["mean"].tolist()


def test_a_change_is_that_of_the_paired_t_test_over_images_scored_at_both_alphas():
    frame = lose(respond(60, PAPER_ALPHAS, PAPER_MEANS, noise=0.05), 0.2)
    table = dose_response.dose_response(frame, confidence=0.9).set_index("alpha")
    wide = frame.pivot(index="image", columns="alpha", values="score")
    for alpha, row in table.drop(index=0.0).iterrows():
        both = wide[[0.0, alpha]].dropna()
        theirs = stats.ttest_rel(both[alpha], both[0.0]).confidence_interval(0.9)
        assert row["n_paired"] == len(both) < wide[alpha].count()
        assert row["change"] == pytest.approx((both[alpha] - both[0.0]).mean())
        assert (row["change_low"], row["change_high"]) == pytest.approx(tuple(theirs))
    assert table.loc[0.0, ["change", "change_low", "change_high"]].tolist() == [0, 0, 0]
    assert table.loc[0.0, "n_paired"] == wide[0.0].count()


def test_the_shares_that_move_with_alpha_and_against_it_have_wilsons_intervals():
    frame = lose(respond(60, PAPER_ALPHAS, PAPER_MEANS, noise=0.05), 0.2)
    table = dose_response.dose_response(frame, confidence=0.9).set_index("alpha")
    wide = frame.pivot(index="image", columns="alpha", values="score")
    for alpha, row in table.drop(index=0.0).iterrows():
        onward = ((wide[alpha] - wide[0.0]) * alpha).dropna()
        for name, images in (
            ("wrong_way", (onward < 0).sum()),
            ("improvement_ratio", (onward > 0).sum()),
        ):
            theirs = stats.binomtest(int(images), len(onward)).proportion_ci(0.9, method="wilson")
            assert row[name] == pytest.approx(images / len(onward))
            ends = (row[f"{name}_low"], row[f"{name}_high"])
            assert ends == pytest.approx((theirs.low, theirs.high))
    shares = ["wrong_way", "improvement_ratio", "relative_gain"]
    ends = [f"{name}_{end}" for name in shares for end in ("low", "high")]
    assert table.loc[0.0, [*shares, *ends]].isna().all()


def test_a_score_that_stays_equal_moves_neither_way():
    frame = respond(8, [-1, 0, 1], [0.5, 0.5, 0.5])
    table = dose_response.dose_response(frame).set_index("alpha").drop(index=0.0)
    assert (table[["wrong_way", "improvement_ratio"]] == 0).all(axis=None)


def test_the_relative_gain_is_the_mean_of_the_images_own():
    frame = respond(60, [0, 1], [2.0, 2.5], noise=0.3)
    wide = frame.pivot(index="image", columns="alpha", values="score")
    theirs = DescrStatsW(wide[1] / wide[0] - 1)
    row = dose_response.dose_response(frame).set_index("alpha").loc[1.0]
    assert row["relative_gain"] == pytest.approx(theirs.mean)
    ends = (row["relative_gain_low"], row["relative_gain_high"])
    assert ends == pytest.approx(theirs.tconfint_mean())


def test_a_relative_gain_of_scores_that_are_not_above_0_is_missing():
    frame = respond(8, [0, 1, 2], [0.5, 0.6, 0.7])
    worst = frame["image"] == "0000003"
    frame.loc[worst & (frame["alpha"] == 0), "score"] = 0.0
    table = dose_response.dose_response(frame).set_index("alpha")
    assert table["relative_gain"].isna().all()
    # Where that image has no score, the others have a gain.
    table = dose_response.dose_response(frame[~worst | (frame["alpha"] < 2)]).set_index("alpha")
    assert table["relative_gain"].isna().tolist() == [True, True, False]


def test_alphas_without_an_image_have_a_row():
    table = dose_response.dose_response(respond(5, [0, 1], [0.5, 0.6]), [0, 1, 2])
    assert table["n"].tolist() == table["n_paired"].tolist() == [5, 5, 0]
    assert table.iloc[2].drop(["alpha", "n", "n_paired"]).isna().all()


def test_local_slopes_are_paired_over_images():
    frame = lose(respond(60, PAPER_ALPHAS, PAPER_MEANS, spread=5, noise=0.02), 0.15)
    table = dose_response.local_slopes(frame)
    wide = frame.pivot_table(index="image", columns="alpha", values="score")
    assert table["alpha_low"].tolist() == PAPER_ALPHAS[:-1]
    assert table["alpha_high"].tolist() == PAPER_ALPHAS[1:]
    for row in table.itertuples():
        rises = (wide[row.alpha_high] - wide[row.alpha_low]).dropna()
        theirs = stats.ttest_rel(wide[row.alpha_high], wide[row.alpha_low], nan_policy="omit")
        assert row.n == len(rises) < 60
        assert row.slope == pytest.approx(rises.mean() / 3)
        assert (row.low, row.high) == pytest.approx(np.array(theirs.confidence_interval()) / 3)


def test_local_slopes_show_that_the_papers_response_is_not_linear():
    table = dose_response.local_slopes(respond(30, PAPER_ALPHAS, PAPER_MEANS))
    np.testing.assert_allclose(
        table["slope"], [0.0083, 0.0122, 0.0157, 0.0242, 0.0264, 0.0255], atol=1e-4
    )


@pytest.mark.parametrize("found", [0, 1, 2])
def test_a_shape_with_hardly_any_face_is_measured_as_far_as_it_goes(found):
    """The squares' results must not be lost because no oval was found."""
    generator = np.random.default_rng(0)
    rows = [
        {
            "edit": "memorable",
            "assessor": "resmem",
            "shape": shape,
            "alpha": alpha,
            "image": str(image),
            "score": 0.8 + 0.02 * alpha + generator.normal(0, 0.01),
        }
        for shape in ("square", "oval")
        for alpha in (-1.0, 0.0, 1.0)
        for image in range(20 if shape == "square" else 3)
        if shape == "square" or alpha == 0 or image < found
    ]
    measured = dose_response.responses(pd.DataFrame(rows))
    for name, frame in measured.items():
        assert tables.conform(frame, schemas.of(name), name)
        squares = frame[frame["shape"] == "square"].drop(columns=["model"], errors="ignore")
        if "alpha" in squares:
            # At alpha 0 there is no way to go.
            squares = squares[squares["alpha"] != 0]
        assert squares.notna().all(axis=None), name
    ovals = measured["dose_response"].query("shape == 'oval'").set_index("alpha")
    assert ovals["n"].to_dict() == {-1.0: found, 0.0: 3, 1.0: found}
    assert ovals["survivors"].to_dict() == {-1.0: True, 0.0: False, 1.0: True}
    slope = slopes.measure(pd.DataFrame(rows))
    assert tables.conform(slope, slopes.SLOPES)
    for frame in (measured["dose_response"], slope):
        assert frame.groupby("shape")["survivors"].any().to_dict() == {
            "oval": True,
            "square": False,
        }
    known = slope.drop(columns=["low_fit", "high_fit"]).set_index("shape").notna()
    assert known.loc["square"].all()
    assert known.loc["oval", "slope"] == (found > 0)
