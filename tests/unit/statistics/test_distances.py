"""Distances between sets of features: against clean-fid, closed forms, and what must not matter."""

import numpy as np
import pytest
from cleanfid import fid
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mnemo.statistics import distances
from mnemo.statistics.distances import Moments

# clean-fid itself calls SciPy's sqrtm so; `mnemo.statistics.distances` knows.
pytestmark = pytest.mark.filterwarnings("ignore:The `disp` argument:DeprecationWarning")


def draw(n, d, seed, shift=0.0):
    """Correlated features that are never below 0, as a network's are."""
    generator = np.random.default_rng(seed)
    mixing = np.random.default_rng(99).standard_normal((d, d)) * np.geomspace(1, 0.01, d)
    return np.maximum(generator.standard_normal((n, d)) @ mixing.T / np.sqrt(d) + 0.2 + shift, 0)


@pytest.mark.parametrize(
    ("n", "m", "d"), [(500, 400, 16), (60, 40, 200), (60, 300, 100), (300, 60, 100)]
)
def test_the_frechet_distance_is_clean_fids(n, m, d):
    features, reference = draw(n, d, seed=0, shift=0.1), draw(m, d, seed=1)
    theirs = fid.fid_from_feats(features, reference)
    assert distances.frechet(features, reference) == pytest.approx(theirs, rel=1e-5)


def test_the_frechet_distance_of_gaussians_is_that_of_the_formula():
    generator = np.random.default_rng(0)
    standard = generator.standard_normal((2000, 3))
    standard = np.linalg.solve(
        np.linalg.cholesky(np.cov(standard.T)), (standard - standard.mean(0)).T
    ).T
    # With commuting covariances diag(s^2) and diag(t^2) the distance is |m|^2 + sum (s - t)^2.
    features = standard * [1, 2, 3] + [1, 0, 2]
    reference = standard * [2, 2, 0.5]
    assert distances.frechet(features, reference) == pytest.approx(5 + 1 + 0 + 2.5**2)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 1000), n=st.integers(3, 40), d=st.integers(2, 40))
def test_a_set_has_no_frechet_distance_from_itself(seed, n, d):
    features = draw(n, d, seed)
    assert distances.frechet(features, features[::-1]) == pytest.approx(0, abs=1e-6)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 1000), n=st.integers(3, 40), d=st.integers(2, 40))
def test_the_frechet_distance_does_not_change_under_rotation_shift_and_swap(seed, n, d):
    features, reference = draw(n, d, seed), draw(20, d, seed + 1, shift=0.3)
    rotation = stats.ortho_group.rvs(d, random_state=seed)
    plain = distances.frechet(features, reference)
    assert distances.frechet(reference, features) == pytest.approx(plain, abs=1e-5)
    moved = distances.frechet(features @ rotation + 3, reference @ rotation + 3)
    assert moved == pytest.approx(plain, abs=1e-5)


def kernel(features, reference, groups):
    """The kernel distance of two sets whose images are in `groups` groups."""
    own, other = ((rows, np.arange(len(rows)) % groups) for rows in (features, reference))
    return distances.kernel(own, other, distances.kernel_within(other, groups), groups)


def test_the_kernel_distance_is_clean_fids_of_all_images():
    features, reference = draw(80, 16, seed=0, shift=0.1), draw(80, 16, seed=1)
    theirs = fid.kernel_distance(features, reference, num_subsets=1, max_subset_size=80)
    assert kernel(features, reference, groups=4)[0] == pytest.approx(theirs, rel=1e-9)


def test_of_sets_of_unequal_size_clean_fids_kernel_distance_varies_around_it():
    features, reference = draw(80, 16, seed=0, shift=0.1), draw(60, 16, seed=1)
    np.random.seed(7)  # noqa: NPY002
    theirs = [
        fid.kernel_distance(features, reference, num_subsets=1, max_subset_size=20)
        for _ in range(1000)
    ]
    found = kernel(features, reference, groups=4)[0]
    assert abs(np.mean(theirs) - found) < 4 * stats.sem(theirs)


def test_the_kernel_distance_without_a_group_is_that_of_the_other_images():
    features, reference = draw(80, 16, seed=0, shift=0.1), draw(60, 16, seed=1)
    for group, without in enumerate(kernel(features, reference, groups=4)[1:]):
        left = [rows[np.arange(len(rows)) % 4 != group] for rows in (features, reference)]
        assert without == pytest.approx(kernel(*left, groups=3)[0], rel=1e-9)


def test_the_kernel_distance_of_float32_features_has_the_digits_of_float64():
    features, reference = draw(300, 64, seed=0).astype(np.float32), draw(300, 64, seed=1)
    single = kernel(features, reference.astype(np.float32), groups=2)
    np.testing.assert_allclose(single, kernel(features.astype(float), reference, 2), atol=1e-7)


@pytest.mark.parametrize(("n", "m"), [(300, 200), (20, 200), (200, 20), (20, 30)])
@pytest.mark.parametrize("whole", [True, False])
def test_the_quick_frechet_distance_is_that_of_clean_fid(n, m, whole):
    features, reference = draw(n, 40, seed=0, shift=0.1), draw(m, 40, seed=1)
    own, other = Moments.of(features), Moments.of(reference)
    if whole:
        own, other = (Moments(each.mean, covariance=each.spread()) for each in (own, other))
    quick = distances.frechet_of_root(own, other.rooted())
    assert quick == pytest.approx(distances.frechet_of_moments(own, other), rel=1e-4)
    assert quick == pytest.approx(distances.frechet(features, reference), rel=1e-4)


# The effective rank


def rank(rows):
    return Moments.of(rows).rank()


def test_the_effective_rank_is_the_exponential_of_the_entropy_of_the_eigenvalues():
    rows = draw(300, 20, seed=0)
    shares = np.linalg.eigvalsh(np.cov(rows.T))
    shares = shares / shares.sum()
    expected = np.exp(-np.sum(shares * np.log(shares)))
    assert rank(rows) == pytest.approx(expected)
    assert Moments(rows.mean(axis=0), covariance=np.cov(rows.T)).rank() == pytest.approx(expected)


def test_the_effective_rank_counts_dimensions_of_equal_variance():
    corners = np.vstack([np.eye(4), -np.eye(4)])
    assert rank(corners) == pytest.approx(4)
    assert rank(corners * [1, 1, 0, 0]) == pytest.approx(2)
    assert 1 < rank(corners * [10, 1, 0, 0]) < 1.2


@pytest.mark.parametrize(("n", "d"), [(10, 200), (200, 10)])
def test_the_effective_rank_is_below_the_number_of_images_and_of_features(n, d):
    assert 0.7 * min(n - 1, d) < rank(np.random.default_rng(0).standard_normal((n, d)))
    assert rank(np.random.default_rng(0).standard_normal((n, d))) <= min(n - 1, d)
