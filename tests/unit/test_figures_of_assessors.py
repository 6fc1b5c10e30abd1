"""What the figures that compare assessors promise to a reader."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from tests.drawn import points, words

from mnemo.figures import agreement, style, training, transfer

SHAPES = ("square", "oval")
SLOPE = ["standard_slope", "standard_slope_low", "standard_slope_high"]


def transfers(assessors: int, shapes: tuple[str, ...] = SHAPES) -> pd.DataFrame:
    """Make slopes of three edits by some assessors; some of the intervals contain 0."""
    names = [f"a-long-name-{number:02d}" for number in range(assessors)]
    origins = [(f"edit-{number}", names[number % assessors]) for number in range(3)]
    rows = [
        {"edit": edit, "fitted_on": fitted, "assessor": assessor, "shape": shape}
        for edit, fitted in origins
        for assessor in names
        for shape in shapes
    ]
    frame = pd.DataFrame(rows).assign(space="z", fitted_shape="square", threshold="mean")
    slope = np.random.default_rng(0).normal(0, 0.2, len(frame))
    frame = frame.assign(slope=0.04 * slope, low=0, high=0, deviation=0.04, standard_slope=slope)
    ends = {"standard_slope_low": slope - 0.1, "standard_slope_high": slope + 0.1}
    return frame.assign(**ends, n=np.where(frame["shape"] == "square", 200, 193))


def agreements(sources: int) -> pd.DataFrame:
    """Make correlations of every pair of some sources."""
    named = [(f"assessor-{number:02d}", SHAPES[number % 2]) for number in range(sources)]
    rows = [(*a, *b) for a, b in combinations(named, 2)]
    frame = pd.DataFrame(rows, columns=["assessor_a", "shape_a", "assessor_b", "shape_b"])
    rho = np.linspace(-0.05, 0.95, len(frame))
    frame = frame.assign(n=979, spearman=rho, kendall=0.7 * rho)
    for name in ("spearman", "kendall"):
        frame[f"{name}_low"], frame[f"{name}_high"] = frame[name] - 0.04, frame[name] + 0.04
    return frame


def cells(panel: Axes) -> dict[tuple[str, str], tuple[str, Rectangle]]:
    """Read a matrix: the text and the patch of each cell, by the names of its row and column."""
    rows = [label.get_text() for label in panel.get_yticklabels()]
    columns = [label.get_text() for label in panel.get_xticklabels()]
    filled = [patch for patch in panel.patches if patch.get_fill()]
    where = [(round(x), round(y)) for x, y in (text.get_position() for text in panel.texts)]
    return {
        (rows[y], columns[x]): (text.get_text(), patch)
        for (x, y), text, patch in zip(where, panel.texts, filled, strict=True)
    }


def boxes(figure: Figure, panel: Axes) -> list[tuple[Text, Rectangle]]:
    figure.draw_without_rendering()
    filled = [patch for patch in panel.patches if patch.get_fill()]
    return list(zip(panel.texts, filled, strict=True))


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
    predictions = pd.DataFrame({"run": np.repeat(runs, 20), "target": target})
    predictions["score"] = 0.5 * target + random.normal(0, 0.05, 60)
    summary = pd.DataFrame({"run": [*runs, "folds"], "n": [20, 20, 20, 40]})
    summary = summary.assign(spearman=[0.6, 0.7, 0.65, 0.66], assessor="student")
    summary = summary.assign(architecture="student", target="true_hit_rate")
    summary = summary.assign(
        spearman_low=summary["spearman"] - 0.3, spearman_high=summary["spearman"] + 0.1
    )
    ceiling = dict.fromkeys(["ceiling", "ceiling_low", "ceiling_high"], np.nan)
    return pd.concat(curves), predictions, summary.assign(**ceiling)


def test_agreement_draws_both_correlations_of_each_pair(tmp_path: Path) -> None:
    pair = {"assessor_a": "resmem", "shape_a": "square", "assessor_b": "resmem", "shape_b": "oval"}
    frame = pd.DataFrame([pair]).assign(n=979, spearman=0.41, kendall=0.29)
    frame = frame.assign(spearman_low=0.36, spearman_high=0.46, kendall_low=0.25, kendall_high=0.33)
    figure = agreement.draw(frame, 0.95)
    assert "resmem square and resmem oval, n = 979" in words(figure)
    for bars, ends in enumerate(([0.36, 0.46], [0.25, 0.33])):
        np.testing.assert_allclose(points(figure.axes[0], bars)[1][0][:, 0], ends)


def test_an_interval_that_misses_its_estimate_is_drawn_where_it_is() -> None:
    pair = {"assessor_a": "resmem", "shape_a": "square", "assessor_b": "resmem", "shape_b": "oval"}
    frame = pd.DataFrame([pair]).assign(n=9, spearman=0.5, kendall=0.4)
    frame = frame.assign(spearman_low=0.1, spearman_high=0.3, kendall_low=0.2, kendall_high=0.6)
    drawn, bars = points(agreement.draw(frame, 0.95).axes[0])
    assert drawn[0, 0] == 0.5
    np.testing.assert_allclose(bars[0][:, 0], [0.1, 0.3])


@pytest.mark.parametrize("turned", [False, True])
def test_agreement_of_many_has_spearman_below_the_diagonal_and_kendall_above(turned: bool) -> None:
    pairs = agreements(8)
    names = [f"assessor-{number:02d} {SHAPES[number % 2]}" for number in range(8)]
    given = pairs.copy()
    if turned:
        # The first rows, of one name and each other, give the order.
        sides = [("assessor_a", "assessor_b"), ("shape_a", "shape_b")]
        for one, other in sides:
            given.loc[9:, [one, other]] = pairs.loc[9:, [other, one]].to_numpy()
    figure = agreement.draw(given, 0.95)
    shown = cells(figure.axes[0])
    assert len(shown) == 8 * 7
    for (upper, lower), pair in zip(combinations(names, 2), pairs.itertuples(), strict=True):
        assert shown[lower, upper][0].startswith(f"{pair.spearman:.2f}\n".replace("-", "−"))
        assert shown[upper, lower][0].startswith(f"{pair.kendall:.2f}\n".replace("-", "−"))


def test_agreement_of_28_sources_fits_a_page_and_says_where_the_intervals_are() -> None:
    figure = agreement.draw(agreements(28), 0.95)
    assert figure.get_size_inches()[0] == 7
    assert figure.get_size_inches()[1] < 9
    for text, cell in boxes(figure, figure.axes[0]):
        assert text.get_window_extent().width <= cell.get_window_extent().width * 1.05
    assert "the table has the intervals" in figure.axes[0].get_xlabel()


@pytest.mark.parametrize("assessors", [2, 7, 14])
def test_transfer_shows_every_slope_with_its_interval_inside_its_cell(assessors: int) -> None:
    frame = transfers(assessors)
    figure = transfer.draw(frame, 0.95)
    for panel, shape in zip(figure.axes, SHAPES, strict=True):
        texts = [text.get_text().replace("\n", " ") for text in panel.texts]
        own = frame.loc[frame["shape"] == shape, SLOPE].to_numpy()
        wanted = [f"{slope:.2f} [{low:.2f}, {high:.2f}]" for slope, low, high in own]
        assert texts == [text.replace("-0.00", "0.00").replace("-", "−") for text in wanted]
        for text, cell in boxes(figure, panel):
            assert text.get_window_extent().width <= cell.get_window_extent().width
            assert text.get_window_extent().height <= cell.get_window_extent().height


def test_transfer_hatches_what_may_be_0_and_frames_what_was_fitted_on() -> None:
    frame = transfers(3)
    figure = transfer.draw(frame, 0.95)
    for panel, shape in zip(figure.axes, SHAPES, strict=True):
        own = frame[frame["shape"] == shape]
        filled = [patch for patch in panel.patches if patch.get_fill()]
        frames = [patch.get_xy() for patch in panel.patches if not patch.get_fill()]
        zero = (own["standard_slope_low"] <= 0) & (own["standard_slope_high"] >= 0)
        assert [bool(patch.get_hatch()) for patch in filled] == list(zero)
        assert 0 < zero.sum() < len(zero)
        fitted = [(number - 0.5, number - 0.5) for number in range(3)]
        assert frames == (fitted if shape == "square" else [])


def test_transfer_colours_slopes_of_either_sign_alike_strong_and_0_white() -> None:
    frame = transfers(2, ("square",)).iloc[:4].assign(standard_slope=[0.3, -0.3, 0.0, 0.1])
    (panel,) = transfer.draw(frame, 0.95).axes
    colours = [patch.get_facecolor()[:3] for patch in panel.patches if patch.get_fill()]
    np.testing.assert_allclose(colours[0], to_rgb("#5FA8D3"))
    np.testing.assert_allclose(colours[1], to_rgb("#E8894F"))
    np.testing.assert_allclose(colours[2], 1, atol=0.01)
    # A third of the strongest: between it and white.
    assert colours[0][0] < colours[3][0] < colours[2][0]


def test_transfer_names_a_hyperplane_by_no_more_than_tells_it_apart() -> None:
    frame = transfers(3)
    told = words(transfer.draw(frame, 0.95))
    assert "a-long-name-00 square" in told
    spaces = frame.assign(space=frame["edit"].map({"edit-0": "z", "edit-1": "w", "edit-2": "z"}))
    assert "a-long-name-01 square\nw" in words(transfer.draw(spaces, 0.95))
    alike = frame.assign(fitted_on="a-long-name-00")
    told = words(transfer.draw(alike, 0.95))
    assert "a-long-name-00 square\nedit-0" in told
    assert "a-long-name-00 square\nedit-2" in told


def test_transfer_says_how_many_images_each_shape_has() -> None:
    told = words(transfer.draw(transfers(2), 0.9))
    assert "scored as square, n = 200" in told
    assert "scored as oval, n = 193" in told
    assert any("90 % interval" in text for text in told)


def test_a_slope_that_could_not_be_measured_is_a_dash(tmp_path: Path) -> None:
    frame = transfers(2, ("square",))
    frame.loc[1, SLOPE] = np.nan
    figure = transfer.draw(frame, 0.95)
    style.save(figure, tmp_path / "figure.svg")
    shown = cells(figure.axes[0])
    text, patch = shown["a-long-name-00 square\nedit-0", "a-long-name-01"]
    assert text == "–"
    assert patch.get_hatch()
    style.save(
        transfer.draw(frame.assign(**dict.fromkeys(SLOPE, np.nan)), 0.95), tmp_path / "f.svg"
    )


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


def test_figures_of_assessors_are_the_same_bytes_for_the_same_data(
    trained: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame], tmp_path: Path
) -> None:
    for name in ("first", "second"):
        style.save(transfer.draw(transfers(2), 0.95), tmp_path / f"transfer-{name}.svg")
        style.save(training.draw(*trained, 0.95), tmp_path / f"training-{name}.svg")
        style.save(agreement.draw(agreements(7), 0.95), tmp_path / f"agreement-{name}.svg")
    for kind in ("transfer", "training", "agreement"):
        first, second = sorted(tmp_path.glob(f"{kind}-*.svg"))
        assert first.read_bytes() == second.read_bytes()
