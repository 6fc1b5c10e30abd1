"""Whatever the scores are, each table conforms to its schema, without infinities or crashes."""

import warnings
from collections.abc import Mapping
from typing import Any

# Realness imports it when it runs: in one process, torchvision can't be loaded after TensorFlow.
import cleanfid.fid  # noqa: F401
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.interpolate import PchipInterpolator

from mnemo import tables
from mnemo.directions import hyperplane_tables, hyperplanes
from mnemo.directions.planes import Plane
from mnemo.errors import MnemoError
from mnemo.results import (
    agreement,
    calibration,
    contrasts,
    dose_response,
    drift,
    factors,
    identity,
    inception_score,
    lost_faces,
    realness,
    schemas,
    slopes,
    training,
    transfer,
)
from mnemo.training import ceiling, database

ALPHAS = (-1.0, 0.0, 1.0, 2.5)
#: Few values, so that ties, constants and gaps are frequent; two of them are not exact in binary.
VALUES = st.sampled_from([np.nan, np.nan, 0.0, 0.1, 0.1, 0.3, 1.0, 1e-9, 1e6])
some = settings(derandomize=True, deadline=None, max_examples=40)

Scores = arrays(float, st.tuples(st.integers(1, 5), st.integers(1, 4)), elements=VALUES)


def checked(columns: Any, schema: pa.Schema, unknown: Mapping[str, Any] | None = None) -> pa.Table:
    """Conform a result, and check its intervals: in order, and none without an estimate."""
    if isinstance(columns, pd.DataFrame):
        columns = columns.assign(**(unknown or {}))
    table = tables.conform(columns, schema)
    frame = table.to_pandas()
    for field in table.schema:
        if pa.types.is_floating(field.type):
            finite = pc.is_finite(table[field.name].drop_null())
            assert pc.all(finite).as_py() in (True, None), f"{field.name} is infinite"
    names = table.column_names
    for name in names:
        after = names.index(name) + 1
        if tuple(names[after : after + 2]) in (("low", "high"), (f"{name}_low", f"{name}_high")):
            value, low, high = (frame[each] for each in names[after - 1 : after + 2])
            assert not (value.isna() & (low.notna() | high.notna())).any(), name
            assert not (low > high).any(), name
    return table


def frame_of(scores: np.ndarray, shape: str = "square", **more: Any) -> pd.DataFrame:
    """Lay (images, alphas) scores out as rows; a missing score has none, as in the tables."""
    rows = [
        {"image": f"{image:07d}", "alpha": ALPHAS[place], "score": np.float32(score)}
        for (image, place), score in np.ndenumerate(scores)
        if not np.isnan(score)
    ]
    columns = ["image", "alpha", "score"]
    return pd.DataFrame(rows, columns=columns).assign(
        set="eval", edit="e", assessor="resmem", shape=shape, **more
    )


@some
@given(square=Scores, oval=Scores)
def test_responses_of_any_scores_are_estimates_or_missing(
    square: np.ndarray, oval: np.ndarray
) -> None:
    scores = pd.concat([frame_of(square), frame_of(oval, "oval")], ignore_index=True)
    if scores.empty:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        measured = dose_response.responses(scores)
        measured["slopes"] = slopes.measure(scores)
        wanted = [
            {"assessor": "resmem", "changes": [-0.1, 0, 0.1], "unit": unit}
            for unit in (None, "year")
        ]
        measured["calibration"] = calibration.measure(scores, scores, wanted, resamples=20)
    for name, frame in measured.items():
        checked(frame, schemas.of(name))
    lost = checked(lost_faces.measure(scores), lost_faces.LOST_FACES).to_pandas()
    assert (lost["oval"].isna() == (lost["found"] == 0)).all()
    lines = measured["slopes"].set_index("shape")
    for shape, own in scores.groupby("shape"):
        wide = own.pivot(index="image", columns="alpha", values="score")
        paired = wide[wide.count(axis=1) > 1]
        if len(wide) > 1 and len(paired) and (paired.max(axis=1) == paired.min(axis=1)).all():
            assert lines["slope"][shape] == 0
        assert np.isnan(lines["slope"][shape]) == (len(wide) < 2 or not len(paired))
    unpaired = measured["local_slopes"].query("n < 2")
    assert unpaired[["low", "high"]].isna().all(axis=None)
    found = measured["calibration"].dropna(subset="alpha")
    response = {
        shape: own.pivot(index="image", columns="alpha", values="score")
        for shape, own in scores.astype({"score": float}).groupby("shape")
    }
    for row in found.itertuples():
        wide = response[row.shape]
        rises = wide.sub(wide[0.0], axis=0).mean().dropna()
        reached = PchipInterpolator(rises.index, rises)(row.alpha) if len(rises) > 1 else 0
        assert reached == pytest.approx(row.score_change, abs=1e-6 * max(1, rises.abs().max()))


@some
@given(
    scores=arrays(float, st.tuples(st.integers(1, 3), st.integers(0, 6)), elements=VALUES),
)
def test_agreement_of_any_scores_is_an_estimate_or_missing(scores: np.ndarray) -> None:
    rows = [
        {"image": f"{image}", "assessor": f"a{number}", "shape": "square", "score": score}
        for (number, image), score in np.ndenumerate(scores)
        if not np.isnan(score)
    ]
    frame = pd.DataFrame(rows, columns=["image", "assessor", "shape", "score"])
    if frame.empty:
        return
    table = checked(agreement.measure(frame, resamples=20), agreement.AGREEMENT).to_pandas()
    names = frame["assessor"].unique()
    assert len(table) == len(names) * (len(names) - 1) / 2
    by_image = frame.pivot(index="image", columns="assessor", values="score")
    for row in table.itertuples():
        pair = by_image[[row.assessor_a, row.assessor_b]].dropna()
        ranked = len(pair) > 2 and (pair.nunique() > 1).all()
        assert row.n == len(pair)
        assert np.isnan(row.spearman) == np.isnan(row.kendall) == (not ranked)


@some
@given(edited=Scores, fit=arrays(float, st.integers(0, 4), elements=VALUES))
def test_drift_and_transfer_of_any_scores_are_estimates_or_missing(
    edited: np.ndarray, fit: np.ndarray
) -> None:
    scores = frame_of(edited)
    unedited = frame_of(fit[:, np.newaxis]).assign(edit=None, alpha=np.nan)
    if 0 in set(scores["alpha"]):
        table = checked(drift.measure(scores, unedited, ["resmem"]), drift.DRIFT).to_pandas()
        assert (table.loc[table["alpha"] == 0, ["change", "low"]].fillna(0) == 0).all(axis=None)
    if scores.empty:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        measured = slopes.measure(scores)
    plane = {
        "space": "z",
        "assessor": "resmem",
        "shape": "square",
        "threshold": "mean",
        "estimator": "logistic",
    }
    matrix = transfer.matrix(measured, [{"edit": "e", **plane}], scores, unedited)
    table = checked(matrix, transfer.TRANSFER).to_pandas()
    spread = len(set(unedited["score"])) > 1
    assert (table["standard_slope"].notna() == (table["slope"].notna() & spread)).all()


@some
@given(scores=Scores, bright=Scores, fit=arrays(float, st.integers(0, 4), elements=VALUES))
def test_relations_of_any_scores_and_factors_are_estimates_or_missing(
    scores: np.ndarray, bright: np.ndarray, fit: np.ndarray
) -> None:
    edited = frame_of(scores)
    if edited.empty:
        return
    both = pd.concat([edited, frame_of(bright).assign(assessor="brightness")])
    unedited = frame_of(fit[:, np.newaxis]).assign(assessor="brightness")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        measured = factors.measure(both, unedited, {"brightness": "pixels"})
        related = factors.relate(both, ["brightness"], ["resmem", "brightness"])
    means = checked(measured, factors.FACTORS).to_pandas()
    assert (means["mean"].isna() == (means["n"] == 0)).all()
    models = checked(related, factors.FACTOR_MODELS).to_pandas()
    assert len(models) == 3
    assert (models["slope"].isna() == (models["model"] == "")).all()
    assert (models[["slope", "low", "high", "p", "standardised"]].isna().nunique(axis=1) == 1).all()


@some
@given(first=Scores, second=Scores, fit=arrays(float, st.integers(0, 4), elements=VALUES))
def test_contrasts_of_any_scores_are_estimates_or_missing(
    first: np.ndarray, second: np.ndarray, fit: np.ndarray
) -> None:
    scores = pd.concat(
        frame_of(own, shape).assign(edit=edit, assessor=assessor)
        for edit, own in (("a", first), ("b", second))
        for shape in ("square", "oval")
        for assessor in ("resmem", "student")
    )
    unedited = frame_of(fit[:, np.newaxis])
    names = ("z/resmem/square/mean", "w/resmem/square/mean")
    hits = {
        name: pd.DataFrame({"image": scored["image"], "hit": scored["score"] > 0.1, "fold": 0})
        for name, scored in (
            (names[0], frame_of(first[:, :1])),
            (names[1], frame_of(second[:, :1])),
        )
    }
    measured = contrasts.measure(
        scores,
        unedited,
        hits,
        edits=[{"a": "a", "b": "b", "held": ["student"], "own": "resmem"}],
        assessors=[("resmem", "student")],
        hyperplanes=[names],
        units={"resmem": "score", "student": "score"},
    )
    table = checked(measured, contrasts.CONTRASTS).to_pandas()
    assert (table["p"].isna() == table["low"].isna()).all()
    assert (table["p_holm"].dropna() >= table["p"].dropna()).all()


@some
@given(
    scores=arrays(float, st.integers(0, 8), elements=VALUES),
    targets=arrays(float, 8, elements=st.sampled_from([0.1, 0.5, 0.9])),
    runs=st.lists(st.sampled_from(["holdout", "fold-01", "fold-02"]), min_size=8, max_size=8),
    counts=arrays(int, (8, 4), elements=st.integers(0, 3)),
)
def test_the_summary_of_any_training_is_estimates_or_missing(
    scores: np.ndarray, targets: np.ndarray, runs: list[str], counts: np.ndarray
) -> None:
    n = len(scores)
    predictions = pd.DataFrame({"run": runs[:n], "target": targets[:n], "score": scores})
    predictions = predictions.assign(shape=None).dropna(subset="score")
    columns = {name: counts[:, place] for place, name in enumerate(database.COUNTS)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        people = ceiling.measure(
            pd.DataFrame(columns), target="true_hit_rate", splits=2, resamples=5
        )
        measured = training.summary(
            predictions,
            people,
            assessor="student",
            architecture="resnet10",
            target="true_hit_rate",
            resamples=10,
        )
    table = checked(measured, training.TRAINING)
    trained = set(predictions["run"])
    assert len(table) == len(trained) + any(run != "holdout" for run in trained)


@some
@given(
    moved=arrays(
        np.float32, (4, 3, 2), elements=st.sampled_from([0.0, 1.0, 0.1, 1e4, float("nan")])
    ),
    threshold=st.sampled_from([0.0, 0.6, 1e5]),
)
def test_identity_of_any_faces_is_estimates_or_missing(moved: np.ndarray, threshold: float) -> None:
    keys = ["a", "b", "c"]
    embeddings = {alpha: (keys, rows) for alpha, rows in zip(ALPHAS, moved, strict=True)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        measured = identity.measure(embeddings, threshold=threshold)
    table = checked(measured, identity.IDENTITY, {"edit": "e"}).to_pandas()
    assert (table["distance"].isna() == (table["n"] == 0)).all()
    assert (table["distance_low"].isna() == (table["n"] < 2)).all()
    assert (table["rank_one"].isna() == ((table["n"] == 0) | (table["gallery"] < 2))).all()


@settings(derandomize=True, deadline=None, max_examples=10)
@given(
    features=arrays(np.float32, (2, 8, 3), elements=st.sampled_from([0.0, 1.0, 0.1, 30.0])),
    alike=st.booleans(),
)
def test_realness_of_any_features_is_estimates_or_missing(
    features: np.ndarray, alike: bool
) -> None:
    keys = list("abcdefgh")
    original, moved = features
    reference = original if alike else np.ones((8, 3), np.float32)
    sets = {0.0: (keys, [original]), 1.0: (keys, [moved])}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        floor = reference[::-1]
        measured = realness.compare(sets, (keys, [reference]), (keys, [floor]), groups=4)
    named = {"edit": "e", "features": "resnet152", "reference": "generator"}
    named |= inception_score.UNKNOWN
    table = checked(measured, realness.REALNESS, named)
    ratios = table["frechet_ratio"].to_pylist()
    assert ratios[0] in (1, None)
    if alike:
        assert ratios == [None, None]


@some
@given(
    logits=arrays(np.float32, (2, 24, 3), elements=st.sampled_from([0.0, 1.0, 0.1, -1e4, 30.0])),
    count=st.sampled_from([4, 19, 24]),
)
def test_an_inception_score_of_any_logits_is_an_estimate_or_missing(
    logits: np.ndarray, count: int
) -> None:
    keys = [f"{image:02d}" for image in range(count)]
    original, moved = ((keys, [rows[:count]]) for rows in logits)
    floor = original if count > 4 else None
    measured = inception_score.measure({0.0: original, 1.0: moved}, moved, floor)
    fields = pa.schema(inception_score.FIELDS)
    table = checked(measured, fields).to_pandas()
    assert (table["inception_score"].isna() == (count < 20)).all()
    assert not (table.drop(columns=[name for name in table if "difference" in name]) < 1).any(
        axis=None
    )


@settings(derandomize=True, deadline=None, max_examples=25)
@given(
    scores=arrays(float, 12, elements=st.sampled_from([0.0, 0.1, 0.3, 1.0])),
    latents=arrays(np.float32, (12, 2), elements=st.sampled_from([-1.0, 0.0, 0.1, 2.0])),
    validation=st.sampled_from(["cross-validation", "holdout"]),
    permutations=st.integers(0, 2),
)
def test_a_hyperplane_of_any_scores_is_whole_or_refused(
    scores: np.ndarray, latents: np.ndarray, validation: Any, permutations: int
) -> None:
    try:
        plane = hyperplanes.fit(
            latents,
            scores,
            threshold="mean",
            folds=2,
            validation=validation,
            permutations=permutations,
        )
    except MnemoError as why:
        high = scores >= scores.mean()
        if min(high.sum(), (~high).sum()) >= 2:
            assert "do not differ between high and low" in str(why)  # noqa: PT017
            # A holdout is fitted on some of the images alone.
            if validation == "cross-validation":
                np.testing.assert_allclose(latents[high].mean(0), latents[~high].mean(0), atol=1e-6)
        return
    table = checked(
        hyperplane_tables.row(Plane("z", "resmem", "square", "mean"), plane),
        hyperplane_tables.HYPERPLANES,
    ).to_pydict()
    assert np.linalg.norm(table["normal"][0]) == pytest.approx(1)
    assert (table["permuted_accuracy"][0] is None) == (permutations == 0)
