"""What the figure of a training promises to a reader."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import PathCollection
from tests.support.drawn import points, saved_twice, words

from mnemo.figures import training


@pytest.fixture
def trained() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The curves, predictions and summary of an assessor and two folds, in the tables' order."""
    runs = ["fold-01", "fold-02", "holdout"]
    curves = [
        pd.DataFrame(
            {
                "run": run,
                "epoch": [1, 2, 3, 4],
                "learning_rate": 1e-4,
                "train_loss": [0.03, 0.02, 0.01, 0.005],
                "validation_loss": [0.04, 0.03, 0.025, 0.02 + number],
                "validation_spearman": [np.nan, 0.4, 0.6, 0.5],
                "chosen": [False, False, True, False],
            }
        )
        for number, run in enumerate(runs)
    ]
    random = np.random.default_rng(0)
    target = random.uniform(0.2, 0.8, 60)
    predictions = pd.DataFrame({"run": np.repeat(runs, 20), "shape": None, "target": target})
    predictions["score"] = 0.5 * target + random.normal(0, 0.05, 60)
    summary = pd.DataFrame({"run": [*runs, "folds"], "shape": None, "n": [20, 20, 20, 40]})
    summary = summary.assign(spearman=[0.6, 0.7, 0.65, 0.66], assessor="student")
    summary = summary.assign(architecture="resnet10", target="true_hit_rate")
    summary = summary.assign(
        spearman_low=summary["spearman"] - 0.3, spearman_high=summary["spearman"] + 0.1
    )
    ceiling = dict.fromkeys(["ceiling", "ceiling_low", "ceiling_high"], np.nan)
    return pd.concat(curves), predictions, summary.assign(**ceiling)


def test_training_draws_every_epoch_and_rings_the_one_chosen(
    trained: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    losses, ranks, *_ = training.draw(*trained, 0.95).axes
    curves = trained[0][trained[0]["run"] == "holdout"]
    (line,) = [line for line in ranks.lines if line.get_label() == "validation"]
    np.testing.assert_array_equal(line.get_xydata(), curves[["epoch", "validation_spearman"]])
    for label in ("train", "validation"):
        (line,) = [line for line in losses.lines if line.get_label() == label]
        np.testing.assert_array_equal(line.get_xydata(), curves[["epoch", f"{label}_loss"]])
    for panel, level in ((losses, 0.025), (ranks, 0.6)):
        rings = [ring for ring in panel.collections if isinstance(ring, PathCollection)]
        (ring,) = [ring for ring in rings if ring.get_label() == "epoch 3, chosen"]
        np.testing.assert_array_equal(ring.get_offsets(), [[3, level]])
        assert len(rings) == 3


def test_training_draws_the_folds_thinner_than_the_assessors_own_run(
    trained: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    ranks = training.draw(*trained, 0.95).axes[1]
    widths = sorted(line.get_linewidth() for line in ranks.lines)
    assert widths[0] == widths[1] < widths[2]


def test_training_sets_scores_beside_targets_of_the_assessors_own_test_images(
    trained: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    test = training.draw(*trained, 0.95).axes[2]
    own = trained[1][trained[1]["run"] == "holdout"]
    np.testing.assert_array_equal(test.collections[0].get_offsets(), own[["target", "score"]])
    assert test.get_title("left") == "test images, n = 20\nSpearman 0.7 [0.4, 0.8]"
    assert test.get_xlabel() == "target: true hit rate"


def test_training_shows_the_interval_of_each_run_and_the_assessors_own_first(
    trained: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    runs = training.draw(*trained, 0.95).axes[3]
    assert [label.get_text() for label in runs.get_yticklabels()] == [
        "holdout, n = 20",
        "fold-01, n = 20",
        "fold-02, n = 20",
        "mean of folds, n = 40",
    ]
    drawn, bars = points(runs)
    np.testing.assert_allclose(drawn[:, 0], [0.65, 0.6, 0.7, 0.66])
    np.testing.assert_allclose(bars[0][:, 0], [0.35, 0.75])


def test_training_shows_each_shape_of_the_test_images_apart(
    trained: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    curves, predictions, summary = trained
    ovals = predictions.assign(shape="oval", score=predictions["score"] + 0.1)
    both = pd.concat([ovals, predictions.assign(shape="square")])
    rows = pd.concat([summary.assign(shape="oval", spearman=0.5), summary.assign(shape="square")])
    *_, test, runs = training.draw(curves, both, rows, 0.95).axes
    assert test.get_title("left") == (
        "test squares, n = 20: Spearman 0.7 [0.4, 0.8]\ntest ovals, n = 20: Spearman 0.5 [0.4, 0.8]"
    )
    for drawn, shape in zip(test.collections, ("square", "oval"), strict=True):
        own = both[(both["run"] == "holdout") & (both["shape"] == shape)]
        np.testing.assert_array_equal(drawn.get_offsets(), own[["target", "score"]])
        assert drawn.get_label() == shape
    names = [label.get_text() for label in runs.get_yticklabels()]
    assert names[:2] == ["holdout, squares, n = 20", "holdout, ovals, n = 20"]
    assert names[-1] == "mean of folds, ovals, n = 40"


def test_training_has_a_band_only_where_the_human_ceiling_is_known(
    trained: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame],
) -> None:
    curves, predictions, summary = trained
    assert "human ceiling" not in words(training.draw(*trained, 0.95))
    known = summary.assign(ceiling=0.75, ceiling_low=0.7, ceiling_high=0.78)
    figure = training.draw(curves, predictions, known, 0.95)
    assert "human ceiling" in words(figure)
    ends = {(bar.get_x(), bar.get_x() + bar.get_width()) for bar in figure.axes[3].patches}
    np.testing.assert_allclose(list(ends), [(0.7, 0.78)])


def test_the_same_data_give_the_same_bytes(
    trained: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    first, second = saved_twice(lambda: training.draw(*trained, 0.95), tmp_path)
    assert first == second
