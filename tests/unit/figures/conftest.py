"""Scores and pictures that several figures are drawn from."""

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

ALPHAS = (-4.0, 0.0, 4.0)


@pytest.fixture
def scores() -> pd.DataFrame:
    """Scores of 40 faces at three alphas, of 3 of which no oval was found at alpha 4."""
    random = np.random.default_rng(0)
    rows = [
        {
            "image": f"{seed:07d}",
            "alpha": alpha,
            "shape": shape,
            "score": 0.8 + 0.02 * alpha + noise,
        }
        for alpha in ALPHAS
        for shape in ("square", "oval")
        for seed, noise in enumerate(random.normal(0, 0.04, 40))
        if not (shape == "oval" and alpha == 4 and 0 < seed < 4)
    ]
    return pd.DataFrame(rows).assign(assessor="resmem")


@pytest.fixture
def pictures(faces_64: NDArray[np.uint8]) -> pd.DataFrame:
    """Two faces at three alphas, square and oval; the second has no oval at alpha 4."""
    rows = [
        {"image": f"{seed:07d}", "alpha": alpha, "shape": shape, "pixels": faces_64[seed]}
        for seed in (0, 1)
        for alpha in ALPHAS
        for shape in ("square", "oval")
    ]
    rows[-1]["pixels"] = None
    return pd.DataFrame(rows)
