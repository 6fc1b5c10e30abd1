"""Estimators of hyperplanes: against scikit-learn, and the strength of their penalty."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, Ridge, RidgeCV
from sklearn.metrics import r2_score
from sklearn.model_selection import RepeatedStratifiedKFold, StratifiedKFold
from sklearn.svm import LinearSVC

from mnemo.directions import estimators, hyperplanes, refits, regularisation
from mnemo.errors import MnemoError

EVERYTHING = np.ones(300, dtype=bool)
NAMES = ("logistic", "ridge", "svm")


def draw(n=300, d=8, seed=0, noise=1.0):
    generator = np.random.default_rng(seed)
    latents = generator.standard_normal((n, d)) * np.geomspace(2, 0.5, d) + 0.3
    along = generator.standard_normal(d)
    return latents, latents @ along + noise * generator.standard_normal(n), along


def like_omi(seed=0, n=1004):
    """As many faces and dimensions as One Million Impressions has, scores as hard to predict."""
    generator = np.random.default_rng(seed)
    latents = generator.standard_normal((n, 512), dtype=np.float32)
    along = np.repeat(512**-0.5, 512)
    scores = np.sqrt(0.6) * latents @ along + np.sqrt(0.4) * generator.standard_normal(n)
    return latents, scores, along


@pytest.mark.parametrize("strength", [1e-4, 1e-2, 10.0])
def test_ridge_is_that_of_scikit_learn(strength):
    latents, scores, _ = draw()
    rows = np.arange(300) % 3 > 0
    found = estimators.fit("ridge", latents, scores - 0.7, rows, strength)
    theirs = Ridge(alpha=1 / (2 * strength)).fit(latents[rows], scores[rows])
    np.testing.assert_allclose(found.coefficients, theirs.coef_, rtol=1e-8)
    np.testing.assert_allclose(found.outputs(latents), theirs.predict(latents) - 0.7, rtol=1e-6)


@pytest.mark.parametrize("strength", [1e-2, 10.0])
def test_an_svm_is_that_of_scikit_learn_whose_intercept_is_hardly_penalised(strength):
    latents, scores, _ = draw()
    rows = np.arange(300) % 3 > 0
    found = estimators.fit("svm", latents, scores, rows, strength)
    theirs = LinearSVC(C=strength, dual=False, tol=1e-10, intercept_scaling=1000)
    theirs.fit(latents[rows], scores[rows] >= 0)
    np.testing.assert_allclose(found.coefficients, theirs.coef_[0], rtol=1e-3, atol=1e-5)
    assert found.intercept == pytest.approx(theirs.intercept_[0], rel=1e-3)


@pytest.mark.parametrize("name", ["ridge", "svm"])
def test_a_tiled_space_gets_the_hyperplane_that_fitting_the_copies_gives(name):
    latents, scores, _ = draw()
    plane, copies = (
        hyperplanes.fit(
            rows,
            scores,
            threshold="mean",
            estimator=name,
            layers=layers,
            permutations=0,
            regularisation=0.01,
        )
        for rows, layers in ((latents, 6), (np.tile(latents, 6), 1))
    )
    np.testing.assert_allclose(plane.normal, copies.normal, atol=1e-4)
    assert plane.intercept == pytest.approx(copies.intercept, rel=1e-3)
    assert plane.coefficient_norm == pytest.approx(copies.coefficient_norm, rel=1e-3)
    np.testing.assert_array_equal(plane.hits, copies.hits)


def test_ridge_predicts_held_out_scores_as_scikit_learn_does():
    latents, scores, _ = draw()
    plane = hyperplanes.fit(
        latents, scores, threshold="median", estimator="ridge", permutations=3, seed=2
    )
    folds = RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=2)
    high = scores >= np.median(scores)
    theirs = [
        r2_score(scores[test], Ridge(0.5).fit(latents[train], scores[train]).predict(latents[test]))
        for train, test in folds.split(latents, high)
    ]
    assert plane.r_squared == pytest.approx(np.mean(theirs))
    assert plane.r_squared_low < plane.r_squared < plane.r_squared_high
    model = Ridge(0.5).fit(latents, scores)
    # The hyperplane is where the cut is predicted.
    on_it = latents - np.outer(hyperplanes.decision(plane, latents), plane.normal)
    np.testing.assert_allclose(model.predict(on_it), plane.cut)
    assert plane.train_accuracy == np.mean((model.predict(latents) >= plane.cut) == high)
    assert plane.permutation_p == 0.25


@pytest.mark.parametrize("name", NAMES)
def test_distances_are_ranked_as_scores_are_and_only_ridge_predicts_these(name):
    latents, scores, _ = draw(noise=0.5)
    plane = hyperplanes.fit(latents, scores, threshold="mean", estimator=name, permutations=0)
    assert 0.8 < plane.spearman_low < plane.spearman < plane.spearman_high <= 1
    assert np.isnan(plane.r_squared) == (name != "ridge")


@pytest.mark.parametrize("name", NAMES)
def test_the_chosen_strength_is_the_best_on_images_that_a_fit_has_not_seen(name):
    """The grid searched in full, by scikit-learn's own folds."""
    latents, scores, _ = draw(d=60, n=300, noise=8.0)
    above = scores - scores.mean()
    values = regularisation.candidates(latents)
    chosen = regularisation.choose(name, latents, above, EVERYTHING, values, seed=1)
    estimator, losses = estimators.ESTIMATORS[name], []
    folds = StratifiedKFold(5, shuffle=True, random_state=1)
    for value in values:
        total = 0.0
        for train, test in folds.split(latents, above >= 0):
            fitted = np.zeros(300, dtype=bool)
            fitted[train] = True
            model = estimators.fit(name, latents, above, fitted, value)
            total += estimator.losses(above[test], model.outputs(latents[test])).sum()
        losses.append(total)
    assert chosen == values[np.argmin(losses)]
    assert values[0] < chosen < values[-1]


def test_ridge_chooses_about_what_leave_one_out_would():
    latents, scores, _ = draw(d=60, n=300, noise=8.0)
    values = regularisation.candidates(latents)
    chosen = regularisation.choose("ridge", latents, scores, EVERYTHING, values, seed=1)
    theirs = RidgeCV(1 / (2 * values)).fit(latents, scores)
    assert chosen / 4 < 1 / (2 * theirs.alpha_) < chosen * 4


@pytest.mark.parametrize("name", NAMES)
def test_few_faces_of_many_dimensions_are_separated_better_with_a_chosen_strength(name):
    latents, scores, along = like_omi()
    fixed, chosen = (
        hyperplanes.fit(
            latents,
            scores,
            threshold="median",
            estimator=name,
            regularisation=strength,
            repeats=1,
            folds=2,
            permutations=0,
        )
        for strength in (1.0, "auto")
    )
    assert fixed.train_accuracy > (0.8 if name == "ridge" else 0.99)
    assert fixed.accuracy < 0.7
    assert chosen.regularisation < 0.1
    fresh, scored, _ = like_omi(seed=1, n=20_000)
    accuracies = [
        np.mean((hyperplanes.decision(plane, fresh) > 0) == (scored >= plane.cut))
        for plane in (fixed, chosen)
    ]
    assert accuracies[1] > accuracies[0] + 0.005
    assert chosen.normal @ along > fixed.normal @ along + 0.02


def test_the_held_out_images_have_no_part_in_the_choice():
    """Labels that are held out, and only these, are turned: the fit and its choice stay."""
    latents, scores, _ = draw(d=30)
    fitted = hyperplanes.fitted_on(300, "holdout")
    turned = np.where(fitted, scores, -scores)
    values = regularisation.candidates(latents)
    fits = [
        regularisation.Fitter("ridge", latents, values, 0).fit(each, fitted)
        for each in (scores, turned)
    ]
    assert fits[0][1] == fits[1][1]
    np.testing.assert_array_equal(fits[0][0].coefficients, fits[1][0].coefficients)


def test_shuffled_labels_choose_for_themselves():
    latents, scores, _ = draw(n=200, d=20, noise=0.3)
    plane = hyperplanes.fit(
        latents, scores, threshold="median", regularisation="auto", permutations=4, repeats=1
    )
    values = regularisation.candidates(latents)
    shuffled = np.random.default_rng(0).permutation(scores - np.median(scores))
    of_noise = regularisation.choose("logistic", latents, shuffled, EVERYTHING[:200], values, 0)
    assert of_noise < plane.regularisation
    assert plane.permutation_p == 0.2


def test_latents_in_another_unit_get_the_same_hyperplane():
    latents, scores, _ = draw(d=30, noise=4.0)
    planes = [
        hyperplanes.fit(
            scale * latents, scores, threshold="mean", regularisation="auto", permutations=0
        )
        for scale in (1.0, 100.0)
    ]
    np.testing.assert_allclose(planes[0].normal, planes[1].normal, atol=1e-3)
    assert planes[0].regularisation == pytest.approx(1e4 * planes[1].regularisation)


def test_too_few_images_to_choose_with_are_refused_with_the_remedy():
    latents, _, _ = draw()
    scores = np.r_[np.zeros(296), np.ones(4)]
    with pytest.raises(MnemoError, match=r"2 images of the smaller class.*give a number"):
        hyperplanes.fit(
            latents, scores, threshold="mean", regularisation="auto", folds=2, permutations=0
        )


def test_equal_latents_are_refused():
    scores = np.arange(300.0)
    for name in NAMES:
        for strength in (1.0, "auto"):
            with pytest.raises(MnemoError, match="do not differ"):
                hyperplanes.fit(
                    np.ones((300, 4)),
                    scores,
                    threshold="mean",
                    estimator=name,
                    regularisation=strength,
                    permutations=0,
                )


def test_the_refits_of_ridge_are_those_of_scikit_learn_on_the_other_images():
    latents, scores, _ = draw(n=400)
    groups = np.arange(400) % 20
    found = refits.fit(
        latents, scores, groups, threshold="mean", estimator="ridge", regularisation=0.01
    )
    theirs = Ridge(50).fit(latents[groups != 3], scores[groups != 3])
    np.testing.assert_allclose(found.coefficients[3], theirs.coef_)
    linear = LinearRegression().fit(latents[groups != 3], scores[groups != 3])
    np.testing.assert_allclose(found.gradients[3], linear.coef_, rtol=1e-5)
    design = latents - latents.mean(axis=0)
    values = np.linalg.eigvalsh(design.T @ design)
    assert found.parameters == pytest.approx(1 + (values / (values + 50)).sum())
