"""Visual factors along an edit: against SciPy's t intervals, and statsmodels' mixed models."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats

from mnemo import tables
from mnemo.results import factors

ALPHAS = (-1.0, 0.0, 1.0, 2.0)
SOURCES = {"brightness": "pixels", "eye-opening": "face-landmarks"}


@pytest.fixture
def scores():
    """60 images whose brightness follows alpha and whose score follows brightness."""
    generator = np.random.default_rng(0)
    shape = (60, len(ALPHAS))
    image = np.repeat([f"{each:07d}" for each in range(60)], len(ALPHAS))
    bright = generator.normal(0.5, 0.1, (60, 1)) + generator.normal(0.1, 0.03, shape) * ALPHAS
    eyes = generator.normal(0.3, 0.05, shape)
    score = 2 * bright + generator.normal(0, 0.2, (60, 1)) + generator.normal(0, 0.05, shape)
    values = {"brightness": bright, "eye-opening": eyes, "resmem": score}
    parts = [
        pd.DataFrame(
            {"image": image, "alpha": np.tile(ALPHAS, 60), "assessor": name, "score": each.ravel()}
        )
        for name, each in values.items()
    ]
    return pd.concat(parts, ignore_index=True).assign(edit="memorable", shape="square")


@pytest.fixture
def lost(scores):
    """The same, with no face in ten images at alpha 2, and in five others at alpha 0."""
    gone = (scores["alpha"] == 2) & (scores["image"] < "0000010")
    gone |= (scores["alpha"] == 0) & (scores["image"] >= "0000055")
    return scores[~(gone & (scores["assessor"] == "eye-opening"))]


def unedited(scores):
    return scores[scores["alpha"] == 0].drop(columns=["edit", "alpha"])


def measured(scores, **more):
    own = scores[scores["assessor"].isin(SOURCES)]
    return factors.measure(own, unedited(own), SOURCES, **more)


def test_a_factor_has_the_mean_of_the_images_that_have_it_and_the_change_of_the_pairs(lost):
    table = measured(lost, confidence=0.9)
    assert tables.conform(table, factors.FACTORS).num_rows == 2 * len(ALPHAS)
    row = table.set_index(["factor", "alpha"]).loc[("eye-opening", 2.0)]
    eyes = lost[lost["assessor"] == "eye-opening"]
    wide = eyes.pivot(index="image", columns="alpha", values="score")
    assert (row["n"], row["pairs"]) == (50, 45)
    own = stats.ttest_1samp(wide[2.0].dropna(), 0)
    change = stats.ttest_1samp((wide[2.0] - wide[0.0]).dropna(), 0)
    for name, ends, theirs in (
        ("mean", ("low", "high"), own),
        ("change", ("change_low", "change_high"), change),
    ):
        interval = theirs.confidence_interval(0.9)
        assert tuple(row[list(ends)]) == pytest.approx((interval.low, interval.high))
        assert row[name] == pytest.approx((interval.low + interval.high) / 2)
    assert row["deviation"] == pytest.approx(wide[0.0].std())


def test_each_factor_has_its_source_and_no_change_at_alpha_0(scores):
    table = measured(scores)
    assert dict(zip(table["factor"], table["source"], strict=True)) == SOURCES
    assert (table.loc[table["alpha"] == 0, ["change", "change_low", "change_high"]] == 0).all(None)


def test_without_alpha_0_or_with_one_image_what_is_unknown_is_null(scores):
    table = measured(scores[scores["alpha"] != 0])
    assert table["mean"].notna().all()
    assert table["change"].isna().all()
    one = tables.conform(measured(scores[scores["image"] == "0000000"]), factors.FACTORS)
    assert one["mean"].null_count == 0
    assert one["low"].null_count == one["deviation"].null_count == len(one)


def test_a_factor_that_no_image_has_at_an_alpha_has_a_row_there(lost):
    gone = (lost["assessor"] == "eye-opening") & (lost["alpha"] == 2)
    row = measured(lost[~gone]).set_index(["factor", "alpha"]).loc[("eye-opening", 2.0)]
    assert (row["n"], row["pairs"]) == (0, 0)
    assert np.isnan(row["mean"])


def test_a_factor_that_no_image_has_is_null_in_both_tables(scores):
    closed = scores[scores["assessor"] != "eye-opening"]
    means = tables.conform(factors.measure(closed, unedited(closed), SOURCES), factors.FACTORS)
    eyes = means.to_pandas().query("factor == 'eye-opening'")
    assert eyes["alpha"].tolist() == list(ALPHAS)
    assert (eyes["n"] == 0).all()
    assert eyes[["mean", "change", "deviation"]].isna().all(axis=None)
    row = factors.relate(closed, list(SOURCES), ["resmem"]).set_index("factor").loc["eye-opening"]
    assert (row["n"], row["model"]) == (0, "")
    assert np.isnan(row["slope"])


def test_relations_are_those_of_statsmodels_on_standardised_values(lost):
    table = factors.relate(lost, list(SOURCES), ["resmem", "brightness"])
    tables.conform(table, factors.FACTOR_MODELS)
    by_factor = table[table["assessor"] == "resmem"].set_index("factor")
    assert list(by_factor.index) == ["brightness", "eye-opening", "alpha"]
    wide = lost.pivot(index=["image", "alpha"], columns="assessor", values="score").reset_index()
    for factor in ("brightness", "alpha"):
        z = wide[[factor, "resmem"]].apply(lambda column: (column - column.mean()) / column.std())
        frame = pd.DataFrame({"image": wide["image"], "x": z[factor], "y": z["resmem"]})
        row = by_factor.loc[factor]
        effects = "~x" if row["model"].endswith(f"({factor} | image)") else "~1"
        theirs = smf.mixedlm("y ~ x", frame, groups="image", re_formula=effects).fit(reml=True)
        assert row["standardised"] == pytest.approx(theirs.params["x"], rel=1e-3)
        scale = row["standardised"] / row["slope"]
        half = stats.t.ppf(0.975, 59) * theirs.bse["x"]
        assert (row["high"] - row["low"]) / 2 * scale == pytest.approx(half, rel=2e-2)
    assert by_factor.loc["brightness", "slope"] == pytest.approx(2, abs=0.1)
    assert by_factor.loc["brightness", "p"] < 1e-10 < by_factor.loc["eye-opening", "p"]


def test_a_factor_is_not_related_to_itself(scores):
    table = factors.relate(scores, ["brightness"], ["brightness", "resmem"])
    assert set(zip(table["assessor"], table["factor"], strict=True)) == {
        ("brightness", "alpha"),
        ("resmem", "brightness"),
        ("resmem", "alpha"),
    }


def test_a_factor_that_is_the_same_in_every_image_has_no_relation(scores):
    same = scores.assign(score=scores["score"].mask(scores["assessor"] == "eye-opening", 0.3))
    table = factors.relate(same, ["eye-opening"], ["resmem"]).set_index("factor")
    assert table.loc["eye-opening", ["slope", "low", "p", "standardised"]].isna().all()
    assert table.loc["eye-opening", "model"] == ""
    assert table.loc["alpha"].notna().all()
