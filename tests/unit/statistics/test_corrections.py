"""Holm's correction: against statsmodels."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from mnemo.statistics import corrections


@pytest.mark.parametrize("n", [1, 2, 30])
def test_holms_correction_is_that_of_statsmodels(n: int) -> None:
    p = np.random.default_rng(n).beta(0.3, 1, n).round(2)
    found = corrections.holm(pd.Series(p))
    np.testing.assert_allclose(found, multipletests(p, method="holm")[1], rtol=1e-12)


def test_a_missing_p_value_stays_missing_and_does_not_count() -> None:
    found = corrections.holm(pd.Series([0.01, np.nan, 0.04], index=[5, 6, 7]))
    np.testing.assert_allclose(found, [0.02, np.nan, 0.04])
    assert found.index.tolist() == [5, 6, 7]
    assert corrections.holm(pd.Series([np.nan])).isna().all()
