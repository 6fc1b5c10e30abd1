"""The Inception Score of an edit: torch-fidelity's, with intervals over its splits."""

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.typing import NDArray
from scipy import stats
from torch_fidelity.metric_isc import isc_features_to_metric

from mnemo import tables
from mnemo.results import inception_score, realness
from mnemo.results.inception_score import Logits
from mnemo.statistics.inception_score import SPLITS, assign_splits

Rows = NDArray[np.float64]


def draw(n: int, seed: int, clear: float = 5.0) -> Rows:
    """Logits of images of 30 classes."""
    generator = np.random.default_rng(seed)
    own = np.eye(30)[generator.integers(30, size=n)]
    return clear * own + generator.standard_normal((n, 30))


def listed(rows: Rows) -> Logits:
    return [f"{seed:07d}" for seed in range(len(rows))], np.split(rows, [len(rows) // 3])


def torch_fidelity(rows: Rows, splits: int = SPLITS) -> float:
    return isc_features_to_metric(torch.from_numpy(rows), splits=splits)["inception_score_mean"]


@pytest.fixture(scope="module")
def sets() -> dict[float, Rows]:
    """Logits of the same images at three alphas."""
    before = draw(130, seed=0)
    return {2.0: 1.5 * before, 0.0: before, -2.0: 0.5 * before}


@pytest.fixture(scope="module")
def measured(sets: dict[float, Rows]) -> pd.DataFrame:
    edited = {alpha: listed(rows) for alpha, rows in sets.items()}
    table = inception_score.measure(edited, listed(draw(210, seed=1)), listed(draw(150, seed=2)))
    return table.set_index("alpha")


def test_the_scores_are_torch_fidelity_s(sets: dict[float, Rows], measured: pd.DataFrame) -> None:
    assert list(measured.index) == [-2, 0, 2]
    for alpha, rows in sets.items():
        row = measured.loc[alpha]
        assert row["inception_score"] == pytest.approx(torch_fidelity(rows), abs=1e-9)
        assert row["inception_score_whole"] == pytest.approx(torch_fidelity(rows, 1), abs=1e-9)
    unedited = torch_fidelity(draw(210, seed=1)), torch_fidelity(draw(150, seed=2)[:130])
    assert measured["inception_score_reference"].tolist() == pytest.approx([unedited[0]] * 3)
    assert measured["inception_score_floor"].tolist() == pytest.approx([unedited[1]] * 3)


def test_the_interval_of_the_difference_pairs_the_splits(
    sets: dict[float, Rows], measured: pd.DataFrame
) -> None:
    splits = assign_splits(130)
    scores = {
        alpha: np.array([torch_fidelity(rows[splits == each], 1) for each in range(SPLITS)])
        for alpha, rows in sets.items()
    }
    for name, values in (
        ("inception_score", scores[2]),
        ("inception_score_difference", scores[2] - scores[0]),
    ):
        interval = stats.ttest_1samp(values, 0).confidence_interval()
        row = measured.loc[2]
        assert row[name] == pytest.approx(values.mean())
        assert (row[f"{name}_low"], row[f"{name}_high"]) == pytest.approx(tuple(interval))
    columns = [f"inception_score_difference{end}" for end in ("", "_low", "_high")]
    assert (measured.loc[0, columns] == 0).all()


def test_no_interval_is_below_1() -> None:
    # One part has two classes, and nothing is known of the images of the others.
    rows = np.zeros((20, 2))
    rows[assign_splits(20) == 3] = 1000 * np.eye(2)
    (row,) = inception_score.measure({0.0: listed(rows)}, listed(rows), None).to_dict("records")
    assert row["inception_score"] == pytest.approx(1.1)
    assert row["inception_score_low"] == 1
    assert row["inception_score_whole_low"] == 1


def test_too_few_images_and_photographs_have_no_score_of_their_own() -> None:
    few, enough = listed(draw(19, seed=0)), draw(40, seed=1)
    (row,) = inception_score.measure({0.0: few}, listed(enough), None).to_dict("records")
    known = {name for name, value in row.items() if pd.notna(value)}
    columns = {f"inception_score_reference{end}" for end in ("", "_low", "_high")}
    assert known == {"alpha", *columns}


def test_realness_has_the_columns_and_may_miss_them() -> None:
    fields = [realness.REALNESS.field(name) for name in inception_score.UNKNOWN]
    assert all(field.nullable for field in fields)
    rows = np.random.default_rng(0).normal(size=(40, 3))
    part = realness.compare({0.0: listed(rows)}, listed(rows), listed(rows))
    named = {"edit": "up", "features": "resnet152", "reference": "generator"}
    absent = tables.conform(
        part.assign(**named, **inception_score.UNKNOWN), realness.REALNESS
    ).to_pandas()
    assert absent[list(inception_score.UNKNOWN)].isna().all(axis=None)
    table = inception_score.measure({0.0: listed(rows)}, listed(rows), listed(rows))
    known = tables.conform(part.merge(table, on="alpha").assign(**named), realness.REALNESS)
    assert not known.to_pandas()[list(inception_score.UNKNOWN)].isna().any(axis=None)
