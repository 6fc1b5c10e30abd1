"""Controls are compared with the same images unedited."""

import numpy as np
import pandas as pd
from scipy import stats

from mnemo.results import controls

ALPHAS = [-1.0, 2.0]


def scores() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores of two controls of twelve images, of one of which no oval is found unedited."""
    random = np.random.default_rng(0)
    images = [f"{seed:07d}" for seed in range(12)]
    rows = [
        {"edit": edit, "assessor": "resmem", "shape": shape, "alpha": alpha, "image": image}
        for edit in ("random", "brightness")
        for shape in ("square", "oval")
        for alpha in (*ALPHAS, 9.0)
        for image in images
    ]
    moved = pd.DataFrame(rows)
    moved["score"] = random.normal(0.8, 0.1, len(moved)).astype(np.float32)
    unedited = pd.DataFrame(
        {"assessor": "resmem", "shape": shape, "image": image, "score": random.normal(0.8, 0.1)}
        for shape in ("square", "oval")
        for image in images[: 12 if shape == "square" else 11]
    )
    return moved, unedited


def test_a_change_is_paired_with_the_same_image_unedited() -> None:
    moved, unedited = scores()
    table = controls.measure(moved, unedited, ALPHAS).set_index(["control", "shape", "alpha"])
    assert len(table) == 2 * 2 * 2
    assert (table["n"].xs("square", level="shape") == 12).all()
    assert (table["n"].xs("oval", level="shape") == 11).all()
    row = table.loc[("random", "oval", 2.0)]
    chosen = (moved["edit"] == "random") & (moved["shape"] == "oval") & (moved["alpha"] == 2)
    after = moved[chosen].set_index("image")["score"].astype(float)
    before = unedited[unedited["shape"] == "oval"].set_index("image")["score"]
    changes = (after - before).dropna()
    expected = stats.ttest_1samp(changes, 0).confidence_interval(0.95)
    np.testing.assert_allclose(
        row[["change", "change_low", "change_high"]].astype(float), [changes.mean(), *expected]
    )
    np.testing.assert_allclose(row["mean"], after[changes.index].mean())


def test_an_alpha_at_which_no_face_is_found_has_no_estimate() -> None:
    moved, unedited = scores()
    lost = (moved["shape"] == "oval") & (moved["alpha"] == 2)
    table = controls.measure(moved[~lost], unedited, ALPHAS)
    row = table.set_index(["control", "shape", "alpha"]).loc[("random", "oval", 2.0)]
    assert row["n"] == 0
    assert row[["mean", "change", "change_low"]].isna().all()
