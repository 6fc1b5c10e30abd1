"""Hyperplanes: against scikit-learn, the tiled space fitted in full, and the paper's equations."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.model_selection import (
    RepeatedStratifiedKFold,
    StratifiedKFold,
    cross_val_predict,
    cross_validate,
    train_test_split,
)
from statsmodels.stats.proportion import proportion_confint
from tests.support.paths import SCRIPTS
from threadpoolctl import threadpool_limits

from mnemo.directions import hyperplane_tables, hyperplanes
from mnemo.errors import MnemoError


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Fit on one thread: several take longer, for so few images."""
    with threadpool_limits(1):
        yield


def draw(n=600, d=12, seed=0, noise=1.0):
    """Latents with unequal spreads, and scores that depend on them with noise."""
    generator = np.random.default_rng(seed)
    latents = generator.standard_normal((n, d)) * np.geomspace(2, 0.2, d)
    direction = generator.standard_normal(d)
    scores = latents @ direction + noise * generator.standard_normal(n)
    return latents, 0.8 + 0.04 * scores


def plain(inverse_penalty=1.0):
    return LogisticRegression(C=inverse_penalty, tol=1e-6, max_iter=4000)


def angle(a, b):
    """Degrees between two vectors."""
    cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def test_a_score_at_the_cut_is_high():
    high, cut = hyperplanes.labels(np.array([1.0, 2.0, 3.0]), "mean")
    assert cut == 2
    assert high.tolist() == [False, True, True]


def test_mean_and_median_cut_skewed_scores_differently():
    scores = np.array([0.0, 0.0, 1.0, 1.0, 9.0])
    assert hyperplanes.labels(scores, "mean")[0].tolist() == [False, False, False, False, True]
    assert hyperplanes.labels(scores, "median")[0].tolist() == [False, False, True, True, True]


@pytest.mark.parametrize("threshold", ["mean", "median"])
def test_equal_scores_are_refused(threshold):
    with pytest.raises(MnemoError, match="leaves none below it"):
        hyperplanes.labels(np.full(1000, 0.1, dtype=np.float32), threshold)


def test_a_median_that_most_scores_share_is_refused_with_the_remedy():
    scores = np.array([0.0, 0.0, 0.0, 1.0])
    with pytest.raises(MnemoError, match="Use the other threshold"):
        hyperplanes.labels(scores, "median")
    assert hyperplanes.labels(scores, "mean")[0].sum() == 1


def test_a_class_smaller_than_the_folds_is_refused_with_the_remedy():
    latents, _ = draw(n=100)
    scores = np.r_[np.zeros(97), np.ones(3)]
    with pytest.raises(MnemoError, match=r"3 images in the smaller class.*lower `folds`"):
        hyperplanes.fit(latents, scores, threshold="mean")


def test_the_solution_and_its_cross_validation_are_those_of_scikit_learn():
    latents, scores = draw()
    high = scores >= np.mean(scores)
    plane = hyperplanes.fit(latents, scores, threshold="mean", permutations=0, seed=3)
    model = plain().fit(latents, high)
    np.testing.assert_allclose(
        plane.normal, model.coef_[0] / np.linalg.norm(model.coef_), rtol=1e-5
    )
    np.testing.assert_allclose(plane.coefficient_norm, np.linalg.norm(model.coef_), rtol=1e-5)
    np.testing.assert_allclose(
        plane.coefficient_norm * hyperplanes.decision(plane, latents),
        model.decision_function(latents),
        atol=1e-4,
    )
    assert plane.train_accuracy == model.score(latents, high)

    assert plane.base_rate == max(high.mean(), 1 - high.mean())

    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=3)
    scoring = {"accuracy": "accuracy", "balanced_accuracy": "balanced_accuracy", "auc": "roc_auc"}
    theirs = cross_validate(plain(), latents, high, cv=folds, scoring=scoring)
    for name in scoring:
        each = theirs[f"test_{name}"]
        np.testing.assert_allclose(getattr(plane, name), each.mean(), rtol=1e-4)
        # Nadeau and Bengio's variance, at the 0.975 quantile of t with 9 degrees of freedom. Of the
        # AUC, the folds of one repetition count.
        counted = 5 if name == "auc" else 10
        half = 2.262157 * np.sqrt((1 / counted + 1 / 4) * each.var(ddof=1))
        ends = getattr(plane, f"{name}_low"), getattr(plane, f"{name}_high")
        np.testing.assert_allclose(ends, (each.mean() - half, each.mean() + half), rtol=1e-4)


def test_a_logistic_regression_of_a_given_strength_is_what_it_always_was():
    """Numbers of the version in which there was no other estimator."""
    generator = np.random.default_rng(612)
    latents = generator.standard_normal((600, 12)) * np.geomspace(2, 0.2, 12)
    scores = latents @ generator.standard_normal(12) + generator.standard_normal(600)
    scores = (0.8 + 0.04 * scores).astype(np.float32)
    plane = hyperplanes.fit(latents, scores, threshold="mean", permutations=7, seed=3)
    stored = {
        "accuracy": 0.8958333333333334,
        "accuracy_low": 0.8490308466020199,
        "balanced_accuracy": 0.8957627118644067,
        "auc": 0.9674909697138092,
        "auc_high": 0.9939842513563295,
        "permuted_accuracy": 0.5107142857142857,
        "permutation_p": 0.125,
        "train_accuracy": 0.9066666666666666,
        "intercept": 0.038618456798423906,
        "coefficient_norm": 4.650859150158708,
        "regularisation": 1.0,
    }
    assert {name: getattr(plane, name) for name in stored} == pytest.approx(stored, rel=1e-7)


def test_every_image_is_held_out_once_in_the_first_repetition():
    latents, scores = draw()
    high = scores >= np.mean(scores)
    plane = hyperplanes.fit(latents, scores, threshold="mean", permutations=0, seed=3)
    folds = StratifiedKFold(5, shuffle=True, random_state=3)
    predicted = cross_val_predict(plain(), latents, high, cv=folds)
    keys = [f"{place:07d}" for place in range(600)]
    held_out = hyperplane_tables.held_out(keys, plane)
    assert held_out["image"].tolist() == keys
    np.testing.assert_array_equal(held_out["hit"], predicted == high)
    for number, (_, tested) in enumerate(folds.split(latents, high), start=1):
        np.testing.assert_array_equal(np.flatnonzero(held_out["fold"] == number), tested)


def test_only_the_images_that_a_holdout_holds_out_have_predictions():
    latents, scores = draw(n=500)
    plane = hyperplanes.fit(latents, scores, threshold="mean", validation="holdout", permutations=0)
    _, tested = train_test_split(np.arange(500), test_size=0.1, random_state=42)
    held_out = hyperplane_tables.held_out(np.arange(500).astype(str), plane)
    np.testing.assert_array_equal(held_out["image"].astype(int), np.sort(tested))
    assert held_out["hit"].mean() == plane.accuracy
    assert set(held_out["fold"]) == {1}


def test_holdout_is_the_split_of_the_papers_authors():
    latents, scores = draw(n=500)
    high = scores >= np.mean(scores)
    plane = hyperplanes.fit(latents, scores, threshold="mean", validation="holdout", permutations=0)
    train, test, train_high, test_high = train_test_split(
        latents, high, test_size=0.1, random_state=42
    )
    model = plain().fit(train, train_high)
    assert angle(plane.normal, model.coef_[0]) < 1e-3
    np.testing.assert_allclose(plane.accuracy, model.score(test, test_high))
    np.testing.assert_allclose(
        (plane.accuracy_low, plane.accuracy_high),
        proportion_confint(round(plane.accuracy * 50), 50, method="wilson"),
    )
    np.testing.assert_allclose(
        plane.balanced_accuracy, balanced_accuracy_score(test_high, model.predict(test))
    )
    np.testing.assert_allclose(plane.train_accuracy, model.score(train, train_high))
    np.testing.assert_allclose(plane.auc, roc_auc_score(test_high, model.decision_function(test)))
    assert plane.base_rate == max(test_high.mean(), 1 - test_high.mean())


@pytest.mark.parametrize("layers", [2, 14, 18])
def test_a_tiled_space_gets_the_hyperplane_that_fitting_the_copies_gives(layers):
    latents, scores = draw(n=400, d=8)
    high = scores >= np.mean(scores)
    copies = np.tile(latents, layers)
    plane = hyperplanes.fit(latents, scores, threshold="mean", layers=layers, permutations=0)
    model = plain().fit(copies, high)
    assert plane.normal.shape == (layers * 8,)
    assert angle(plane.normal, model.coef_[0]) < 0.01
    np.testing.assert_allclose(plane.coefficient_norm, np.linalg.norm(model.coef_), rtol=1e-4)
    np.testing.assert_allclose(
        plane.coefficient_norm * hyperplanes.decision(plane, latents),
        model.decision_function(copies),
        atol=1e-3,
    )
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    theirs = cross_val_predict(plain(), copies, high, cv=folds)
    np.testing.assert_array_equal(plane.hits, theirs == high)


def test_float32_latents_give_the_hyperplane_of_float64():
    latents, scores = draw(n=2000, d=40)
    latents = latents.astype(np.float32)
    single = hyperplanes.fit(latents, scores, threshold="mean", permutations=0)
    double = hyperplanes.fit(latents.astype(float), scores, threshold="mean", permutations=0)
    assert angle(single.normal, double.normal) < 0.05
    assert single.accuracy == pytest.approx(double.accuracy, abs=0.001)


def test_the_normal_is_the_optimal_one_on_correlated_latents():
    generator = np.random.default_rng(0)
    spreads = 0.5 * np.exp(-np.arange(128) / 30)
    rotation = np.linalg.qr(generator.standard_normal((128, 128)))[0]
    latents = generator.standard_normal((2000, 128)) * spreads @ rotation.T
    scores = latents @ rotation @ (generator.standard_normal(128) / np.maximum(spreads, 0.1))
    scores += 0.6 * scores.std() * generator.standard_normal(2000)
    plane = hyperplanes.fit(
        latents.astype(np.float32), scores, threshold="mean", layers=18, permutations=0
    )
    best = LogisticRegression(C=18, tol=1e-10, max_iter=20_000).fit(
        latents, scores >= scores.mean()
    )
    assert angle(plane.normal, np.tile(best.coef_[0], 18)) < 0.5


def test_a_fit_that_does_not_converge_is_refused_with_the_remedy():
    generator = np.random.default_rng(0)
    spreads = np.geomspace(10, 0.01, 60)
    latents = generator.standard_normal((300, 60)) * spreads + 1
    scores = latents @ (1 / spreads) + generator.standard_normal(300)
    with (
        pytest.warns(ConvergenceWarning),
        pytest.raises(MnemoError, match=r"did not converge.*Lower `regularisation`"),
    ):
        hyperplanes.fit(latents, scores, threshold="mean", regularisation=1e6)


def test_permuted_labels_are_guessed_and_real_ones_are_not():
    latents, scores = draw(n=2000, d=12, noise=0.5)
    plane = hyperplanes.fit(latents, scores, threshold="median", permutations=5)
    # 5 x 2,000 guesses have a standard deviation of 0.005 around one half.
    assert plane.permuted_accuracy == pytest.approx(0.5, abs=0.03)
    assert plane.permutation_p == 1 / 6
    assert plane.accuracy_low > 0.8
    assert plane.auc > plane.accuracy


def test_p_counts_the_permutations_that_scikit_learn_predicts_as_well_as_the_true_labels():
    latents, scores = draw(n=60, d=4, noise=6.0)
    high = scores >= np.mean(scores)
    plane = hyperplanes.fit(latents, scores, threshold="mean", permutations=19, seed=1)

    def hits(labels):
        folds = StratifiedKFold(5, shuffle=True, random_state=1)
        return (cross_val_predict(plain(), latents, labels, cv=folds) == labels).sum()

    generator = np.random.default_rng(1)
    permuted = [hits(generator.permutation(high)) for _ in range(19)]
    as_good = sum(count >= hits(high) for count in permuted)
    assert 0 < as_good < 19
    assert plane.permutation_p == (1 + as_good) / 20
    assert plane.permuted_accuracy == pytest.approx(np.mean(permuted) / 60)


def test_without_an_effect_p_is_rarely_small():
    generator = np.random.default_rng(0)
    small = 0
    for seed in range(60):
        latents, scores = generator.standard_normal((24, 3)), generator.standard_normal(24)
        plane = hyperplanes.fit(
            latents, scores, threshold="median", folds=2, repeats=1, permutations=19, seed=seed
        )
        small += plane.permutation_p <= 0.05
    # More than 9 of 60 have a probability of 0.001 if each has one of 0.05.
    assert small <= 9


def test_permuted_labels_of_unequal_classes_reach_the_base_rate():
    latents, scores = draw(n=2000, d=12)
    skewed = np.exp(1.3 * (scores - scores.mean()) / scores.std())
    plane = hyperplanes.fit(latents, skewed, threshold="mean", permutations=5)
    assert plane.base_rate > 0.7
    assert plane.permuted_accuracy == pytest.approx(plane.base_rate, abs=0.01)


def test_the_interval_contains_the_accuracy_on_fresh_images():
    latents, scores = draw(n=21_000, d=12)
    plane = hyperplanes.fit(latents[:1000], scores[:1000], threshold="mean", permutations=0)
    distances = hyperplanes.decision(plane, latents[1000:])
    fresh = np.mean((distances > 0) == (scores[1000:] >= plane.cut))
    assert plane.accuracy_low < fresh < plane.accuracy_high


def test_the_same_seed_gives_the_same_hyperplane_and_another_seed_other_folds():
    latents, scores = draw()
    first, again, other = (
        hyperplanes.fit(latents, scores, threshold="mean", permutations=1, seed=seed)
        for seed in (1, 1, 2)
    )
    assert first.normal.tolist() == again.normal.tolist()
    assert first.permuted_accuracy == again.permuted_accuracy
    assert first.folds.tolist() == again.folds.tolist() != other.folds.tolist()
    assert first.normal.tolist() == other.normal.tolist()


@pytest.fixture(scope="module")
def planes():
    """A hyperplane of 5-d latents in the plain space and in two tiled ones."""
    latents, scores = draw(n=40, d=5)
    return {
        layers: hyperplanes.fit(latents, scores, threshold="mean", layers=layers, permutations=0)
        for layers in (1, 2, 18)
    }


@given(
    latents=arrays(float, (3, 5), elements=st.floats(-10, 10)),
    alpha=st.floats(-50, 50),
    layers=st.sampled_from([1, 2, 18]),
)
def test_moving_along_the_normal_by_alpha_changes_the_distance_by_alpha(
    planes, latents, alpha, layers
):
    """Equations 3 and 4 of paper 1."""
    plane = planes[layers]
    assert np.linalg.norm(plane.normal) == pytest.approx(1)
    before = hyperplanes.decision(plane, latents)
    moved = np.tile(latents, layers) + alpha * plane.normal
    after = hyperplanes.decision(plane, moved)
    np.testing.assert_allclose(after - before, alpha, atol=1e-9)
    by_layer = moved.reshape(3, layers, 5)
    np.testing.assert_allclose(hyperplanes.decision(plane, by_layer), after, atol=1e-9)


def test_latents_on_the_hyperplane_have_even_odds():
    latents, scores = draw()
    plane = hyperplanes.fit(latents, scores, threshold="mean", permutations=0)
    on_it = latents - np.outer(hyperplanes.decision(plane, latents), plane.normal)
    model = plain().fit(latents, scores >= np.mean(scores))
    np.testing.assert_allclose(model.predict_proba(on_it), 0.5, atol=1e-4)


MEASURE = """
import resource, sys
import numpy as np
from mnemo.directions import hyperplanes

def peak():
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

generator = np.random.default_rng(0)
latents = generator.standard_normal((20_000, 512), dtype=np.float32)
scores = latents[:, 0] + generator.standard_normal(20_000, dtype=np.float32)
hyperplanes.fit(latents[:500], scores[:500], threshold="mean", permutations=1)
before = peak()
hyperplanes.fit(latents, scores, threshold="mean", permutations=1, layers=int(sys.argv[1]))
print((peak() - before) / latents.nbytes)
"""


@pytest.mark.parametrize("layers", [1, 18])
def test_memory_while_fitting_stays_close_to_the_latents_own(layers):
    measured = subprocess.run(
        [sys.executable, "-c", MEASURE, str(layers)],
        env={"PYTHONPATH": str(SCRIPTS), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    # A copy of a fold's images would add 0.8, and one in float64 twice that.
    assert float(measured.stdout) < 0.25
