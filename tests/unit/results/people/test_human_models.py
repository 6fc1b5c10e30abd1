"""Models of people's answers find what was planted in them."""

import numpy as np
import pandas as pd
import pytest
from tests.support.answers import memory_game

from mnemo import tables
from mnemo.results.people import human_models
from mnemo.statistics import glmm


@pytest.fixture(scope="module")
def trials():
    return memory_game(seed=5, participants=40, seeds=100, slope=6)


@pytest.fixture(scope="module")
def factors(trials):
    """Brightness follows alpha; the shape of the object is noise and missing in some images."""
    images = trials.loc[trials["role"] == "repeat", ["edit", "image", "alpha"]].drop_duplicates()
    generator = np.random.default_rng(0)
    bright = 100 + 300 * images["alpha"] + generator.normal(0, 20, len(images))
    shape = pd.Series(generator.normal(size=len(images)), images.index)[::2]
    values = {"brightness": bright, "shape": shape}
    parts = [images.join(each.rename("value"), how="inner") for each in values.values()]
    return pd.concat(parts, keys=values, names=["factor"]).reset_index("factor")


def measured(trials, *given, **more):
    table = human_models.measure(trials, *given, **more)
    tables.conform(table, human_models.HUMAN_MODELS)
    return table


def test_a_planted_slope_is_found_by_the_model_of_lme4(trials):
    [row] = measured(trials, confidence=0.9).to_dict("records")
    repeats = trials[trials["role"] == "repeat"]
    image = repeats["image"] + repeats["alpha"].map(str)
    fit = glmm.logistic(
        repeats["answer"] == "old",
        repeats["alpha"],
        [repeats["participant"], image],
        confidence=0.9,
    )
    assert (row["model"], row["predictor"], row["answers"]) == ("hits", "alpha", "all")
    assert row["slope"] == pytest.approx(fit.slope, rel=1e-3)
    assert (row["low"], row["high"]) == pytest.approx((fit.low, fit.high), rel=1e-3)
    assert abs(row["slope"] - 6) < 3 * row["standard_error"] < 1.5
    assert row["p"] < 1e-20
    deviation = repeats["alpha"].std()
    assert row["standardised"] == pytest.approx(fit.slope * deviation, rel=1e-3)
    assert row["standardised_low"] == pytest.approx(fit.low * deviation, rel=1e-3)
    assert row["tjur"] > row["tjur_fixed"] > 0
    assert (row["n_answers"], row["n_participants"]) == (2400, 40)
    assert row["n_images"] == image.nunique()
    assert row["formula"] == "correct ~ alpha + (1 | participant) + (1 | image)"


def test_factors_compare_on_the_answers_that_have_all(trials, factors):
    table = measured(trials, factors)
    assert table[["predictor", "answers"]].to_numpy().tolist() == [
        [predictor, answers]
        for predictor in ("alpha", "brightness", "shape")
        for answers in ("all", "common")
    ]
    rows = table.set_index(["predictor", "answers"])
    common = rows.xs("common", level="answers")
    assert common["n_answers"].nunique() == 1
    assert rows.loc[("alpha", "all"), "n_answers"] == 2400
    assert common.loc["alpha", "n_answers"] == rows.loc[("shape", "all"), "n_answers"] < 1600
    # Brightness has alpha in it, and noise.
    standardised = common["standardised"].abs()
    assert standardised["alpha"] > standardised["brightness"] > standardised["shape"]
    assert common["tjur_fixed"].idxmax() == common["deviance"].idxmin() == "alpha"
    assert rows.loc[("brightness", "all"), "p"] < 1e-10 < rows.loc[("shape", "all"), "p"]


def test_the_forced_choice_models_correct_choices(trials):
    pairs = trials[trials["role"].isin(["repeat", "vigilance"])].assign(kind="forced-choice")
    pairs["role"] = pairs["role"].map({"repeat": "target", "vigilance": "vigilance"})
    [row] = measured(pairs).to_dict("records")
    [hits] = measured(trials).to_dict("records")
    assert row["model"] == "choices"
    assert row["slope"] == pytest.approx(hits["slope"])


def test_each_edit_of_an_experiment_has_its_own_model(trials):
    first = trials["seed"] < 50
    two = trials.assign(edit=np.where(first, "memorable", "bright"))
    both = measured(two).set_index("edit")
    [alone] = measured(trials[first]).to_dict("records")
    assert set(both.index) == {"memorable", "bright"}
    assert both.loc["memorable", "slope"] == pytest.approx(alone["slope"])


def test_a_model_that_answers_do_not_determine_is_null(trials, factors, caplog):
    sure = measured(trials.assign(correct=True))
    assert sure[["slope", "low", "p", "tjur", "standardised"]].isna().all(axis=None)
    assert sure["formula"].eq("").all()
    assert "are alike" in caplog.text
    # An edit of which no image has the factor.
    none = measured(trials, factors.assign(edit="another")).set_index(["predictor", "answers"])
    assert none.loc[("shape", "all"), "n_answers"] == 0
    assert np.isnan(none.loc[("alpha", "common"), "slope"])
    assert none.loc[("alpha", "all"), "slope"] > 0
