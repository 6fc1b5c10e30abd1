"""Conditions: against SciPy's null space, InterFaceGAN's linear system, and the paper's formula."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg, stats
from scipy.spatial import distance

from mnemo import keys, latents, tables
from mnemo.directions import (
    conditions,
    hyperplane_tables,
    hyperplanes,
    jackknife,
    refits,
    table,
)
from mnemo.directions.planes import Plane
from mnemo.edits.move import move
from mnemo.errors import MnemoError

seeds = st.integers(0, 2**32 - 1)


def unit(vector):
    return vector / np.linalg.norm(vector)


def draw(d, k, seed=0):
    """A unit normal, and k unit normals of attributes that are correlated with it."""
    generator = np.random.default_rng(seed)
    normal = unit(generator.standard_normal(d))
    attributes = generator.standard_normal((k, d)) / np.sqrt(d) + 0.5 * normal
    return normal, {f"attribute-{i}": unit(attribute) for i, attribute in enumerate(attributes)}


def paper(normal, held):
    """The paper's new normal, with its length."""
    return normal - sum((normal @ attribute) * attribute for attribute in held.values())


# The projection


@settings(deadline=None)
@given(d=st.integers(10, 60), k=st.integers(0, 6), seed=seeds)
def test_the_normal_is_that_of_the_null_space_of_the_attributes(d, k, seed):
    normal, held = draw(d, k, seed)
    condition = conditions.project(normal, held)
    free = linalg.null_space(np.array([*held.values()]).reshape(-1, d))
    expected = free @ (free.T @ normal)
    assert condition.kept == pytest.approx(np.linalg.norm(expected), abs=1e-12)
    np.testing.assert_allclose(condition.normal, unit(expected), atol=1e-9)
    assert np.linalg.norm(condition.normal) == pytest.approx(1, abs=1e-14)


@settings(deadline=None)
@given(d=st.integers(8, 60), k=st.integers(1, 4), apart=st.sampled_from([1, 1e-5, 1e-9, 0]))
def test_the_normal_is_orthogonal_to_attributes_however_alike_they_are(d, k, apart):
    normal, held = draw(d, k)
    shared = next(iter(held.values()))
    held = {name: unit(shared + apart * (attribute - shared)) for name, attribute in held.items()}
    condition = conditions.project(normal, held)
    np.testing.assert_allclose([condition.normal @ a for a in held.values()], 0, atol=1e-12)
    np.testing.assert_allclose(condition.cosines_after, 0, atol=1e-12)


@settings(deadline=None)
@given(k=st.integers(0, 6), seed=seeds)
def test_projecting_again_changes_nothing(k, seed):
    normal, held = draw(20, k, seed)
    once = conditions.project(normal, held)
    twice = conditions.project(once.normal, held)
    assert twice.kept == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(twice.normal, once.normal, atol=1e-12)


def test_the_order_of_the_attributes_does_not_matter():
    normal, held = draw(30, 4)
    first = conditions.project(normal, held)
    for order in itertools.permutations(held.items()):
        other = conditions.project(normal, dict(order))
        np.testing.assert_allclose(other.normal, first.normal, atol=1e-12)
        before = dict(zip(other.attributes, other.cosines_before, strict=True))
        assert [before[name] for name in first.attributes] == pytest.approx(first.cosines_before)


@settings(deadline=None)
@given(scales=st.lists(st.floats(1e-6, 1e6), min_size=3, max_size=3), seed=seeds)
def test_only_the_span_of_the_attributes_matters(scales, seed):
    normal, held = draw(30, 3, seed)
    plain = conditions.project(normal, held)
    scaled = dict(zip(held, np.array(scales)[:, None] * [*held.values()], strict=True))
    by_scaled = conditions.project(normal, scaled)
    np.testing.assert_allclose(by_scaled.normal, plain.normal, atol=1e-12)
    np.testing.assert_allclose(by_scaled.cosines_before, plain.cosines_before, atol=1e-12)
    mix = stats.ortho_group.rvs(3, random_state=seed) @ np.diag([1, 2, 3])
    mixed = dict(zip(held, mix @ [*held.values()], strict=True))
    np.testing.assert_allclose(conditions.project(normal, mixed).normal, plain.normal, atol=1e-10)
    sums = held | {"sum": sum(held.values())}
    np.testing.assert_allclose(conditions.project(normal, sums).normal, plain.normal, atol=1e-10)


@pytest.mark.parametrize("preset", ["corrected", "faithful"])
@settings(deadline=None)
@given(d=st.integers(10, 60), k=st.integers(1, 6), seed=seeds)
def test_of_orthonormal_attributes_both_presets_are_the_papers_formula(preset, d, k, seed):
    normal, held = draw(d, k, seed)
    basis = np.linalg.qr(np.array([*held.values()]).T)[0].T
    held = dict(zip(held, basis, strict=True))
    condition = conditions.project(normal, held, preset=preset)
    np.testing.assert_allclose(condition.kept * condition.normal, paper(normal, held), atol=1e-12)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_the_normal_is_interfacegans(k):
    """It subtracts the attributes' combination whose coefficients solve the orthogonality."""
    normal, held = draw(512, k)
    attributes = np.array([*held.values()])
    coefficients = np.linalg.solve(attributes @ attributes.T, attributes @ normal)
    expected = unit(normal - coefficients @ attributes)
    np.testing.assert_allclose(conditions.project(normal, held).normal, expected, atol=1e-12)


def test_one_attribute_gives_interfacegans_and_the_authors_normal():
    normal, held = draw(512, 1)
    for preset in ("corrected", "faithful"):
        condition = conditions.project(normal, held, preset=preset)
        step = condition.kept * condition.normal
        np.testing.assert_allclose(step, paper(normal, held), atol=1e-14)


def test_the_papers_formula_leaves_correlated_attributes_changed():
    normal, held = draw(512, 3)
    faithful = conditions.project(normal, held, preset="faithful")
    step = faithful.kept * faithful.normal
    np.testing.assert_allclose(step, paper(normal, held), atol=1e-14)
    cosines = [faithful.normal @ attribute for attribute in held.values()]
    np.testing.assert_allclose(faithful.cosines_after, cosines)
    assert np.abs(cosines).min() > 0.1


def test_the_cosines_before_are_those_of_the_edits_own_normal():
    normal, held = draw(40, 3)
    longer = {name: 5 * attribute for name, attribute in held.items()}
    expected = [1 - distance.cosine(normal, attribute) for attribute in held.values()]
    for attributes in (held, longer):
        condition = conditions.project(normal, attributes)
        np.testing.assert_allclose(condition.cosines_before, expected)


def test_an_attribute_that_the_edit_does_not_touch_leaves_it_as_it_is():
    condition = conditions.project(np.array([0.6, 0.8, 0]), {"age": np.array([0, 0, 1.0])})
    np.testing.assert_allclose(condition.normal, [0.6, 0.8, 0])
    assert condition.kept == pytest.approx(1, abs=1e-14)
    assert condition.cosines_before.tolist() == [0]


# What an edit along it does


@pytest.mark.parametrize("layers", [1, 14])
def test_the_edit_stays_beside_the_attributes_hyperplanes_and_leaves_its_own_by_what_is_kept(
    layers,
):
    generator = np.random.default_rng(0)
    rows = generator.standard_normal((300, 6))
    age = rows @ generator.standard_normal(6)
    memorability = rows @ generator.standard_normal(6) - 0.7 * age
    planes = [
        hyperplanes.fit(rows, scores, threshold="mean", layers=layers, permutations=0)
        for scores in (memorability, age)
    ]
    condition = conditions.project(planes[0].normal, {"age": planes[1].normal})
    tiled = np.tile(rows, layers)
    moved = tiled + 2.5 * condition.normal
    rises = [hyperplanes.decision(p, moved) - hyperplanes.decision(p, tiled) for p in planes]
    assert 0.2 < condition.kept < 0.99
    np.testing.assert_allclose(rises[0], 2.5 * condition.kept)
    np.testing.assert_allclose(rises[1], 0, atol=1e-12)


def test_in_the_tiled_space_each_layer_holds_the_attributes_alone():
    """So an edit of some layers holds them too."""
    normal, held = draw(8, 2)
    plain = conditions.project(normal, held)
    tiled = {name: unit(np.tile(attribute, 18)) for name, attribute in held.items()}
    condition = conditions.project(unit(np.tile(normal, 18)), tiled)
    assert condition.kept == pytest.approx(plain.kept)
    for layer in condition.normal.reshape(18, 8):
        np.testing.assert_allclose(layer * np.sqrt(18), plain.normal)


# What can't be held


def plane_of(normal, low=0.6, fits=None, base_rate=0.624):
    return conditions.Plane(normal, 1, 0.0, 0.65, low, 0.7, base_rate, fits)


def test_only_an_interval_above_the_base_rate_shows_more_than_guessing():
    normal, _ = draw(20, 0)
    assert plane_of(normal, 0.63, base_rate=0.62).above_base_rate
    assert not plane_of(normal, 0.62, base_rate=0.62).above_base_rate
    assert not plane_of(normal, 0.58, base_rate=0.62).above_base_rate


def test_an_attribute_that_is_guessed_is_refused_with_all_that_it_takes_to_mend_it():
    normal, _ = draw(20, 0)
    planes = {"age": plane_of(normal, 0.611), "smile": plane_of(normal, 0.7)}
    with pytest.raises(MnemoError) as refused:
        conditions.check("calm", planes)
    said = str(refused.value)
    told = "(accuracy 0.650, interval 0.611 to 0.700, base rate 0.624)"
    assert f"calm can't hold age {told} constant" in said
    assert "smile" not in said
    for remedy in ("more images", "other threshold", "another assessor", "`hold`"):
        assert remedy in said
    assert conditions.check("calm", {"smile": planes["smile"]}) is None


def test_holding_what_the_edit_changes_is_refused_with_the_attributes_names():
    normal, held = draw(20, 3)
    names = "attribute-0, attribute-1, attribute-2, resmem"
    with pytest.raises(MnemoError, match=f"holding {names} constant leaves nothing .* Hold fewer"):
        conditions.project(normal, held | {"resmem": normal})


@settings(deadline=None)
@given(d=st.integers(1, 5), seed=seeds)
def test_as_many_attributes_as_dimensions_leave_nothing(d, seed):
    normal, held = draw(d, d, seed)
    attributes = np.array([*held.values()]) + 3 * np.eye(d)
    with pytest.raises(MnemoError, match="leaves nothing"):
        conditions.project(normal, dict(zip(held, attributes, strict=True)))


def test_an_attribute_of_another_space_is_refused():
    normal, held = draw(9216, 1)
    with pytest.raises(MnemoError, match="normal of age has 512 numbers and that of the edit 9216"):
        conditions.project(normal, held | {"age": np.ones(512)})


# Noise

D = 40


def fitted(n=800, signal=0.6, cosine=-0.4, seed=0):
    """Hyperplanes of a score and of an attribute, whose gradients have a cosine."""
    generator = np.random.default_rng(seed)
    rows = generator.standard_normal((n, D))
    groups = refits.groups_of([keys.of_seed(image) for image in range(n)], seed)
    scores = (rows[:, 0], cosine * rows[:, 0] + np.sqrt(1 - cosine**2) * rows[:, 1])
    planes = []
    for score in scores:
        score = signal * score + generator.standard_normal(n)
        without = refits.fit(rows, score, groups, threshold="mean")
        normal = unit(without.coefficients.mean(axis=0))
        planes.append(plane_of(normal, fits=without.moved_coefficients))
    return planes


def described(own, attributes, hold, **more):
    rows = conditions.rows("calm", own, attributes, hold, **more)
    return tables.conform(rows, conditions.CONDITIONS).to_pandas().set_index("attribute")


def test_cosines_corrected_for_noise_are_those_of_the_true_normals():
    """And the share of the attribute's slope that is left is what the true normals say it is."""
    found, left = [], []
    for seed in range(12):
        own, age = fitted(seed=seed)
        row = described(own, {"age": age}, ["age"]).loc["age"]
        assert row["cosine_before_low"] < row["cosine_before"] < row["cosine_before_high"]
        assert row["cosine_true_low"] < row["cosine_true"] < row["cosine_true_high"]
        assert row["kept_low"] < row["kept"] < row["kept_high"]
        found.append(row)
        true = np.r_[-0.4, np.sqrt(1 - 0.4**2), np.zeros(D - 2)]
        after = conditions.project(own.normal, {"age": age.normal}).normal
        left.append((after @ true) / (own.normal @ true))
    mean = pd.DataFrame(found).mean(numeric_only=True)
    assert mean["cosine_true"] == pytest.approx(-0.4, abs=0.06)
    assert mean["cosine_before"] == pytest.approx(-0.4 * mean["reliability"], abs=0.05)
    assert mean["slope_left"] == pytest.approx(np.mean(left), abs=0.06)


def test_a_direction_is_compared_with_attributes_that_it_does_not_hold():
    own, age = fitted()
    rows = described(own, {"age": age, "smile": fitted(seed=1)[1]}, ["age"])
    assert rows["held"].to_dict() == {"age": True, "smile": False}
    assert rows["cosine_after"]["age"] == pytest.approx(0, abs=1e-12)
    assert np.isnan(rows["slope_left"]["smile"])
    assert rows["kept"].nunique() == 1
    plain = described(own, {"age": age}, [])
    assert plain[["kept", "kept_low", "kept_high"]].to_numpy().tolist() == [[1, 1, 1]]
    assert plain["cosine_after"]["age"] == plain["cosine_before"]["age"]


def test_a_tiled_hyperplane_is_read_as_that_of_one_copy(tmp_path):
    """Cosines between tiled normals are those between their copies."""
    generator = np.random.default_rng(0)
    rows = generator.standard_normal((300, 6))
    scores = rows @ generator.standard_normal(6) + generator.standard_normal(300)
    groups = refits.groups_of([keys.of_seed(image) for image in range(300)], 0)
    plane = hyperplanes.fit(rows, scores, threshold="mean", layers=18, permutations=0)
    without = refits.fit(rows, scores, groups, threshold="mean", layers=18)
    made = tables.Provenance("demo", "fit_hyperplane", {}, {})
    written = hyperplane_tables.row(Plane("w_plus", "age", "square", "mean"), plane)
    tables.write(tmp_path / "plane", hyperplane_tables.HYPERPLANES, written, made)
    written = jackknife.rows(Plane("w_plus", "age", "square", "mean"), without)
    tables.write(tmp_path / "refits", jackknife.REFITS, written, made)
    found = conditions.read(tmp_path / "plane", tmp_path / "refits")
    assert found.layers == 18
    np.testing.assert_allclose(np.tile(found.normal, 18) / np.sqrt(18), plane.normal)
    assert found.normal @ unit(found.fits.mean(axis=0)) > 0.999
    assert found.accuracy_low == plane.accuracy_low


def test_where_the_images_are_too_few_the_cosine_stays_and_its_noise_is_unknown():
    own, age = fitted()
    rows = described(own, {"age": plane_of(age.normal)}, ["age"])
    assert rows["cosine_before"]["age"] == own.normal @ age.normal
    assert rows["kept"]["age"] == conditions.project(own.normal, {"age": age.normal}).kept
    unknown = ["cosine_before_low", "cosine_true", "kept_low", "reliability", "slope_left"]
    assert rows[unknown].isna().all(axis=None)


@pytest.mark.parametrize("preset", ["corrected", "faithful"])
def test_the_refits_of_a_direction_are_its_normals_without_each_group(preset):
    own, age = fitted()
    smile = fitted(seed=1)[1]
    after = conditions.refitted(own.fits, [age.fits, smile.fits], preset)
    for vector, fit, *held in zip(after, own.fits, age.fits, smile.fits, strict=True):
        alone = conditions.project(unit(fit), dict(enumerate(held)), preset=preset)
        np.testing.assert_allclose(unit(vector), alone.normal, atol=1e-12)
        assert np.linalg.norm(vector) == pytest.approx(alone.kept * np.linalg.norm(fit))
    assert conditions.refitted(own.fits, [], preset) is own.fits
    assert conditions.refitted(own.fits, [None], preset) is None


# Tables


def test_the_tables_say_what_is_held_and_move_latents():
    normal, held = draw(10, 2)
    condition = conditions.project(normal, held)
    plane = {"method": "hyperplane", "assessor": "resmem", "shape": "oval", "threshold": "mean"}
    told = {"name": "calm", "space": "z", "hold": [*held], **plane}
    row = table.row(told, "dcgan-faces", None, condition.normal, 1, kept=condition.kept)
    [direction] = tables.conform(row, table.DIRECTIONS).to_pylist()
    assert direction["hold"] == ["attribute-0", "attribute-1"]
    assert (direction["kept"], direction["layers"]) == (condition.kept, 1)
    z = np.random.default_rng(0).standard_normal((4, 10)).astype(np.float32)
    shard = dict.fromkeys(latents.LATENTS.names, [None] * 4) | {
        "set": ["eval"] * 4,
        "seed": range(4),
        "image": [keys.of_seed(seed) for seed in range(4)],
        "z": tables.lists(z),
    }
    moved = move(
        tables.conform(shard, latents.LATENTS),
        np.array(direction["normal"]),
        direction["space"],
        "calm",
        -3.0,
    )
    np.testing.assert_allclose(
        latents.matrix(moved, "z") - z, np.tile(-3 * condition.normal, (4, 1)), atol=1e-6
    )
