"""Contrasts: against SciPy's paired test, McNemar's test by hand, and known differences."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mnemo import tables
from mnemo.results import contrasts

UNITS = {"resmem": "score", "student": "score", "age": "year"}
PAIR = {"a": "held", "b": "plain", "held": ["age"], "own": "resmem"}
KEYS = [f"{seed:07d}" for seed in range(60)]


@pytest.fixture
def scores() -> pd.DataFrame:
    """Two edits of 60 images, three assessors, squares and ovals; 20 ovals lost at alpha 4."""
    generator = np.random.default_rng(0)
    rises = {"resmem": 0.02, "student": 0.03, "age": -0.6}
    parts = []
    for assessor, rise in rises.items():
        spread = abs(rise) * 2
        first = generator.normal(1, spread, 60)
        for edit, share in (("plain", 1.0), ("held", 0.4)):
            slope = generator.normal(share * rise, spread, 60)
            for shape in ("square", "oval"):
                for alpha in (-4.0, 0.0, 4.0):
                    score = (first + alpha * slope).astype(np.float32)
                    about = {"edit": edit, "assessor": assessor, "shape": shape, "alpha": alpha}
                    frame = pd.DataFrame({"image": KEYS, "score": score, **about})
                    parts.append(frame[20:] if (shape, alpha) == ("oval", 4) else frame)
    return pd.concat(parts, ignore_index=True)


@pytest.fixture
def fit() -> pd.DataFrame:
    generator = np.random.default_rng(1)
    return pd.concat(
        pd.DataFrame(
            {
                "image": [f"{seed:07d}" for seed in range(1000, 1400)],
                "assessor": assessor,
                "shape": shape,
                "score": generator.normal(0, spread, 400).astype(np.float32),
            }
        )
        for assessor, spread in (("resmem", 0.05), ("student", 0.2), ("age", 8))
        for shape in ("square", "oval")
    )


def measured(scores: pd.DataFrame, fit: pd.DataFrame, **more: Any) -> pd.DataFrame:
    given: dict[str, Any] = {"edits": [PAIR], "hyperplanes": [], "held_out": {}}
    given["assessors"] = [("resmem", "student")]
    table = contrasts.measure(scores, fit, units=UNITS, **{**given, **more})
    return tables.conform(table, contrasts.CONTRASTS).to_pandas()


def change(scores: pd.DataFrame, edit: str, assessor: str, shape: str, alpha: float) -> pd.Series:
    own = scores.query(f"edit == '{edit}' and assessor == '{assessor}' and shape == '{shape}'")
    wide = own.astype({"score": float}).pivot(index="image", columns="alpha", values="score")
    return wide[alpha] - wide[0.0]


def test_a_contrast_of_edits_is_the_paired_t_test_of_their_changes(scores, fit) -> None:
    table = measured(scores, fit).query("kind == 'edits'")
    assert len(table) == 3 * 2 * 2
    for row in table.itertuples():
        a, b = (change(scores, edit, row.assessor, row.shape, row.alpha) for edit in (row.a, row.b))
        theirs = stats.ttest_rel(a, b, nan_policy="omit")
        low, high = theirs.confidence_interval(0.95)
        assert row.n == (40 if (row.shape, row.alpha) == ("oval", 4) else 60)
        assert (row.low, row.high, row.p) == pytest.approx((low, high, theirs.pvalue))
        assert row.unit == UNITS[row.assessor]


def test_edits_are_compared_at_the_alphas_and_in_the_shapes_that_both_have(scores, fit) -> None:
    other = scores[(scores["edit"] == "plain") | (scores["alpha"] >= 0)]
    other = other[(other["edit"] == "held") | (other["shape"] == "square")]
    table = measured(other, fit).query("kind == 'edits'")
    assert set(zip(table["shape"], table["alpha"], strict=True)) == {("square", 4.0)}


def test_holding_compares_the_sizes_of_changes_whatever_their_sign(scores, fit) -> None:
    """An edit that overshoots, and changes the attribute as far the other way, holds nothing."""
    table = measured(scores, fit).query("kind == 'held'")
    assert set(table["assessor"]) == {"age"}
    for row in table.itertuples():
        sizes = [
            abs(change(scores, edit, "age", row.shape, row.alpha).mean())
            for edit in ("held", "plain")
        ]
        assert row.difference == pytest.approx(sizes[0] - sizes[1])
    mirrored = scores.copy()
    by_image = scores[scores["edit"] == "plain"].set_index(["image", "assessor", "shape", "alpha"])
    opposite = by_image.rename(index=lambda alpha: -alpha, level="alpha")["score"]
    held = mirrored["edit"] == "held"
    index = pd.MultiIndex.from_frame(mirrored.loc[held, [*by_image.index.names]])
    mirrored.loc[held, "score"] = opposite.reindex(index).to_numpy()
    squares = measured(mirrored.dropna(), fit).query("shape == 'square' and alpha == 4")
    squares = squares.query("assessor == 'age'").set_index("kind")
    assert squares["difference"]["held"] == pytest.approx(0, abs=1e-5)
    assert squares["p"]["edits"] < 0.01


def test_an_equal_change_is_compared_as_the_bootstrap_does(scores, fit) -> None:
    steady = scores.astype({"score": float})
    own = steady["assessor"] == "resmem"
    steady.loc[own, "score"] = 0.02 * steady["alpha"] + 0.2 * steady["score"]
    (row,) = (
        measured(steady, fit)
        .query("kind == 'equal change' and assessor == 'student'")
        .query("shape == 'square' and alpha == 4")
        .itertuples()
    )
    columns = np.array(
        [
            change(steady, edit, assessor, "square", 4).to_numpy()
            for edit in ("held", "plain")
            for assessor in ("student", "resmem")
        ]
    )

    def compared(means: np.ndarray) -> np.ndarray:
        return means[0] / means[1] - means[2] / means[3]

    chosen = np.random.default_rng(0).integers(60, size=(4000, 60))
    resampled = compared(columns[:, chosen].mean(axis=2))
    assert row.difference == pytest.approx(compared(columns.mean(axis=1)))
    assert (row.high - row.low) / 2 == pytest.approx(2 * resampled.std(), rel=0.1)
    assert row.unit == "score per score of resmem"


def test_nothing_is_divided_by_a_change_that_is_not_clearly_off_0(scores, fit) -> None:
    still = scores.astype({"score": float})
    own = (still["assessor"] == "resmem") & (still["edit"] == "held")
    still.loc[own, "score"] = np.random.default_rng(0).normal(size=own.sum())
    table = measured(still, fit).query("kind == 'equal change'")
    assert (table["n"] >= 40).all()
    assert table[["difference", "low", "high", "p", "p_holm"]].isna().all(axis=None)


def test_assessors_are_compared_in_their_own_deviations_with_the_error_of_these(
    scores, fit
) -> None:
    row = measured(scores, fit).query(
        "kind == 'assessors' and edit == 'plain' and shape == 'square' and alpha == 4"
    )
    squares = fit[fit["shape"] == "square"].pivot(index="image", columns="assessor", values="score")
    changes = {
        name: change(scores, "plain", name, "square", 4).to_numpy()
        for name in ("resmem", "student")
    }
    deviations = squares.astype(float).std()
    a, b = (changes[name] / deviations[name] for name in changes)
    assert row["difference"].item() == pytest.approx((a - b).mean())
    generator = np.random.default_rng(0)
    resampled = []
    for _ in range(2000):
        edited, unedited = generator.integers(60, size=60), generator.integers(400, size=400)
        again = squares.to_numpy(float)[unedited].std(axis=0, ddof=1)
        again = dict(zip(squares.columns, again, strict=True))
        means = [changes[name][edited].mean() / again[name] for name in changes]
        resampled.append(means[0] - means[1])
    assert (row["high"] - row["low"]).item() / 2 == pytest.approx(2 * np.std(resampled), rel=0.1)


def test_shapes_are_compared_on_the_images_that_have_both(scores, fit) -> None:
    table = measured(scores, fit).query("kind == 'shapes'")
    assert set(table["a"] + table["b"]) == {"squareoval"}
    assert table.query("alpha == 4")["n"].eq(40).all()
    assert table.query("alpha == -4")["n"].eq(60).all()


def hits(generator: np.random.Generator, share: float, folds: int, first: int = 0) -> pd.DataFrame:
    n = 200
    return pd.DataFrame(
        {
            "image": [f"{seed:07d}" for seed in range(first, first + n)],
            "hit": generator.random(n) < share,
            "fold": np.arange(n) % folds,
        }
    )


@pytest.mark.parametrize("folds", [1, 5])
def test_hyperplanes_are_compared_by_mcnemar_on_the_images_that_both_hold_out(folds: int) -> None:
    generator = np.random.default_rng(0)
    names = ("z/resmem/square/mean", "w/resmem/square/mean")
    held_out = {
        name: hits(generator, share, folds, first)
        for name, share, first in zip(names, (0.8, 0.7), (0, 50), strict=True)
    }
    nothing = pd.DataFrame(columns=["edit", "image", "assessor", "shape", "alpha", "score"])
    (row,) = measured(
        nothing, nothing, edits=[], assessors=[], hyperplanes=[names], held_out=held_out
    ).itertuples()
    both = held_out[names[0]].merge(held_out[names[1]], on="image")
    first, second = both["hit_x"], both["hit_y"]
    won, lost = int((first & ~second).sum()), int((~first & second).sum())
    exact = stats.binomtest(won, won + lost, 0.5).pvalue
    assert (row.n, row.assessor, row.shape) == (150, "resmem", "square")
    assert row.difference == pytest.approx((won - lost) / 150)
    assert row.mcnemar_p == pytest.approx(exact)
    # Var of a difference of paired shares, by hand, and Nadeau and Bengio's factor.
    variance = ((won + lost) / 150 - row.difference**2) / 149
    factor = 1 if folds == 1 else 1 + folds * (1 / (folds - 1))
    half = stats.t.ppf(0.975, 149) * np.sqrt(variance * factor)
    assert (row.low, row.high) == pytest.approx((row.difference - half, row.difference + half))
    plain = 2 * stats.t.sf(abs(row.difference) / np.sqrt(variance * factor), 149)
    assert row.p == pytest.approx(max(exact, plain))


def test_hits_that_hardly_differ_are_judged_by_the_exact_test() -> None:
    image = [f"{seed:07d}" for seed in range(100)]
    alike = pd.DataFrame({"image": image, "hit": True, "fold": 0})
    other = alike.assign(hit=[False] * 5 + [True] * 95)
    names = ("z/resmem/square/mean", "z/resmem/oval/mean")
    nothing = pd.DataFrame(columns=["edit", "image", "assessor", "shape", "alpha", "score"])
    held_out = dict(zip(names, (alike, other), strict=True))
    (row,) = measured(
        nothing, nothing, edits=[], assessors=[], hyperplanes=[names], held_out=held_out
    ).itertuples()
    assert row.p == row.mcnemar_p == pytest.approx(2 * 0.5**5)
    assert pd.isna(row.shape)


def test_p_values_are_corrected_within_each_kind(scores, fit) -> None:
    table = measured(scores, fit)
    for _, own in table.groupby("kind"):
        known = own["p"].dropna().sort_values()
        by_hand = np.minimum(
            1, np.maximum.accumulate(known.to_numpy() * np.arange(len(known), 0, -1))
        )
        np.testing.assert_allclose(own["p_holm"].loc[known.index], by_hand)


@pytest.mark.parametrize("images", [0, 1, 2])
def test_a_contrast_of_hardly_any_image_has_what_is_known(scores, fit, images: int) -> None:
    late = KEYS[60 - images :]
    found = scores["image"].isin(late) | (scores["alpha"] != 0)
    few = scores[(scores["shape"] == "square") | found]
    table = measured(few, fit)
    ovals = table[(table["shape"] == "oval") & (table["kind"] == "edits")]
    assert len(ovals)
    assert (ovals["n"] == images).all()
    assert ovals["difference"].isna().eq(images == 0).all()
    assert ovals[["low", "high", "p", "p_holm"]].isna().eq(images < 2).all(axis=None)
    assert table[(table["shape"] == "square") & (table["kind"] == "edits")].notna()["p"].all()


def test_edits_that_change_nothing_do_not_differ(scores, fit) -> None:
    still = scores.assign(score=scores.groupby(["assessor", "image"])["score"].transform("first"))
    table = measured(still, fit).query("kind in ('edits', 'held', 'assessors', 'shapes')")
    assert (table[["difference", "low", "high"]] == 0).all(axis=None)
    assert (table["p"] == 1).all()


def test_scores_without_a_spread_have_no_contrast_in_deviations(scores, fit) -> None:
    alike = fit.assign(score=fit["score"].mask(fit["assessor"] == "student", 0.5))
    table = measured(scores, alike)
    of_student = (table["kind"] == "assessors") | (
        (table["kind"] == "shapes") & (table["assessor"] == "student")
    )
    assert table.loc[of_student, ["difference", "p"]].isna().all(axis=None)
    others = (table["kind"] == "shapes") & (table["assessor"] != "student")
    assert table.loc[others, "p"].notna().all()


def test_an_edit_is_compared_with_its_controls_on_the_same_images(scores, fit) -> None:
    own = scores.query("edit == 'plain' and assessor == 'resmem' and shape == 'square'")
    control = own[(own["alpha"] == 4) & (own["image"] < KEYS[25])].assign(edit="random")
    control["score"] = np.random.default_rng(2).normal(0, 0.1, len(control)).astype(np.float32)
    table = measured(scores, fit, edits=[], assessors=[], controls={"plain": control})
    (row,) = table.query("kind == 'controls'").itertuples()
    assert (row.a, row.b, row.n, row.alpha) == ("plain", "random", 25, 4)
    theirs = stats.ttest_rel(
        own.query("alpha == 4").set_index("image")["score"][control["image"]].astype(float),
        control["score"].astype(float),
    )
    np.testing.assert_allclose([row.low, row.high], theirs.confidence_interval(0.95))
    assert row.p == pytest.approx(theirs.pvalue)


def test_the_distance_moved_is_unknown_where_two_edits_move_differently(scores, fit) -> None:
    for shares, expected in (({"plain": 1, "held": 1}, 4.0), ({"plain": 1, "held": 0.5}, None)):
        table = measured(scores, fit, shares=shares).query("kind == 'edits' and alpha == 4")
        assert (table["moved"].isna() if expected is None else table["moved"] == expected).all()
