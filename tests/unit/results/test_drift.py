"""Drift: against SciPy's paired t test and statsmodels' interval of a mean."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.weightstats import DescrStatsW

from mnemo import tables
from mnemo.errors import MnemoError
from mnemo.results import drift

ALPHAS = [-2.0, 0.0, 2.0]


def scored(images=60, change=1.5, alphas=ALPHAS, attributes=("age", "smile"), spread=10.0):
    """Scores of squares and ovals that change with alpha, each image by an amount of its own."""
    generator = np.random.default_rng(0)
    parts = []
    for attribute in attributes:
        for shape in ("square", "oval"):
            unedited = generator.normal(40, spread, images)
            for alpha in alphas:
                own = generator.normal(change, 1, images) * alpha
                parts.append(
                    pd.DataFrame(
                        {
                            "edit": "memorable",
                            "assessor": attribute,
                            "shape": shape,
                            "alpha": alpha,
                            "image": [f"{seed:07d}" for seed in range(images)],
                            "score": (unedited + own).astype(np.float32),
                        }
                    )
                )
    return pd.concat(parts, ignore_index=True)


def fit_of(scores):
    return scores[scores["alpha"] == 0].drop(columns=["edit", "alpha"])


def lose(scores, share, seed=0):
    """Remove a share of the rows, as of faces not found."""
    return scores[np.random.default_rng(seed).random(len(scores)) >= share]


def test_a_change_is_that_of_the_paired_t_test_over_images_scored_at_both_alphas():
    scores = lose(scored(), 0.2)
    table = drift.measure(scores, fit_of(scores), ["age"], confidence=0.9)
    assert len(table) == 2 * 2 * 3
    for row in table[table["alpha"] != 0].itertuples():
        frame = scores.query(f"assessor == '{row.attribute}' and shape == '{row.shape}'")
        wide = frame.astype({"score": float}).pivot(index="image", columns="alpha", values="score")
        both = wide[[0.0, row.alpha]].dropna()
        theirs = stats.ttest_rel(both[row.alpha], both[0.0]).confidence_interval(0.9)
        assert row.n == len(both) < wide[0.0].count()
        assert row.change == pytest.approx((both[row.alpha] - both[0.0]).mean())
        assert (row.low, row.high) == pytest.approx((theirs.low, theirs.high))
        changes = DescrStatsW(both[row.alpha] - both[0.0])
        assert (row.low, row.high) == pytest.approx(changes.tconfint_mean(alpha=0.1))


def test_nothing_has_changed_at_alpha_0():
    scores = lose(scored(), 0.2)
    table = drift.measure(scores, fit_of(scores), []).query("alpha == 0")
    assert (table[["change", "low", "high"]] == 0).all(axis=None)
    counts = fit_of(scores).groupby(["assessor", "shape"]).size()
    assert table["n"].tolist() == counts.tolist()


def test_faces_lost_at_high_alpha_do_not_count_as_a_change():
    """Old faces lost would lower the mean age, and change no one's."""
    scores = scored(change=0).assign(score=lambda s: s.groupby("image")["score"].transform("first"))
    lost = (scores["alpha"] == 2) & (scores["score"] > 40)
    table = drift.measure(scores[~lost], fit_of(scores), [])
    assert table.query("alpha == 2")["n"].max() < 60
    assert (table[["change", "low", "high"]] == 0).all(axis=None)


@settings(deadline=None, max_examples=20)
@given(offset=st.floats(-100, 100), factor=st.floats(0.01, 100))
def test_a_change_in_deviations_does_not_depend_on_the_scores_scale(offset, factor):
    scores = scored(images=8).astype({"score": float})
    plain = drift.measure(scores, fit_of(scores), [])
    other = scores.assign(score=offset + factor * scores["score"])
    scaled = drift.measure(other, fit_of(other), [])
    for column in ("change", "low", "high"):
        np.testing.assert_allclose(
            scaled[column] / scaled["deviation"], plain[column] / plain["deviation"], atol=1e-9
        )


def test_each_attribute_has_its_deviation_and_says_whether_it_is_held():
    scores = scored()
    fit = pd.concat([fit_of(scored(images=500, spread=3)), fit_of(scored(500, attributes=["sex"]))])
    table = drift.measure(scores, fit, ["smile", "sex"])
    assert tables.conform(table, drift.DRIFT).schema == drift.DRIFT
    assert (table["edit"] == "memorable").all()
    assert (table["held"] == (table["attribute"] == "smile")).all()
    for row in table.itertuples():
        own = fit.query(f"assessor == '{row.attribute}' and shape == '{row.shape}'")["score"]
        assert row.deviation == pytest.approx(np.std(own.to_numpy(float), ddof=1))


@pytest.mark.parametrize("found", [0, 1, 2])
def test_an_alpha_with_hardly_any_face_has_a_row_with_what_is_known(found):
    """The squares' results must not be lost because no oval was found."""
    scores = scored(images=20)
    late = (
        (scores["shape"] == "oval") & (scores["alpha"] == 2) & (scores["image"] >= f"{found:07d}")
    )
    table = drift.measure(scores[~late], fit_of(scores), ["age"])
    tables.conform(table, drift.DRIFT)
    ovals = (table["shape"] == "oval") & (table["alpha"] == 2)
    assert (table.loc[ovals, "n"] == found).all()
    assert (table.loc[ovals, "change"].isna() == (found == 0)).all()
    assert (table.loc[ovals, ["low", "high"]].isna() == (found < 2)).all(axis=None)
    assert table[~ovals].notna().all(axis=None)


def test_a_shape_without_a_face_at_alpha_0_has_no_change():
    scores = scored(images=20)
    unedited = (scores["shape"] == "oval") & (scores["alpha"] == 0)
    table = drift.measure(scores[~unedited], fit_of(scores), ["age"])
    ovals = table["shape"] == "oval"
    assert (table.loc[ovals, "n"] == 0).all()
    assert table.loc[ovals, ["change", "low", "high"]].isna().all(axis=None)
    assert table[~ovals].notna().all(axis=None)


def test_an_edit_without_alpha_0_is_refused():
    scores = scored(alphas=[-1.0, 1.0])
    with pytest.raises(MnemoError, match="alpha 0"):
        drift.measure(scores, fit_of(scored()), ["age"])


def test_a_score_given_twice_is_refused():
    scores = scored(images=5)
    with pytest.raises(ValueError, match="duplicate"):
        drift.measure(pd.concat([scores, scores.tail(1)]), fit_of(scores), ["age"])


def test_an_attribute_whose_scores_do_not_differ_has_a_deviation_of_0_beside_the_others():
    scores = scored()
    alike = fit_of(scores).assign(score=lambda s: s["score"].mask(s["assessor"] == "smile", 0.1))
    measured, usual = (drift.measure(scores, fit, ["age"]) for fit in (alike, fit_of(scores)))
    smile = measured["attribute"] == "smile"
    assert (measured.loc[smile, "deviation"] == 0).all()
    pd.testing.assert_frame_equal(measured[~smile], usual[~smile])
    assert tables.conform(measured, drift.DRIFT)


def test_the_deviation_of_one_score_is_missing():
    scores = scored()
    one = fit_of(scores).groupby(["assessor", "shape"]).head(1)
    measured = drift.measure(scores, one, ["age"])
    assert tables.conform(measured, drift.DRIFT)["deviation"].null_count == len(measured)
