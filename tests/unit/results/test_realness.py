"""Realness: against clean-fid, closed forms, a jackknife by hand, and simulated coverage."""

import numpy as np
import pandas as pd
import pytest
from cleanfid import fid
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mnemo.errors import MnemoError
from mnemo.results import realness

# clean-fid itself calls SciPy's sqrtm so; `mnemo.realness` knows.
pytestmark = pytest.mark.filterwarnings("ignore:The `disp` argument:DeprecationWarning")


def keys(n):
    return [f"{seed:07d}" for seed in range(n)]


def draw(n, d, seed, shift=0.0):
    """Correlated features that are never below 0, as a network's are."""
    generator = np.random.default_rng(seed)
    mixing = np.random.default_rng(99).standard_normal((d, d)) * np.geomspace(1, 0.01, d)
    return np.maximum(generator.standard_normal((n, d)) @ mixing.T / np.sqrt(d) + 0.2 + shift, 0)


def edited(n, d, seed=0):
    """The features of the same images at three alphas, ever further from the reference's."""
    return {
        alpha: listed(draw(n, d, seed, shift=0.4 + 0.1 * abs(alpha))) for alpha in (-1.0, 0.0, 2)
    }


def listed(rows):
    """Features as `compare` takes them, in blocks of unequal length."""
    return keys(len(rows)), np.split(rows, [1, 1 + len(rows) // 3])


def matrix(blocks):
    return np.vstack(blocks)


# Distances


@pytest.mark.parametrize(
    ("n", "m", "d"), [(500, 400, 16), (60, 40, 200), (60, 300, 100), (300, 60, 100)]
)
def test_the_frechet_distance_is_clean_fids(n, m, d):
    features, reference = draw(n, d, seed=0, shift=0.1), draw(m, d, seed=1)
    theirs = fid.fid_from_feats(features, reference)
    assert realness.frechet(features, reference) == pytest.approx(theirs, rel=1e-5)


def test_the_frechet_distance_of_gaussians_is_that_of_the_formula():
    generator = np.random.default_rng(0)
    standard = generator.standard_normal((2000, 3))
    standard = np.linalg.solve(
        np.linalg.cholesky(np.cov(standard.T)), (standard - standard.mean(0)).T
    ).T
    # With commuting covariances diag(s^2) and diag(t^2) the distance is |m|^2 + sum (s - t)^2.
    features = standard * [1, 2, 3] + [1, 0, 2]
    reference = standard * [2, 2, 0.5]
    assert realness.frechet(features, reference) == pytest.approx(5 + 1 + 0 + 2.5**2)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 1000), n=st.integers(3, 40), d=st.integers(2, 40))
def test_a_set_has_no_frechet_distance_from_itself(seed, n, d):
    features = draw(n, d, seed)
    assert realness.frechet(features, features[::-1]) == pytest.approx(0, abs=1e-6)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 1000), n=st.integers(3, 40), d=st.integers(2, 40))
def test_the_frechet_distance_does_not_change_under_rotation_shift_and_swap(seed, n, d):
    features, reference = draw(n, d, seed), draw(20, d, seed + 1, shift=0.3)
    rotation = stats.ortho_group.rvs(d, random_state=seed)
    plain = realness.frechet(features, reference)
    assert realness.frechet(reference, features) == pytest.approx(plain, abs=1e-5)
    moved = realness.frechet(features @ rotation + 3, reference @ rotation + 3)
    assert moved == pytest.approx(plain, abs=1e-5)


def test_the_kernel_distance_is_clean_fids_with_its_seed():
    features, reference = draw(80, 16, seed=0, shift=0.1), draw(60, 16, seed=1)
    np.random.seed(7)  # noqa: NPY002
    theirs = fid.kernel_distance(features, reference, num_subsets=10, max_subset_size=20)
    ours = realness.kernel(features, reference, subsets=10, subset_size=20, seed=7)
    assert ours == pytest.approx(theirs, rel=1e-12)


def test_the_kernel_distance_leaves_the_global_generator_alone():
    np.random.seed(3)  # noqa: NPY002
    expected = np.random.random(2)  # noqa: NPY002
    np.random.seed(3)  # noqa: NPY002
    first = np.random.random()  # noqa: NPY002
    realness.kernel(draw(10, 4, seed=0), draw(10, 4, seed=1), subsets=2)
    assert [first, np.random.random()] == expected.tolist()  # noqa: NPY002


def test_the_kernel_distance_of_float32_features_has_the_digits_of_float64():
    features, reference = draw(300, 64, seed=0).astype(np.float32), draw(300, 64, seed=1)
    assert realness.kernel(features, reference.astype(np.float32), subsets=1) == pytest.approx(
        realness.kernel(features.astype(float), reference, subsets=1), abs=1e-7
    )


def exact_kernel(features, reference):
    """The unbiased squared maximum mean discrepancy over all pairs."""
    n, m, d = len(features), len(reference), features.shape[1]
    within = [
        ((rows @ rows.T / d + 1) ** 3) * (1 - np.eye(len(rows))) for rows in (features, reference)
    ]
    between = (features @ reference.T / d + 1) ** 3
    return within[0].sum() / n / (n - 1) + within[1].sum() / m / (m - 1) - 2 * between.mean()


# Comparison with the unedited images


@pytest.mark.parametrize(("n", "m", "d"), [(200, 160, 8), (30, 20, 60), (20, 90, 40), (90, 20, 40)])
def test_the_intervals_are_those_of_a_jackknife_by_hand(n, m, d):
    sets, reference = edited(n, d), draw(m, d, seed=5)
    table = realness.compare(sets, listed(reference), groups=5, seed=3, confidence=0.9)
    members = realness.assign_groups(n, 5, seed=3)
    reference_members = realness.assign_groups(m, 5, seed=3)

    def by_hand(measure):
        return np.array(
            [
                [
                    measure(features[members != group], reference[reference_members != group])
                    for group in range(5)
                ]
                for features in (matrix(blocks) for _, blocks in sets.values())
            ]
        )

    frechet, kernel = by_hand(fid.fid_from_feats), by_hand(exact_kernel)
    quantile = stats.t.ppf(0.95, 4)
    for name, replicates in (
        ("frechet", frechet),
        ("frechet_ratio", frechet / frechet[1]),
        ("kernel", kernel),
        ("kernel_ratio", kernel / kernel[1]),
    ):
        pseudovalues = 5 * replicates.mean(axis=1, keepdims=True) - 4 * replicates
        margin = quantile * stats.sem(pseudovalues, axis=1)
        np.testing.assert_allclose(
            table[f"{name}_high"] - table[name], margin, rtol=1e-4, atol=1e-6
        )
        np.testing.assert_allclose(table[name] - table[f"{name}_low"], margin, rtol=1e-4, atol=1e-6)


def test_the_distances_are_those_of_frechet_and_kernel():
    sets, reference = edited(50, 12), draw(70, 12, seed=5)
    table = realness.compare(sets, listed(reference), groups=5, subsets=4, subset_size=30, seed=2)
    assert table["alpha"].tolist() == [-1, 0, 2]
    assert table["n"].tolist() == [50, 50, 50]
    for row in table.itertuples():
        features = matrix(sets[row.alpha][1])
        assert row.frechet == pytest.approx(realness.frechet(features, reference), rel=1e-9)
        kernel = realness.kernel(features, reference, subsets=4, subset_size=30, seed=2)
        assert row.kernel == pytest.approx(kernel, rel=1e-9)


@pytest.mark.parametrize("features", [3, 40])
def test_of_more_images_than_the_sample_the_kernel_distance_is_that_of_a_sample(
    monkeypatch, features
):
    sets, reference = edited(50, features), listed(draw(70, features, seed=5))
    whole = realness.compare(sets, reference, groups=5, subsets=1)
    monkeypatch.setattr(realness, "SAMPLE", 30)
    table = realness.compare(sets, reference, groups=5, subsets=1)
    frechet = table.filter(like="frechet")
    np.testing.assert_allclose(frechet, whole.filter(like="frechet"), rtol=1e-6, atol=1e-7)
    drawn = [
        np.random.default_rng((0, 1)).permutation(len(matrix(blocks))) < 30
        for blocks in (sets[2][1], reference[1])
    ]
    ours = realness.kernel(
        *(matrix(b)[d] for b, d in zip((sets[2][1], reference[1]), drawn, strict=True)), subsets=1
    )
    assert table["kernel"][2] == pytest.approx(ours, rel=1e-12)
    assert table["n"].tolist() == [50, 50, 50]


def test_features_of_other_images_are_refused():
    with pytest.raises(ValueError, match="there are 50 images, but features of 49"):
        realness.compare(
            {0.0: (keys(50), [draw(49, 4, seed=0)])}, listed(draw(50, 4, seed=5)), groups=5
        )


def test_at_alpha_0_the_ratios_are_exactly_1():
    table = realness.compare(edited(50, 6), listed(draw(70, 6, seed=5)), groups=10)
    (unedited,) = table[table["alpha"] == 0].itertuples()
    assert (unedited.frechet_ratio, unedited.kernel_ratio) == (1, 1)
    assert unedited.frechet_ratio_low == unedited.frechet_ratio_high == 1
    assert unedited.kernel_ratio_low == unedited.kernel_ratio_high == 1
    assert (table["frechet_ratio"] == table["frechet"] / unedited.frechet).all()


def test_pairing_images_narrows_the_interval_of_a_ratio():
    reference = listed(draw(200, 6, seed=5))
    paired = edited(200, 6)
    apart = {**paired, 2: listed(draw(200, 6, seed=8, shift=0.6))}
    widths = [
        table["frechet_ratio_high"][2] - table["frechet_ratio_low"][2]
        for table in (realness.compare(sets, reference) for sets in (paired, apart))
    ]
    assert widths[0] < 0.6 * widths[1]


def test_kernel_ratios_to_a_distance_like_0_are_missing():
    sets = {0.0: listed(draw(100, 6, seed=0)), 1.0: listed(draw(100, 6, seed=0, shift=1))}
    table = realness.compare(sets, listed(draw(100, 6, seed=1)), groups=10)
    assert table["kernel_low"][0] < 0 < table["kernel_low"][1]
    assert table.filter(like="kernel_ratio").isna().all(axis=None)
    assert table.filter(like="frechet_ratio").notna().all(axis=None)


def test_the_order_of_rows_and_alphas_does_not_matter():
    sets, reference = edited(40, 6), listed(draw(70, 6, seed=5))
    order = np.random.default_rng(0).permutation(40)
    shuffled = {
        alpha: (list(np.array(sets[alpha][0])[order]), [matrix(sets[alpha][1])[order]])
        for alpha in (2, -1.0, 0.0)
    }
    options = {"groups": 10, "subsets": 5, "subset_size": 20}
    plain = realness.compare(sets, reference, **options)
    # Only the order of sums differs.
    np.testing.assert_allclose(realness.compare(shuffled, reference, **options), plain, rtol=1e-9)


def test_an_image_missing_at_an_alpha_leaves_the_groups_of_the_others_alone():
    sets, reference = edited(60, 6), listed(draw(70, 6, seed=5))
    fewer = {**sets, 2: (keys(60)[1:], [matrix(sets[2][1])[1:]])}
    all_of_them = realness.compare(sets, reference, groups=10)
    table = realness.compare(fewer, reference, groups=10)
    assert table["n"].tolist() == [60, 60, 59]
    pd.testing.assert_frame_equal(table.iloc[:2], all_of_them.iloc[:2], rtol=1e-9)


def test_intervals_contain_the_expected_distance_as_often_as_they_say():
    tables = []
    for seed in range(150):
        generator = np.random.default_rng(seed)
        latents, noise = generator.standard_normal((2, 200, 8))
        sets = {
            0.0: listed(np.maximum(latents + 0.5, 0)),
            1.0: listed(np.maximum(1.1 * latents + 0.3 * noise + 0.7, 0)),
        }
        reference = np.maximum(generator.standard_normal((200, 8)), 0)
        tables.append(realness.compare(sets, listed(reference), subsets=1))
    for name in ("frechet", "frechet_ratio", "kernel", "kernel_ratio"):
        columns = (name, f"{name}_low", f"{name}_high")
        value, low, high = (np.array([table[column][1] for table in tables]) for column in columns)
        # Of 150 intervals at 95 %, 133 to 149 is the central 99.8 % of the binomial.
        assert 133 <= np.sum((low < value.mean()) & (value.mean() < high)) <= 149, name


def test_groups_are_even_and_follow_the_seed():
    members = realness.assign_groups(103, 20, seed=1)
    assert set(np.bincount(members)) == {5, 6}
    assert members.tolist() == realness.assign_groups(103, 20, seed=1).tolist()
    assert members.tolist() != realness.assign_groups(103, 20, seed=2).tolist()


def test_too_few_images_for_the_groups_are_refused_with_the_remedy():
    with pytest.raises(MnemoError, match="set `groups` to 15 or less"):
        realness.compare(edited(30, 4), listed(draw(100, 4, seed=5)))
    with pytest.raises(MnemoError, match="39 images are too few for the jackknife's 20 groups"):
        realness.compare(edited(100, 4), listed(draw(39, 4, seed=5)))


def test_comparing_without_unedited_images_is_refused():
    with pytest.raises(MnemoError, match="alpha 0"):
        realness.compare({1.0: listed(draw(50, 4, seed=0))}, listed(draw(50, 4, seed=5)))
