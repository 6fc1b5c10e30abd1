"""Validity of the assessors: against pandas and SciPy, and a planted truth."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy import stats

from mnemo import tables
from mnemo.ratings.table import HALVES
from mnemo.results import assessor_validity
from mnemo.statistics import reliability

N = 400


def drawn(n: int = N, noise: float = 2.0) -> tuple[NDArray[np.float64], pd.DataFrame]:
    """Draw true scores of images, and the ratings of twenty people who see them with noise."""
    random = np.random.default_rng(0)
    true = random.standard_normal(n)
    answers = true + noise * random.standard_normal((20, n))
    sides = reliability.sides(20, 10, random)
    ratings = pd.DataFrame({"image": [f"{at:07d}" for at in range(n)], "answers": 20})
    ratings["score"] = answers.mean(axis=0)
    for name, half in zip(HALVES, (sides, ~sides), strict=True):
        means = np.array([answers[chosen].mean(axis=0) for chosen in half])
        ratings[name] = list(means.T)
    return true, ratings


def scored(true: NDArray[np.float64], validity: float, name: str, shape: str) -> pd.DataFrame:
    random = np.random.default_rng(len(name))
    score = validity * true + np.sqrt(1 - validity**2) * random.standard_normal(len(true))
    images = [f"{at:07d}" for at in range(len(true))]
    return pd.DataFrame({"image": images, "assessor": name, "shape": shape, "score": score})


@pytest.fixture(name="measured", scope="module")
def measure() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    true, ratings = drawn()
    scores = pd.concat(
        [
            scored(true, 0.7, "good", "square"),
            scored(true, 0.7, "good", "oval").iloc[::2],
            scored(true, 0.3, "poor", "square"),
            scored(true, 1.0, "oracle", "square"),
        ]
    )
    found = assessor_validity.measure(scores, ratings, "people", resamples=100)
    return ratings, scores, found


def test_each_assessor_and_shape_has_a_row(measured) -> None:
    *_, found = measured
    table = tables.conform(found, assessor_validity.ASSESSOR_VALIDITY).to_pandas()
    assert table[["assessor", "shape"]].to_numpy().tolist() == [
        ["good", "square"],
        ["good", "oval"],
        ["poor", "square"],
        ["oracle", "square"],
    ]
    assert table["n"].tolist() == [N, N // 2, N, N]
    assert set(table["ratings"]) == {"people"}
    assert set(table["answers"]) == {20}


def test_the_correlation_and_the_ceiling_are_those_of_pandas(measured) -> None:
    ratings, scores, found = measured
    people = ratings.set_index("image")
    halves = {name: pd.DataFrame(people[name].tolist(), index=people.index) for name in HALVES}
    for row in found.itertuples():
        own = scores.query("assessor == @row.assessor and shape == @row.shape").set_index("image")
        spearman = own["score"].corr(people["score"], method="spearman")
        assert row.spearman == pytest.approx(spearman)
        first, second = (halves[name].loc[own.index] for name in HALVES)
        consistency = first.corrwith(second, method="spearman").mean()
        assert row.consistency == pytest.approx(consistency)
        assert row.reliability == pytest.approx(2 * consistency / (1 + consistency))
        assert row.ceiling == pytest.approx(np.sqrt(row.reliability))
        assert row.share == pytest.approx(row.spearman / row.ceiling)


def test_the_share_is_the_planted_validity(measured) -> None:
    *_, found = measured
    by_assessor = found.query("shape == 'square'").set_index("assessor")
    for name, validity in (("good", 0.7), ("poor", 0.3), ("oracle", 1.0)):
        row = by_assessor.loc[name]
        rank = 6 / np.pi * np.arcsin(validity / 2)
        assert row["share_low"] < rank < row["share_high"]
        assert row["low"] < row["spearman"] < row["high"]
    # What knows the truth reaches the ceiling.
    oracle = by_assessor.loc["oracle"]
    assert oracle["ceiling_low"] < oracle["spearman"] < oracle["ceiling_high"]


def test_without_halves_there_is_a_correlation_and_no_ceiling() -> None:
    true, ratings = drawn(50)
    ratings = ratings.assign(answers=None, **dict.fromkeys(HALVES))
    found = assessor_validity.measure(scored(true, 0.7, "a", "square"), ratings, "p", resamples=50)
    row = tables.conform(found, assessor_validity.ASSESSOR_VALIDITY).to_pylist()[0]
    assert row["spearman"] == pytest.approx(
        stats.spearmanr(ratings["score"], scored(true, 0.7, "a", "square")["score"]).statistic
    )
    assert row["ceiling"] is None
    assert row["share_low"] is None
    assert row["answers"] is None


def test_few_images_have_no_ceiling() -> None:
    true, ratings = drawn(reliability.LEAST)
    scores = scored(true, 0.7, "a", "square")
    enough = assessor_validity.measure(scores, ratings, "people", resamples=50)
    few = assessor_validity.measure(scores.iloc[1:], ratings, "people", resamples=50)
    assert enough["ceiling"].notna().all()
    assert few["ceiling"].isna().all()
    assert few["spearman"].notna().all()


def test_scores_of_other_images_have_no_correlation() -> None:
    true, ratings = drawn(20)
    other = scored(true, 0.7, "a", "square").assign(image="other")
    found = assessor_validity.measure(other, ratings, "people", resamples=50)
    table = tables.conform(found, assessor_validity.ASSESSOR_VALIDITY).to_pylist()
    assert table[0]["n"] == 0
    assert table[0]["spearman"] is None
