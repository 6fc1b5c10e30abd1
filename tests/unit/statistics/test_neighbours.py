"""Precision, recall, density and coverage: against a second implementation, and known values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from prdc import compute_prdc
from scipy import stats

from mnemo.statistics import jackknife, neighbours
from mnemo.statistics.neighbours import Balls

Rows = NDArray[np.floating]


def draw(n: int, d: int, seed: int, shift: float = 0.0) -> Rows:
    return np.random.default_rng(seed).standard_normal((n, d)) / np.arange(1, d + 1) + shift


def balls(rows: Rows, k: int = 5, groups: int = 5) -> Balls:
    members = jackknife.assign_groups(len(rows), groups, seed=0)
    return Balls.of((rows, members), k, groups)


def compared(rows: Rows, reference: Rows, k: int = 5, groups: int = 5) -> dict[str, float]:
    found = neighbours.compare(balls(rows, k, groups), balls(reference, k, groups), 0.95)
    return {name: estimate.value for name, estimate in found.items()}


@pytest.mark.parametrize(
    ("n", "m", "d", "k"), [(100, 300, 8, 5), (300, 100, 200, 3), (1100, 1050, 4, 5), (40, 40, 1, 1)]
)
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_the_estimates_are_those_of_the_authors_package(
    n: int, m: int, d: int, k: int, kind: type
) -> None:
    rows, reference = draw(n, d, 0, shift=0.2).astype(kind), draw(m, d, 1).astype(kind)
    expected = compute_prdc(real_features=reference, fake_features=rows, nearest_k=k)
    assert compared(rows, reference, k) == pytest.approx(expected, abs=1e-9)


def test_precision_and_recall_are_each_other_with_the_sets_changed_over() -> None:
    rows, reference = draw(60, 6, 0, shift=0.2), draw(90, 6, 1)
    there, back = compared(rows, reference), compared(reference, rows)
    assert (there["precision"], there["recall"]) == (back["recall"], back["precision"])


def test_of_one_distribution_density_is_1_and_coverage_what_its_authors_derive() -> None:
    n, m, k = 60, 90, 4
    found = [compared(draw(n, 5, 2 * seed), draw(m, 5, 2 * seed + 1), k) for seed in range(150)]
    density, coverage = np.transpose([[each["density"], each["coverage"]] for each in found])
    # A ball has nothing in it if the k nearest of all other images are of its own set.
    none = np.prod([(m - i) / (n + m - i) for i in range(1, k + 1)])
    assert abs(density.mean() - 1) < 3 * stats.sem(density)
    assert abs(coverage.mean() - (1 - none)) < 3 * stats.sem(coverage)


def test_sets_that_are_far_apart_share_nothing() -> None:
    assert set(compared(draw(50, 5, 0, shift=100), draw(60, 5, 1)).values()) == {0.0}


def test_a_set_compared_with_itself_is_all_precise_and_covered() -> None:
    rows = draw(50, 5, 0)
    found = compared(rows, rows)
    assert (found["precision"], found["recall"], found["coverage"]) == (1, 1, 1)


# Balls


@given(st.integers(12, 40), st.integers(1, 5), st.integers(2, 5), st.integers(0, 2**20))
@settings(max_examples=50, deadline=None)
def test_without_a_group_a_ball_reaches_to_the_nearest_that_are_left(
    n: int, k: int, groups: int, seed: int
) -> None:
    rows, members = draw(n, 3, seed), jackknife.assign_groups(n, groups, seed)
    squares = Balls.of((rows, members), k, groups).squares
    for group in range(-1, groups):
        left = members != group
        apart = ((rows[left][:, None] - rows[left]) ** 2).sum(axis=2)
        if left.sum() <= k:
            assert squares is None
            return
        assert squares is not None
        np.testing.assert_allclose(squares[1 + group, left], np.sort(apart)[:, k], rtol=1e-9)
        assert (squares[1 + group, ~left] == -1).all()


@pytest.mark.parametrize(("n", "known"), [(12, False), (13, True)])
def test_no_more_images_than_neighbours_without_a_group_have_no_estimates(
    n: int, known: bool
) -> None:
    # Of 12 or 13 images in 5 groups, a group has 3 at most.
    for rows, reference in ((draw(n, 3, 0), draw(50, 3, 1)), (draw(50, 3, 1), draw(n, 3, 0))):
        found = compared(rows, reference, k=9)
        assert [not np.isnan(value) for value in found.values()] == [known] * 4


# Intervals


def test_the_error_of_a_mean_is_that_of_its_images_and_of_what_the_other_set_changes() -> None:
    generator = np.random.default_rng(0)
    n, groups, sets = 200, 20, 400
    errors, means = [], []
    for _ in range(sets):
        # Each group of the other set adds to what all images count; each image counts by chance.
        added = generator.normal(0, 1, groups)
        chance = generator.normal(0, 3, n)
        by_pair = generator.normal(0, 2, (groups, n))
        whole = chance + (added[:, None] + by_pair).mean(axis=0)
        left = [
            chance + np.delete(added[:, None] + by_pair, group, axis=0).mean(axis=0)
            for group in range(groups)
        ]
        means.append(whole.mean())
        errors.append(neighbours._variance(np.array([whole, *left])))
    assert np.mean(errors) == pytest.approx(9 / n + 1 / groups, rel=0.1)
    assert np.mean(errors) == pytest.approx(np.var(means), rel=0.2)


def test_an_interval_has_the_estimate_inside_and_stays_where_estimates_can_be() -> None:
    for shift in (0, 0.2, 0.5, 1, 2, 100):
        found = neighbours.compare(balls(draw(40, 5, 0, shift)), balls(draw(60, 5, 1)), 0.95)
        for name, (value, low, high) in found.items():
            assert 0 <= low <= value <= high
            assert high <= 1 or name == "density"
            assert high - low > 0 or name == "density"


def test_of_no_precision_the_interval_is_that_of_as_many_independent_images() -> None:
    found = neighbours.compare(balls(draw(50, 5, 0, 100)), balls(draw(60, 5, 1)), 0.95)
    smaller = 50 * (stats.norm.ppf(0.975) / stats.t.ppf(0.975, 4)) ** 2
    assert found["precision"].low == 0
    # Clopper and Pearson's: the share at which no hit has a probability of 2.5 %.
    assert found["precision"].high == pytest.approx(1 - 0.025 ** (1 / smaller))


def test_more_images_narrow_the_intervals() -> None:
    few, many = (
        neighbours.compare(balls(draw(n, 4, 0), groups=20), balls(draw(n, 4, 1), groups=20), 0.95)
        for n in (100, 800)
    )
    for name in neighbours.ESTIMATES:
        assert many[name].high - many[name].low < 0.7 * (few[name].high - few[name].low)
