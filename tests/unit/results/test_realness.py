"""Realness: against a jackknife and a regression by hand, known distances, and what is withheld."""

import logging

import numpy as np
import pandas as pd
import pytest
from cleanfid import fid
from scipy import linalg, stats

from mnemo.errors import MnemoError
from mnemo.results import realness
from mnemo.statistics import distances, jackknife, neighbours, summaries
from mnemo.statistics.distances import Moments
from mnemo.statistics.neighbours import Balls

# clean-fid itself calls SciPy's sqrtm so; `mnemo.statistics.distances` knows.
pytestmark = pytest.mark.filterwarnings("ignore:The `disp` argument:DeprecationWarning")

RATIOS = ("kernel_ratio", "frechet_ratio")


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


def compare(sets, reference, floor=None, **options):
    """Compare with a floor that is like the reference of `draw`, unless another is given."""
    n, d = len(sets[0.0][0]), matrix(sets[0.0][1]).shape[1]
    return realness.compare(sets, reference, floor or listed(draw(n, d, seed=6)), **options)


def exact_kernel(features, reference):
    """The unbiased squared maximum mean discrepancy over all pairs."""
    n, m, d = len(features), len(reference), features.shape[1]
    within = [
        ((rows @ rows.T / d + 1) ** 3) * (1 - np.eye(len(rows))) for rows in (features, reference)
    ]
    between = (features @ reference.T / d + 1) ** 3
    return within[0].sum() / n / (n - 1) + within[1].sum() / m / (m - 1) - 2 * between.mean()


def frechet_by_hand(features, reference):
    """The formula of the Fréchet distance in float64."""
    spread, reference_spread = np.cov(features.T), np.cov(reference.T)
    cross = np.trace(linalg.sqrtm(spread @ reference_spread).real)
    apart = np.sum((features.mean(axis=0) - reference.mean(axis=0)) ** 2)
    return apart + np.trace(spread) + np.trace(reference_spread) - 2 * cross


def extrapolated_by_hand(features, reference, members, reference_members, groups):
    """The intercept of a regression of distances on 1 / n, of equally many images of both sets."""
    first = members < groups // 2, reference_members < groups // 2
    halves = [(first[0], first[1]), (~first[0], ~first[1])]
    inverse = [1 / len(features) + 1 / len(reference)]
    found = [frechet_by_hand(features, reference)]
    inverse.append(np.mean([1 / own.sum() + 1 / other.sum() for own, other in halves]))
    found.append(
        np.mean([frechet_by_hand(features[own], reference[other]) for own, other in halves])
    )
    _, intercept = np.polyfit(inverse, found, 1)
    return intercept


# Intervals


@pytest.mark.parametrize(
    ("n", "m", "d"), [(200, 200, 8), (30, 20, 60), (20, 90, 40), (90, 20, 40), (60, 60, 30)]
)
def test_the_estimates_and_intervals_are_those_of_a_jackknife_by_hand(n, m, d):
    groups = 6
    sets, reference, floor = edited(n, d), draw(m, d, seed=5), draw(n, d, seed=6)
    table = compare(sets, listed(reference), listed(floor), groups=groups, seed=3, confidence=0.9)
    members = jackknife.assign_groups(n, groups, seed=3)
    reference_members = jackknife.assign_groups(m, groups, seed=3)
    unedited = matrix(sets[0.0][1])

    def by_hand(measure, rows=None):
        """Measure every set, or one, without each group in turn."""
        return np.array(
            [
                [
                    measure(features[members != group], reference[reference_members != group])
                    for group in range(groups)
                ]
                for features in ([matrix(b) for _, b in sets.values()] if rows is None else [rows])
            ]
        )

    frechet, kernel = by_hand(fid.fid_from_feats), by_hand(exact_kernel)
    expected = {
        "frechet": frechet,
        "frechet_difference": frechet - frechet[1],
        "frechet_floor": by_hand(fid.fid_from_feats, floor).repeat(3, axis=0),
        "kernel": kernel,
        "kernel_difference": kernel - kernel[1],
        "kernel_floor": by_hand(exact_kernel, floor).repeat(3, axis=0),
    }
    ratios = {"kernel_ratio": ("kernel", kernel)}
    if n == m == 200:
        infinite = np.array(
            [
                [
                    extrapolated_by_hand(
                        matrix(b)[members != group],
                        reference[members != group],
                        members[members != group],
                        members[members != group],
                        groups,
                    )
                    for group in range(groups)
                ]
                for _, b in sets.values()
            ]
        )
        expected["frechet_infinite"] = infinite
        ratios["frechet_ratio"] = ("frechet_infinite", infinite)
    else:
        assert table.filter(regex="infinite|frechet_ratio").isna().all(axis=None)
    quantile = stats.t.ppf(0.95, groups - 1)

    def margins(replicates):
        pseudovalues = groups * replicates.mean(axis=1, keepdims=True) - (groups - 1) * replicates
        return quantile * stats.sem(pseudovalues, axis=1)

    for name, replicates in expected.items():
        margin = margins(replicates)
        near = {"rtol": 1e-4, "atol": 1e-6}
        np.testing.assert_allclose(table[f"{name}_high"] - table[name], margin, **near)
        np.testing.assert_allclose(table[name] - table[f"{name}_low"], margin, **near)
    for name, (source, replicates) in ratios.items():
        # At either end, the distance is as far from that multiple of the one at alpha 0 as chance
        # takes it.
        for end, sign in ((table[f"{name}_low"], 1), (table[f"{name}_high"], -1)):
            apart = table[source] - end * table[source][1]
            margin = margins(replicates - end.to_numpy()[:, None] * replicates[1])
            np.testing.assert_allclose(sign * apart, margin, rtol=1e-3, atol=1e-6)
    assert table["frechet_floor"].tolist() == pytest.approx([frechet_by_hand(floor, reference)] * 3)
    differences = [fid.fid_from_feats(matrix(sets[2][1]), reference)]
    differences.append(fid.fid_from_feats(unedited, reference))
    assert table["frechet_difference"][2] == pytest.approx(np.subtract(*differences), rel=1e-5)


def test_the_distances_are_those_of_frechet_and_kernel():
    sets, reference = edited(50, 12), draw(70, 12, seed=5)
    table = compare(sets, listed(reference), groups=5, seed=2)
    assert table["alpha"].tolist() == [-1, 0, 2]
    assert table["n"].tolist() == [50, 50, 50]
    for row in table.itertuples():
        features = matrix(sets[row.alpha][1])
        assert row.frechet == pytest.approx(distances.frechet(features, reference), rel=1e-9)
        kernel = exact_kernel(features, reference)
        assert row.kernel == pytest.approx(kernel, rel=1e-9)


@pytest.mark.parametrize("features", [3, 40])
def test_of_more_images_than_the_sample_the_kernel_distance_is_that_of_a_sample(
    monkeypatch, features
):
    sets, reference = edited(50, features), listed(draw(70, features, seed=5))
    whole = compare(sets, reference, groups=5)
    monkeypatch.setattr(summaries, "SAMPLE", 30)
    table = compare(sets, reference, groups=5)
    frechet = table.filter(like="frechet")
    np.testing.assert_allclose(frechet, whole.filter(like="frechet"), rtol=1e-6, atol=1e-7)
    drawn = [
        np.random.default_rng((0, 1)).permutation(len(matrix(blocks))) < 30
        for blocks in (sets[2][1], reference[1])
    ]
    by_hand = exact_kernel(
        *(matrix(b)[d] for b, d in zip((sets[2][1], reference[1]), drawn, strict=True))
    )
    assert table["kernel"][2] == pytest.approx(by_hand, rel=1e-9)
    assert table["n"].tolist() == [50, 50, 50]


def test_features_of_other_images_are_refused():
    with pytest.raises(ValueError, match="there are 50 images, but features of 49"):
        compare({0.0: (keys(50), [draw(49, 4, seed=0)])}, listed(draw(50, 4, seed=5)), groups=5)


def test_the_order_of_rows_and_alphas_does_not_matter():
    sets, reference = edited(40, 6), listed(draw(70, 6, seed=5))
    order = np.random.default_rng(0).permutation(40)
    shuffled = {
        alpha: (list(np.array(sets[alpha][0])[order]), [matrix(sets[alpha][1])[order]])
        for alpha in (2, -1.0, 0.0)
    }
    options = {"groups": 10}
    plain = compare(sets, reference, **options)
    # Only the order of sums differs.
    np.testing.assert_allclose(compare(shuffled, reference, **options), plain, rtol=1e-7)


def test_an_image_missing_at_an_alpha_leaves_the_groups_of_the_others_alone():
    sets, reference = edited(60, 20), listed(draw(70, 20, seed=5))
    fewer = {**sets, 2: (keys(60)[1:], [matrix(sets[2][1])[1:]])}
    all_of_them = compare(sets, reference, groups=10)
    table = compare(fewer, reference, groups=10)
    assert table["n"].tolist() == [60, 60, 59]
    pd.testing.assert_frame_equal(table.iloc[:2], all_of_them.iloc[:2], rtol=1e-9)


def test_pairing_images_narrows_the_interval_of_differences_and_ratios():
    reference = listed(draw(200, 6, seed=5))
    paired = edited(200, 6)
    apart = {**paired, 2: listed(draw(200, 6, seed=8, shift=0.6))}
    tables = [compare(sets, reference) for sets in (paired, apart)]
    for name in ("kernel_difference", "frechet_difference", *RATIOS):
        narrow, wide = (table[f"{name}_high"][2] - table[f"{name}_low"][2] for table in tables)
        assert narrow < 0.7 * wide, name


# The floor


def test_the_floor_is_the_distance_of_as_many_images_as_are_edited_the_first():
    sets, reference, floor = edited(50, 12), draw(70, 12, seed=5), draw(80, 12, seed=6)
    table = compare(sets, listed(reference), listed(floor), groups=5)
    expected = distances.frechet(floor[:50], reference)
    assert table["frechet_floor"].tolist() == pytest.approx([expected] * 3)
    expected = exact_kernel(floor[:50], reference)
    assert table["kernel_floor"].tolist() == pytest.approx([expected] * 3)


def test_a_floor_of_fewer_images_than_are_edited_is_refused():
    with pytest.raises(MnemoError, match="floor has 49 images, and there are 50 at alpha 0"):
        compare(edited(50, 4), listed(draw(50, 4, seed=5)), listed(draw(49, 4, seed=6)), groups=5)


@pytest.fixture(scope="module", params=[20, 101], ids="{} features".format)
def of_one_distribution(request):
    """Tables of studies whose alpha 0 has the reference's own distribution, 100 against 300."""
    tables = []
    for seed in range(5):
        unedited, reference, floor = (
            draw(count, request.param, 3 * seed + own) for own, count in enumerate((100, 300, 100))
        )
        sets = {0.0: listed(unedited), 1.0: listed(unedited + 0.2)}
        tables.append(realness.compare(sets, listed(reference), listed(floor)))
    return tables


def test_alpha_0_of_the_reference_s_own_distribution_lies_at_the_floor(of_one_distribution):
    distance, floor = np.transpose(
        [table[["frechet", "frechet_floor"]].iloc[0] for table in of_one_distribution]
    )
    # Both are far from the true distance, 0, and alike.
    assert stats.ttest_1samp(floor, 0, alternative="greater").pvalue < 0.01
    assert stats.ttest_rel(distance, floor).pvalue > 0.01


def test_to_alpha_0_of_the_reference_s_own_distribution_no_ratio_is_published(of_one_distribution):
    for table in of_one_distribution:
        assert table.filter(like="ratio").isna().all(axis=None)
        assert table["kernel_difference_low"][1] > 0
        assert table["frechet_difference_low"][1] > 0


# The extrapolation


def gaussians(n, m, seed, d=6):
    """Sets whose distances are `GAUSSIANS`, the reference and the floor."""
    generator = np.random.default_rng(seed)
    latents, noise = generator.standard_normal((2, n, d))
    mean = np.zeros(d)
    mean[0] = np.sqrt(0.4)
    sets = {
        0.0: listed(latents + mean),
        1.0: listed(1.4 * (0.8 * latents + 0.6 * noise) + 5 * mean),
    }
    reference, floor = (listed(generator.standard_normal((count, d))) for count in (m, n))
    return sets, reference, floor


GAUSSIANS = {0.0: 0.4, 1.0: 25 * 0.4 + 6 * 0.4**2}


@pytest.mark.parametrize(("n", "m"), [(400, 400), (400, 700), (700, 400)])
def test_the_extrapolated_distance_is_the_intercept_of_a_regression_on_equal_numbers(n, m):
    sets, reference, floor = gaussians(n, m, seed=0)
    table = compare(sets, reference, floor, groups=6, seed=1)
    members, others = (jackknife.assign_groups(count, 6, seed=1)[:400] for count in (n, m))
    for row in table.itertuples():
        by_hand = extrapolated_by_hand(
            matrix(sets[row.alpha][1])[:400], matrix(reference[1])[:400], members, others, 6
        )
        assert row.frechet_infinite == pytest.approx(by_hand, rel=1e-6)
        assert row.frechet_infinite_low < GAUSSIANS[row.alpha] < row.frechet_infinite_high


def test_the_extrapolation_removes_the_bias_at_the_fewest_images_that_it_takes():
    tables = [compare(*gaussians(24, 24, seed), groups=5) for seed in range(150)]
    for row, alpha in enumerate(GAUSSIANS):
        raw, infinite = (
            np.array([table[name][row] for table in tables])
            for name in ("frechet", "frechet_infinite")
        )
        bias, left = raw.mean() - GAUSSIANS[alpha], infinite.mean() - GAUSSIANS[alpha]
        assert abs(left) < 3 * stats.sem(infinite)
        assert abs(left) < bias / 3


def test_of_fewer_images_nothing_is_extrapolated():
    for n, m in ((23, 24), (24, 23)):
        table = compare(*gaussians(n, m, seed=0), groups=5)
        assert table.filter(regex="frechet_infinite|frechet_ratio").isna().all(axis=None)


# Nearest neighbours


@pytest.mark.parametrize("sample", [20_000, 40])
def test_precision_and_its_kin_are_those_of_the_sample_with_groups_left_out_alike(
    monkeypatch, sample
):
    monkeypatch.setattr(summaries, "SAMPLE", sample)
    sets, reference = edited(50, 12), draw(70, 12, seed=5)
    table = compare(sets, listed(reference), groups=5, seed=2, neighbours=3, confidence=0.9)

    def balls(rows):
        members = jackknife.assign_groups(len(rows), 5, seed=2)
        kept = np.random.default_rng((2, 1)).permutation(len(rows)) < sample
        return Balls.of((rows[kept], members[kept]), 3, 5)

    for row in table.itertuples():
        assert row.neighbours == 3
        expected = neighbours.compare(balls(matrix(sets[row.alpha][1])), balls(reference), 0.9)
        for name, estimate in expected.items():
            found = [getattr(row, f"{name}{end}") for end in ("", "_low", "_high")]
            assert found == pytest.approx(list(estimate))


def test_without_images_enough_for_the_neighbours_only_their_estimates_are_missing():
    table = compare(edited(12, 4), listed(draw(50, 4, seed=5)), groups=5, neighbours=9)
    assert table.filter(regex="precision|recall|density|coverage").isna().all(axis=None)
    assert table.filter(regex="^(kernel|frechet)$").notna().all(axis=None)


# The reference


def test_the_reference_is_described_by_its_size_and_effective_rank():
    reference = draw(70, 12, seed=5)
    table = compare(edited(50, 12), listed(reference), groups=5)
    assert table["reference_count"].tolist() == [70] * 3
    assert table["reference_rank"].tolist() == pytest.approx([Moments.of(reference).rank()] * 3)


def test_a_reference_of_which_there_are_no_more_images_has_no_floor():
    sets, reference = edited(100, 6), draw(100, 6, seed=5)
    whole = compare(sets, listed(reference), groups=10)
    table = realness.compare(sets, listed(reference), None, groups=10)
    assert table.filter(like="floor").isna().all(axis=None)
    others = [name for name in table if "floor" not in name]
    pd.testing.assert_frame_equal(table[others], whole[others])
    assert table["frechet_ratio"].notna().all()


# Differences and ratios


def test_at_alpha_0_differences_are_exactly_0_and_ratios_1():
    table = compare(edited(50, 6), listed(draw(70, 6, seed=5)), groups=10)
    (unedited,) = table[table["alpha"] == 0].to_dict("records")
    for name, value in {
        **dict.fromkeys(RATIOS, 1),
        **dict.fromkeys(("kernel_difference", "frechet_difference"), 0),
    }.items():
        assert [unedited[f"{name}{end}"] for end in ("", "_low", "_high")] == [value] * 3
    for name, source in zip(RATIOS, ("kernel", "frechet_infinite"), strict=True):
        assert (table[name] == table[source] / unedited[source]).all()


def test_kernel_ratios_to_a_distance_like_0_are_missing():
    sets = {0.0: listed(draw(100, 6, seed=0)), 1.0: listed(draw(100, 6, seed=0, shift=1))}
    table = compare(sets, listed(draw(100, 6, seed=1)), groups=10)
    assert table["kernel_low"][0] < 0 < table["kernel_low"][1]
    assert table.filter(like="ratio").isna().all(axis=None)


def test_a_frechet_ratio_needs_a_distance_above_the_floor_not_only_above_0():
    sets, reference = edited(100, 6), listed(draw(100, 6, seed=5))
    assert compare(sets, reference, groups=10)["frechet_ratio"].notna().all()
    far = listed(draw(100, 6, seed=6, shift=3))
    table = compare(sets, reference, far, groups=10)
    assert (table["frechet_infinite_low"] > 0).all()
    assert table["frechet_ratio"].isna().all()


# Numbers of images


def test_fewer_images_than_features_are_warned_of_with_how_many_it_takes(caplog):
    with caplog.at_level(logging.WARNING):
        compare(edited(50, 40), listed(draw(40, 40, seed=5)), groups=5)
        assert not caplog.records
        compare(edited(50, 40), listed(draw(39, 40, seed=5)), groups=5)
    (told,) = caplog.messages
    assert "39 images in the smallest set, and 40 features" in told
    assert "at least 40 images of each set, or 160 for a distance without bias" in told


def test_groups_are_even_and_follow_the_seed():
    members = jackknife.assign_groups(103, 20, seed=1)
    assert set(np.bincount(members)) == {5, 6}
    assert members.tolist() == jackknife.assign_groups(103, 20, seed=1).tolist()
    assert members.tolist() != jackknife.assign_groups(103, 20, seed=2).tolist()


def test_too_few_images_for_the_groups_have_no_distances(caplog):
    measured = compare(edited(30, 4), listed(draw(100, 4, seed=5)))
    assert measured["n"].tolist() == [30] * len(measured)
    about = ["alpha", "reference_count", "reference_rank", "n", "neighbours"]
    assert measured.drop(columns=about).isna().all(axis=None)
    of_distances = {name for name in realness.REALNESS.names if "inception_score" not in name}
    assert {*measured.columns} == of_distances - {"edit", "features", "reference"}
    assert "30 images are too few for distances: two for each of the 20 groups" in caplog.text


def test_too_few_images_of_the_reference_are_refused_with_the_remedy():
    with pytest.raises(MnemoError, match="39 images are too few for the jackknife's 20 groups"):
        compare(edited(100, 4), listed(draw(39, 4, seed=5)))


def test_comparing_without_unedited_images_is_refused():
    with pytest.raises(MnemoError, match="alpha 0"):
        realness.compare(
            {1.0: listed(draw(50, 4, seed=0))},
            listed(draw(50, 4, seed=5)),
            listed(draw(50, 4, seed=6)),
        )
