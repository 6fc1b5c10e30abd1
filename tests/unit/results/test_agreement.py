"""Agreement of every pair of assessor and shape: against pandas and SciPy."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mnemo import tables
from mnemo.results import agreement
from mnemo.statistics import ranks


def test_every_pair_of_assessor_and_shape_is_compared_once():
    scores = pd.DataFrame(
        {
            "assessor": np.repeat(["a", "b"], 40),
            "shape": np.tile(np.repeat(["square", "oval"], 20), 2),
            "image": np.tile([str(i) for i in range(20)], 4),
            "score": np.random.default_rng(0).normal(size=80),
        }
    )
    pairs = agreement.measure(scores, resamples=50)
    assert len(pairs) == 6
    row = pairs.query("assessor_a == 'a' and shape_a == 'oval' and assessor_b == 'b'").iloc[0]
    a = scores.query("assessor == 'a' and shape == 'oval'")["score"].to_numpy()
    b = scores.query("assessor == 'b'").query(f"shape == '{row['shape_b']}'")["score"].to_numpy()
    assert row["spearman"] == pytest.approx(stats.spearmanr(a, b).statistic)
    alone = agreement.measure(scores.query("assessor == 'a' and shape == 'oval'"))
    assert alone.empty
    assert list(alone.columns) == list(pairs.columns)


def test_agreements_are_those_of_pandas_over_the_images_that_each_pair_has():
    """Ovals without a face leave out their images from the pairs they are in, and no other."""
    generator = np.random.default_rng(0)
    shared = generator.standard_normal(120)
    parts = []
    for number, (assessor, shape) in enumerate(product("abc", ("oval", "square"))):
        score = number * shared + generator.standard_normal(120)
        found = generator.random(120) > (0.3 if shape == "oval" else 0)
        part = pd.DataFrame({"image": np.arange(120).astype(str), "score": score.round(1)})
        parts.append(part[found].assign(assessor=assessor, shape=shape))
    scores = pd.concat(parts, ignore_index=True)
    wide = scores.pivot(index="image", columns=["assessor", "shape"], values="score")
    pairs = agreement.measure(scores.sample(frac=1, random_state=0), resamples=20)
    assert len(pairs) == 15
    tables.conform(pairs, agreement.AGREEMENT)
    spearman, kendall = wide.corr(method="spearman"), wide.corr(method="kendall")
    for row in pairs.itertuples():
        a, b = (row.assessor_a, row.shape_a), (row.assessor_b, row.shape_b)
        assert row.n == len(wide[[a, b]].dropna())
        assert (row.n < 120) == ("oval" in (row.shape_a, row.shape_b))
        assert row.spearman == pytest.approx(spearman.loc[a, b])
        assert row.kendall == pytest.approx(kendall.loc[a, b])
        assert row.spearman_low < row.spearman < row.spearman_high
        alone = ranks.agreement(wide[a], wide[b], resamples=20)
        assert (row.spearman_low, row.kendall_high) == (alone.spearman_low, alone.kendall_high)
