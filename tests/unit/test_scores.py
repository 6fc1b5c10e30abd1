"""Scores are finite numbers, or refused before they reach a table."""

import numpy as np
import pyarrow as pa
import pytest

from mnemo import scores, tables
from mnemo.errors import MnemoError

NULLS = pa.nulls(3)
IMAGES = pa.table({"set": ["fit"] * 3, "edit": NULLS, "alpha": NULLS, "image": ["0", "1", "2"]})


def test_scores_are_laid_out_as_their_table() -> None:
    columns = scores.scored(IMAGES, "resmem", "oval", np.array([0.5, 0.25, 1], np.float32))
    table = tables.conform(columns, scores.SCORES)
    assert table["score"].to_pylist() == [0.5, 0.25, 1]
    assert set(table["assessor"].to_pylist()) == {"resmem"}


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_score_that_is_not_finite_is_refused_with_its_image(wrong: float) -> None:
    """An infinite score would make every mean and slope of its assessor infinite."""
    given = np.array([0.5, wrong, 1], np.float32)
    with pytest.raises(MnemoError, match="resmem gives 1 of 3 oval images .* image 1 first"):
        scores.scored(IMAGES, "resmem", "oval", given)
