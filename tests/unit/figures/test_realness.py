"""What the figure of realness promises to a reader."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Rectangle
from tests.support.drawn import points, words

from mnemo.figures import realness

ALPHAS = (-4.0, 0.0, 4.0)
NAMES = ("Fréchet distance on ResNet-152 features", "kernel distance on ResNet-152 features")
ESTIMATES = {
    "kernel": [0.004, -0.001, 0.005],
    "kernel_floor": [0.001] * 3,
    "kernel_difference": [0.005, 0.0, 0.006],
    "kernel_ratio": [1.4, 1.0, 1.6],
    "frechet": [36.0, 30.0, 39.0],
    "frechet_floor": [28.0] * 3,
    "frechet_difference": [6.0, 0.0, 9.0],
    "frechet_infinite": [8.0, 2.0, 11.0],
    "frechet_ratio": [4.0, 1.0, 5.5],
    "precision": [0.6, 0.9, 0.5],
    "recall": [0.4, 0.8, 0.3],
    "density": [0.5, 1.1, 0.4],
    "coverage": [0.3, 0.7, 0.2],
}
SCORES = {
    "inception_score": [8.0, 9.0, 9.5],
    "inception_score_difference": [-1.0, 0.0, 0.5],
    "inception_score_whole": [12.0, 13.0, 13.5],
    "inception_score_floor": [9.1] * 3,
}
SHARES = ("precision", "recall", "density", "coverage")


@pytest.fixture
def distances() -> pd.DataFrame:
    """What is measured on other features than Inception's."""
    return without(estimated({**ESTIMATES, **SCORES}), *SCORES)


def estimated(values: dict[str, list[float]]) -> pd.DataFrame:
    """Give estimates their intervals."""
    frame = pd.DataFrame({"alpha": ALPHAS, "n": 200, "reference": "generator", **values})
    for name in values:
        frame[f"{name}_low"], frame[f"{name}_high"] = frame[name] - 0.002, frame[name] + 0.003
    return frame


def without(distances: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Make estimates null."""
    columns = [f"{name}{end}" for name in names for end in ("", "_low", "_high")]
    return distances.assign(**dict.fromkeys(columns, np.nan))


def test_realness_draws_the_kernel_distance_first_and_differences_and_ratios_below(
    distances: pd.DataFrame,
) -> None:
    figure = realness.draw(without(distances, "frechet_infinite"), *NAMES, 0.95)
    assert len(figure.axes) == 8
    names = [
        f"{name}{kind}" for kind in ("", "_difference", "_ratio") for name in ("kernel", "frechet")
    ]
    for panel, name in zip(figure.axes, names, strict=False):
        drawn, bars = points(panel)
        np.testing.assert_allclose(drawn[:, 1], distances[name])
        np.testing.assert_allclose(
            [ends[:, 1] for ends in bars], distances[[f"{name}_low", f"{name}_high"]]
        )
        level = 1 if name.endswith("ratio") else 0
        assert [level, level] in [list(line.get_ydata()) for line in panel.lines]


def test_realness_draws_precision_recall_density_and_coverage_last(
    distances: pd.DataFrame,
) -> None:
    panels = realness.draw(distances, *NAMES, 0.95).axes[-2:]
    for panel, names in zip(panels, (SHARES[:2], SHARES[2:]), strict=True):
        for place, name in enumerate(names):
            drawn, bars = points(panel, place)
            np.testing.assert_allclose(drawn[:, 1], distances[name])
            np.testing.assert_allclose(
                [ends[:, 1] for ends in bars], distances[[f"{name}_low", f"{name}_high"]]
            )
        assert [text.get_text() for text in panel.get_legend().get_texts()] == list(names)


def test_realness_says_why_there_is_no_precision(distances: pd.DataFrame) -> None:
    told = words(realness.draw(without(distances, *SHARES), *NAMES, 0.95))
    assert "No precision and recall: too few images." in told
    assert "No density and coverage: too few images." in told


def test_realness_has_a_block_for_each_reference_with_a_floor_where_there_is_one(
    distances: pd.DataFrame,
) -> None:
    floorless = without(distances, "kernel_floor", "frechet_floor", "kernel_ratio", "frechet_ratio")
    both = pd.concat([distances, floorless.assign(reference="folder", kernel=0.5)])
    figure = realness.draw(both, *NAMES, 0.95)
    # The second block has no room for ratios.
    assert len(figure.axes) == 8 + 6
    first, second = figure.axes[0], figure.axes[8]
    assert first.get_ylabel() == "distance from the reference set"
    assert second.get_ylabel() == "distance from photographs"
    assert points(second)[0][:, 1].tolist() == [0.5] * 3
    assert (len(first.patches), len(second.patches)) == (1, 0)


def test_realness_shows_the_interval_of_the_floor_as_a_band_over_all_alphas(
    distances: pd.DataFrame,
) -> None:
    figure = realness.draw(distances, *NAMES, 0.95)
    for panel, floor in zip(figure.axes, (0.001, 28.0), strict=False):
        (band,) = [patch for patch in panel.patches if isinstance(patch, Rectangle)]
        assert (band.get_x(), band.get_width()) == (0, 1)
        np.testing.assert_allclose(
            [band.get_y(), band.get_y() + band.get_height()], [floor - 0.002, floor + 0.003]
        )
        assert "floor" in [text.get_text() for text in panel.get_legend().get_texts()]


def test_realness_shows_the_extrapolated_distance_where_there_is_one(
    distances: pd.DataFrame,
) -> None:
    told = "extrapolated to infinite n"
    assert told in words(realness.draw(distances, *NAMES, 0.95))
    few = without(distances, "frechet_infinite", "frechet_ratio")
    assert told not in words(realness.draw(few, *NAMES, 0.95))


def test_realness_calls_a_distance_by_the_name_it_is_given(distances: pd.DataFrame) -> None:
    told = " ".join(words(realness.draw(distances, *NAMES, 0.95)))
    assert "Fréchet distance on ResNet-152 features" in told
    assert "Kernel distance on ResNet-152 features" in told
    assert "FID" not in told
    assert "KID" not in told


def test_realness_without_ratios_has_no_room_for_them(distances: pd.DataFrame) -> None:
    figure = realness.draw(without(distances, "kernel_ratio", "frechet_ratio"), *NAMES, 0.95)
    assert len(figure.axes) == 6
    assert "atio" not in " ".join(words(figure))


@pytest.mark.parametrize(
    ("missing", "why"),
    [
        (("kernel_ratio",), "alpha 0 is too near the floor"),
        (("frechet_ratio",), "alpha 0 is too near the floor"),
        (("frechet_ratio", "frechet_infinite"), "too few images to extrapolate"),
    ],
)
def test_realness_without_one_ratio_says_why(
    distances: pd.DataFrame, missing: tuple[str, ...], why: str
) -> None:
    figure = realness.draw(without(distances, *missing), *NAMES, 0.95)
    assert f"No ratio: {why}." in words(figure)
    assert [bool(panel.lines) for panel in figure.axes[4:6]] == [
        "kernel_ratio" not in missing,
        "frechet_ratio" not in missing,
    ]


def test_realness_draws_the_inception_score_once_below_all_references(
    distances: pd.DataFrame,
) -> None:
    scored = estimated({**ESTIMATES, **SCORES})
    floorless = without(scored, "inception_score_floor").assign(reference="folder")
    figure = realness.draw(pd.concat([scored, floorless]), *NAMES, 0.95)
    assert len(figure.axes) == 8 + 8 + 2
    score, difference = figure.axes[-2:]
    for panel, place, name in (
        (score, 0, "inception_score"),
        (score, 1, "inception_score_whole"),
        (difference, 0, "inception_score_difference"),
    ):
        drawn, bars = points(panel, place)
        np.testing.assert_allclose(drawn[:, 1], scored[name])
        np.testing.assert_allclose(
            [ends[:, 1] for ends in bars], scored[[f"{name}_low", f"{name}_high"]]
        )
    (floor,) = [patch for patch in score.patches if isinstance(patch, Rectangle)]
    assert floor.get_y() == pytest.approx(9.1 - 0.002)
    assert "Inception Score" not in words(realness.draw(distances, *NAMES, 0.95))
