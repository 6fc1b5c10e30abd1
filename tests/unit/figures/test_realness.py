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
}


@pytest.fixture
def distances() -> pd.DataFrame:
    frame = pd.DataFrame({"alpha": ALPHAS, "n": 200, **ESTIMATES})
    for name in ESTIMATES:
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
    names = [
        f"{name}{kind}" for kind in ("", "_difference", "_ratio") for name in ("kernel", "frechet")
    ]
    for panel, name in zip(figure.axes, names, strict=True):
        drawn, bars = points(panel)
        np.testing.assert_allclose(drawn[:, 1], distances[name])
        np.testing.assert_allclose(
            [ends[:, 1] for ends in bars], distances[[f"{name}_low", f"{name}_high"]]
        )
        level = 1 if name.endswith("ratio") else 0
        assert [level, level] in [list(line.get_ydata()) for line in panel.lines]


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
    assert len(figure.axes) == 4
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
    assert [bool(panel.lines) for panel in figure.axes[4:]] == [
        "kernel_ratio" not in missing,
        "frechet_ratio" not in missing,
    ]
