"""Identity against SciPy and statsmodels, and whatever faces are lost."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from scipy import stats
from scipy.spatial import distance
from sklearn.metrics import roc_auc_score
from statsmodels.stats.proportion import proportion_confint

from mnemo import tables
from mnemo.errors import MnemoError
from mnemo.features import table
from mnemo.results import identity

KEYS = [f"{seed:07d}" for seed in range(40)]


def faces(seed: int, spread: float = 0.05) -> NDArray[np.float32]:
    generator = np.random.default_rng(seed)
    return generator.normal(scale=spread, size=(40, 128)).astype(np.float32)


@pytest.fixture(scope="module")
def embeddings() -> dict[float, identity.Embeddings]:
    """Faces at three alphas, of which some have none."""
    original, moved, far = faces(0), faces(0) + faces(1, 0.03), faces(0) + faces(2, 0.06)
    original[3], moved[5], far[[3, 5, 7]] = np.nan, np.nan, np.nan
    order = np.random.default_rng(3).permutation(40)
    return {
        2.0: ([KEYS[index] for index in order], far[order]),
        0.0: (KEYS, original),
        -1.0: (KEYS, moved),
    }


@pytest.fixture(scope="module")
def measured(embeddings: dict[float, identity.Embeddings]) -> pd.DataFrame:
    return identity.measure(embeddings, threshold=0.6, confidence=0.9).set_index("alpha")


def test_distances_and_intervals_are_scipy_s_and_statsmodels_s(measured: pd.DataFrame) -> None:
    moved = faces(0) + faces(2, 0.06)
    kept = [index for index in range(40) if index not in (3, 5, 7)]
    apart = [distance.euclidean(moved[index], faces(0)[index]) for index in kept]
    row = measured.loc[2.0]
    mean, error = np.mean(apart), stats.sem(apart)
    low, high = stats.t.interval(0.9, len(kept) - 1, mean, error)
    np.testing.assert_allclose(
        row[["distance", "distance_low", "distance_high"]].astype(float), [mean, low, high]
    )
    below = int(np.sum(np.array(apart) < 0.6))
    assert 0 < below < len(kept)
    expected = proportion_confint(below, len(kept), alpha=0.1, method="wilson")
    assert row["accepted"] == pytest.approx(below / len(kept))
    assert (row["accepted_low"], row["accepted_high"]) == pytest.approx(expected)
    assert row["n"] == 37


def test_a_face_is_lost_that_was_there_at_alpha_0_only(measured: pd.DataFrame) -> None:
    assert measured["lost"].to_dict() == {-1.0: 1, 0.0: 0, 2.0: 2}
    assert measured["n"].to_dict() == {-1.0: 38, 0.0: 39, 2.0: 37}


def test_alphas_ascend_and_at_0_every_face_is_itself(measured: pd.DataFrame) -> None:
    assert measured.index.tolist() == [-1, 0, 2]
    row = measured.loc[0.0]
    assert row[["distance", "distance_low", "distance_high", "accepted"]].tolist() == [0, 0, 0, 1]


def by_hand(embeddings: dict[float, identity.Embeddings], alpha: float) -> NDArray[np.float64]:
    """Compute (40, 40) distances of edited faces, in rows, from unedited ones, by key."""
    edited, unedited = (
        rows[np.argsort(keys)].astype(float) for keys, rows in (embeddings[alpha], embeddings[0.0])
    )
    # A face that is gained is not among those compared.
    edited[np.isnan(unedited[:, 0])] = np.nan
    return np.linalg.norm(edited[:, np.newaxis] - unedited, axis=2)


@pytest.mark.parametrize("alpha", [-1.0, 0.0, 2.0])
def test_impostors_are_edited_faces_that_pass_for_another(
    embeddings: dict[float, identity.Embeddings], alpha: float
) -> None:
    apart = by_hand(embeddings, alpha)
    others = apart[~np.eye(40, dtype=bool)]
    others = others[np.isfinite(others)]
    threshold = float(np.quantile(others, 0.3))
    row = identity.measure(embeddings, threshold=threshold).set_index("alpha").loc[alpha]
    assert row["impostor"] == pytest.approx(np.mean(others < threshold))
    assert row["impostor_low"] < row["impostor"] < row["impostor_high"]
    if alpha == 0:
        assert row["alike"] == row["impostor"]


@pytest.mark.parametrize("alpha", [-1.0, 2.0])
def test_the_auc_is_scikit_learns_of_own_against_other_distances(
    embeddings: dict[float, identity.Embeddings], alpha: float
) -> None:
    def area(apart: NDArray[np.float64]) -> float:
        there = np.isfinite(apart)
        own = np.eye(len(apart), dtype=bool)[there]
        return float(roc_auc_score(own, -apart[there]))

    # In few dimensions, some faces are taken for others.
    near = {each: (keys, rows[:, :3]) for each, (keys, rows) in embeddings.items()}
    apart = by_hand(near, alpha)
    share = identity._auc(apart, 0.95)
    assert 0.5 < share.value < 0.99
    assert share.value == pytest.approx(area(apart))
    left = [
        area(apart[np.ix_(kept, kept)])
        for kept in (np.delete(np.arange(40), image) for image in range(40))
    ]
    error = np.sqrt(39 / 40 * np.sum((np.array(left) - np.mean(left)) ** 2))
    assert share.error == pytest.approx(error)


def test_rank_one_is_how_often_the_own_face_is_the_nearest_of_the_gallery(
    embeddings: dict[float, identity.Embeddings],
) -> None:
    near = {each: (keys, rows[:, :3]) for each, (keys, rows) in embeddings.items()}
    table = identity.measure(near, threshold=0.1).set_index("alpha")
    for alpha in (-1.0, 2.0):
        apart = np.where(np.isnan(by_hand(near, alpha)), np.inf, by_hand(near, alpha))
        found = np.isfinite(np.diagonal(apart))
        nearest = apart[found].argmin(axis=1) == np.flatnonzero(found)
        assert 0 < nearest.mean() < 1
        assert table.loc[alpha, "rank_one"] == pytest.approx(nearest.mean())
    assert table.loc[0.0, "rank_one"] == 1
    assert (table["gallery"] == 39).all()


def test_lost_faces_count_as_refused_in_the_lower_bound(
    measured: pd.DataFrame, embeddings: dict[float, identity.Embeddings]
) -> None:
    row = measured.loc[2.0]
    accepted = row["accepted"] * row["n"]
    assert row["accepted_bound"] == pytest.approx(accepted / 39)
    ends = proportion_confint(round(accepted), 39, alpha=0.1, method="wilson")
    assert (row["accepted_bound_low"], row["accepted_bound_high"]) == pytest.approx(ends)
    # Face 3 has none at alpha 0, and is found at -1.
    assert measured["gained"].to_dict() == {-1.0: 1, 0.0: 0, 2.0: 0}


def test_impostors_of_a_known_rate_are_found_at_that_rate() -> None:
    """The squared distance of two normal persons is chi-square."""
    random = np.random.default_rng(0)
    keys, persons = [f"{seed:07d}" for seed in range(800)], random.normal(size=(800, 6))
    # Moved apart by 2 in one dimension.
    edited = {0.0: (keys, persons), 1.0: (keys, persons + 2 * np.eye(6)[0])}
    table = identity.measure(edited, threshold=2.0, false_accept_rate=0.05).set_index("alpha")
    for alpha, moved in ((0.0, 0.0), (1.0, 2.0)):
        expected = stats.ncx2.cdf(4 / 2, 6, moved**2 / 2) if moved else stats.chi2.cdf(4 / 2, 6)
        assert table.loc[alpha, "impostor"] == pytest.approx(expected, rel=0.05)
    own = np.sqrt(2 * stats.chi2.ppf(0.05, 6))
    assert table.loc[1.0, "threshold_own"] == pytest.approx(own, rel=0.02)


def test_the_own_threshold_accepts_the_wanted_share_of_different_unedited_faces() -> None:
    random = np.random.default_rng(0)
    keys = [f"{seed:07d}" for seed in range(90)]
    rows = random.normal(size=(90, 4))
    edited = {0.0: (keys, rows), 1.0: (keys, rows + random.normal(0, 0.3, (90, 4)))}
    table = identity.measure(edited, threshold=2.0, false_accept_rate=0.02).set_index("alpha")
    (threshold,) = table["threshold_own"].unique()
    pairs = distance.pdist(rows)
    assert np.sum(pairs < threshold) == int(0.02 * len(pairs))
    moved = np.linalg.norm(edited[1.0][1] - rows, axis=1)
    row = table.loc[1.0]
    assert row["accepted_own"] == np.mean(moved < threshold)
    # The threshold's own error makes the interval wider than Wilson's.
    below = int(np.sum(moved < threshold))
    low, high = proportion_confint(below, 90, alpha=0.05, method="wilson")
    assert row["accepted_own_high"] - row["accepted_own_low"] > high - low


def test_too_few_pairs_for_a_rate_give_no_threshold() -> None:
    for count, known in ((77, False), (78, True)):
        keys = [f"{seed:07d}" for seed in range(count)]
        rows = np.random.default_rng(0).normal(size=(count, 4))
        table = identity.measure({0.0: (keys, rows)}, threshold=1, false_accept_rate=0.01)
        assert table[["threshold_own", "accepted_own"]].notna().all(axis=None) == known


def test_a_distance_of_just_the_threshold_is_not_accepted() -> None:
    edited = (["a", "b"], np.array([[0.0, 0.5], [0.0, 0.25]]))
    table = identity.measure({0: (["a", "b"], np.zeros((2, 2))), 1: edited}, threshold=0.5)
    assert table["accepted"].tolist() == [1, 0.5]


def test_where_no_face_is_left_there_is_no_estimate() -> None:
    gone = (KEYS[:3], np.full((3, 128), np.nan))
    table = identity.measure({0: (KEYS[:3], faces(0)[:3]), 1: gone}, threshold=0.6)
    row = table.set_index("alpha").loc[1]
    assert (row["n"], row["lost"]) == (0, 3)
    assert row[["distance", "accepted", "accepted_low", "accepted_high"]].isna().all()
    assert row[["impostor", "alike", "rank_one", "auc", "accepted_own"]].isna().all()
    assert row["accepted_bound"] == 0


def test_one_face_has_a_distance_without_an_interval() -> None:
    one = {alpha: (KEYS[:1], faces(seed)[:1]) for alpha, seed in ((0, 0), (1, 1))}
    row = identity.measure(one, threshold=0.6).set_index("alpha").loc[1]
    assert row["distance"] > 0
    assert row[["distance_low", "distance_high", "impostor", "rank_one", "auc"]].isna().all()


def test_without_alpha_0_there_is_nothing_to_compare_with() -> None:
    with pytest.raises(MnemoError, match="alpha 0"):
        identity.measure({1: (KEYS, faces(0))}, threshold=0.6)


@settings(deadline=None, max_examples=40)
@given(
    rows=hnp.arrays(
        np.float64,
        st.tuples(st.just(2), st.integers(1, 12), st.just(4)),
        elements=st.floats(-2, 2),
    ),
    lost=st.lists(st.booleans(), min_size=24, max_size=24),
    threshold=st.floats(0.01, 5),
    data=st.data(),
)
def test_counts_add_up_and_neither_order_nor_a_rotation_matters(
    rows: NDArray[np.float64], lost: list[bool], threshold: float, data: st.DataObject
) -> None:
    count = rows.shape[1]
    rows[np.array(lost).reshape(2, 12)[:, :count]] = np.nan
    # Whether a distance of the threshold itself is below it hangs on its last digit.
    assume(not np.isclose(distance.pdist(rows.reshape(-1, 4)), threshold).any())
    keys = KEYS[:count]
    table = identity.measure({0: (keys, rows[0]), 3: (keys, rows[1])}, threshold=threshold)
    there = np.isfinite(rows[:, :, 0])
    edited = table.set_index("alpha").loc[3]
    assert edited["n"] + edited["lost"] == there[0].sum()
    assert edited["n"] == (there[0] & there[1]).sum()
    if edited["n"]:
        assert 0 <= edited["accepted_low"] <= edited["accepted"] + 1e-12
        assert edited["accepted"] <= edited["accepted_high"] + 1e-12
        assert edited["accepted_high"] <= 1
    order = data.draw(st.permutations(range(count)))
    # Turning all embeddings by a right angle changes no distance.
    turned = rows[:, order][..., [1, 0, 3, 2]] * [1, -1, 1, -1]
    again = identity.measure(
        {
            3: ([keys[index] for index in order], turned[1]),
            0: ([keys[i] for i in order], turned[0]),
        },
        threshold=threshold,
    )
    pd.testing.assert_frame_equal(again, table)


def test_shards_are_read_by_alpha_with_the_faces_that_are_missing(tmp_path: Path) -> None:
    provenance = tables.Provenance("study", "rule", {}, {})
    paths = []
    rows = faces(4)
    for alpha, part in ((0.0, slice(0, 20)), (0.0, slice(20, 40)), (1.5, slice(0, 20))):
        held = [row.tolist() if index % 7 else None for index, row in enumerate(rows[part])]
        paths.append(tmp_path / f"{len(paths)}.parquet")
        columns = {
            "set": ["eval"] * 20,
            "edit": ["up"] * 20,
            "alpha": [alpha] * 20,
            "image": KEYS[part],
            "features": held,
        }
        tables.write(paths[-1], table.FEATURES, columns, provenance)
    embeddings = identity.read(paths)
    assert list(embeddings) == [0, 1.5]
    keys, read = embeddings[0]
    assert list(keys) == KEYS
    absent = np.array([index % 20 % 7 == 0 for index in range(40)])
    assert np.isnan(read[absent]).all()
    np.testing.assert_array_equal(read[~absent], rows[~absent])
    assert len(embeddings[1.5][0]) == 20
    assert identity.measure(embeddings, threshold=0.6)["lost"].tolist() == [0, 17]  # type: ignore[arg-type]


def test_a_set_without_a_single_face_is_read_and_of_no_alpha(tmp_path: Path) -> None:
    path = tmp_path / "0.parquet"
    columns = {name: [None] * 3 for name in ("edit", "alpha", "features")}
    columns |= {"set": ["fit"] * 3, "image": KEYS[:3]}
    tables.write(path, table.FEATURES, columns, tables.Provenance("study", "rule", {}, {}))
    ((alpha, (keys, rows)),) = identity.read([path]).items()
    assert alpha is None
    assert keys == KEYS[:3]
    assert np.isnan(rows).all()
    assert len(rows) == 3


def test_the_measure_fits_its_table(measured: pd.DataFrame) -> None:
    named = measured.reset_index().assign(edit="up")
    assert len(tables.conform(named, identity.IDENTITY)) == 3


NEEDS_A_THRESHOLD = ("accepted", "accepted_bound", "threshold", "impostor", "alike")


def test_without_a_threshold_there_is_all_that_needs_none() -> None:
    random = np.random.default_rng(0)
    keys = [f"{seed:07d}" for seed in range(90)]
    rows = random.normal(size=(90, 4))
    edited = {0.0: (keys, rows), 1.0: (keys, rows + random.normal(0, 0.3, (90, 4)))}
    without = identity.measure(edited, threshold=None, false_accept_rate=0.02)
    assert len(tables.conform(without.assign(edit="up"), identity.IDENTITY)) == 2
    absent = [
        name
        for name in without
        if name.removesuffix("_low").removesuffix("_high") in NEEDS_A_THRESHOLD
    ]
    assert len(absent) == 13
    assert without[absent].isna().all(axis=None)
    given = identity.measure(edited, threshold=1.0, false_accept_rate=0.02)
    assert given[absent].notna().all(axis=None)
    pd.testing.assert_frame_equal(without.drop(columns=absent), given.drop(columns=absent))
    assert without[["distance", "rank_one", "auc", "threshold_own"]].notna().all(axis=None)
