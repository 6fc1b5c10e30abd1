"""Refits: against scikit-learn, fitted on the images without each group."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from mnemo import keys, tables
from mnemo.directions import estimators, hyperplanes, jackknife, refits
from mnemo.directions.planes import Plane

IMAGES = [keys.of_seed(image) for image in range(400)]


def draw(n=400, d=8, seed=0):
    generator = np.random.default_rng(seed)
    latents = generator.standard_normal((n, d)) * np.geomspace(2, 0.5, d) + 1
    return latents, latents @ generator.standard_normal(d) + generator.standard_normal(n)


def test_an_image_is_in_the_same_group_whichever_others_are_scored():
    groups = dict(zip(IMAGES, refits.groups_of(IMAGES, 0), strict=True))
    some = IMAGES[::3]
    assert refits.groups_of(some, 0).tolist() == [groups[image] for image in some]
    assert refits.groups_of(IMAGES, 1).tolist() != list(groups.values())
    counts = np.bincount(list(groups.values()), minlength=20)
    assert len(counts) == 20
    assert counts.min() > 5


@pytest.mark.parametrize("layers", [1, 3])
def test_the_fit_without_a_group_is_that_of_scikit_learn_on_the_other_images(layers):
    latents, scores = draw()
    groups = refits.groups_of(IMAGES, 0)
    found = refits.fit(
        latents, scores, groups, threshold="mean", layers=layers, regularisation=0.01
    )
    high = scores >= scores.mean()
    for group in (0, 7, 19):
        rest = groups != group
        penalty = 1 / (0.01 * layers)
        logistic = LogisticRegression(C=1 / penalty, tol=1e-8).fit(latents[rest], high[rest])
        np.testing.assert_allclose(found.coefficients[group], logistic.coef_[0], rtol=1e-4)
        linear = LinearRegression().fit(latents[rest], scores[rest])
        np.testing.assert_allclose(found.gradients[group], linear.coef_, rtol=1e-5, atol=1e-8)
        assert found.n[group] == rest.sum()
    design = latents - latents.mean(axis=0)
    values = np.linalg.eigvalsh(design.T @ design)
    assert found.parameters == pytest.approx(1 + (values / (values + 4 * penalty)).sum())


def test_images_of_a_holdout_are_in_no_fit():
    latents, scores = draw()
    groups = refits.groups_of(IMAGES, 0)
    found = refits.fit(latents, scores, groups, threshold="mean", validation="holdout")
    fitted = hyperplanes.fitted_on(400, "holdout")
    assert fitted.sum() == 360
    assert found.n.tolist() == [(fitted & (groups != group)).sum() for group in range(20)]
    plane = hyperplanes.fit(latents, scores, threshold="mean", validation="holdout", permutations=0)
    whole = estimators.fit("logistic", latents, scores - scores.mean(), fitted, 1.0).coefficients
    np.testing.assert_allclose(whole / np.linalg.norm(whole), plane.normal)


@pytest.mark.parametrize(("n", "d"), [(30, 30), (40, 25)])
def test_fewer_than_two_images_for_a_parameter_show_nothing(n, d):
    latents, scores = draw(n, d)
    found = refits.fit(latents, scores, refits.groups_of(IMAGES[:n], 0), threshold="mean")
    assert found is None
    assert np.isnan(jackknife.reliability(found))


def test_a_class_that_a_group_takes_away_shows_nothing():
    latents, _ = draw()
    groups = refits.groups_of(IMAGES, 0)
    scores = np.where((groups == 3) & (np.cumsum(groups == 3) <= 6), 1.0, 0.0)
    assert refits.fit(latents, scores, groups, threshold="mean") is None


def test_refits_are_read_as_they_were_written(tmp_path):
    made = tables.Provenance("demo", "fit_hyperplane", {}, {})
    latents, scores = draw()
    groups = refits.groups_of(IMAGES, 0)
    for name, fits in (
        ("some", refits.fit(latents, scores, groups, threshold="mean")),
        ("none", None),
    ):
        rows = jackknife.rows(Plane("z", "age", "oval", "mean"), fits)
        tables.write(tmp_path / name, jackknife.REFITS, rows, made)
    assert jackknife.read(tmp_path / "none") is None
    found = jackknife.read(tmp_path / "some")
    assert found.coefficients.shape == (20, 8)
    [(key, gradient)] = jackknife.read_gradients([tmp_path / "some", tmp_path / "none"]).items()
    assert key == ("age", "oval")
    np.testing.assert_array_equal(gradient, found.moved_gradients)
    for name, fits in (("along", found.coefficients), ("unknown", None)):
        rows = jackknife.rows_of_direction("calm", 18, fits)
        tables.write(tmp_path / name, jackknife.DIRECTION_REFITS, rows, made)
    along, layers = jackknife.read_direction([tmp_path / "along"])
    assert layers == 18
    np.testing.assert_array_equal(along, found.coefficients)
    assert jackknife.read_direction([tmp_path / "unknown"]) == (None, 1)
    assert jackknife.read_direction([]) == (None, 1)
