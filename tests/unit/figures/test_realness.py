"""What the figure of realness promises to a reader."""

import numpy as np
import pandas as pd
import pytest
from tests.support.drawn import points, words

from mnemo.figures import realness

ALPHAS = (-4.0, 0.0, 4.0)
NAMES = ("Fréchet distance on ResNet-152 features", "kernel distance on ResNet-152 features")


@pytest.fixture
def distances() -> pd.DataFrame:
    frame = pd.DataFrame({"alpha": ALPHAS, "n": 200, "frechet": [36.0, 30.0, 39.0]})
    frame = frame.assign(frechet_ratio=[1.2, 1.0, 1.3])
    frame = frame.assign(kernel=[0.004, -0.001, 0.005], kernel_ratio=[1.4, 1.0, 1.6])
    for name in ("frechet", "frechet_ratio", "kernel", "kernel_ratio"):
        frame[f"{name}_low"], frame[f"{name}_high"] = frame[name] - 0.002, frame[name] + 0.003
    return frame


def test_realness_draws_both_distances_and_their_ratios_against_1(distances: pd.DataFrame) -> None:
    figure = realness.draw(distances, *NAMES, 0.95)
    names = ("frechet", "kernel", "frechet_ratio", "kernel_ratio")
    for panel, name in zip(figure.axes, names, strict=True):
        drawn, bars = points(panel)
        np.testing.assert_allclose(drawn[:, 1], distances[name])
        np.testing.assert_allclose(
            [ends[:, 1] for ends in bars], distances[[f"{name}_low", f"{name}_high"]]
        )
        level = 1 if name.endswith("ratio") else 0
        assert [level, level] in [list(line.get_ydata()) for line in panel.lines]


def test_realness_calls_a_distance_by_the_name_it_is_given(distances: pd.DataFrame) -> None:
    told = " ".join(words(realness.draw(distances, *NAMES, 0.95)))
    assert "Fréchet distance on ResNet-152 features" in told
    assert "Kernel distance on ResNet-152 features" in told
    assert "FID" not in told
    assert "KID" not in told


def test_realness_without_a_kernel_ratio_says_why_and_draws_the_distances(
    distances: pd.DataFrame,
) -> None:
    missing = ["kernel_ratio", "kernel_ratio_low", "kernel_ratio_high"]
    figure = realness.draw(distances.assign(**dict.fromkeys(missing, np.nan)), *NAMES, 0.95)
    told = " ".join(words(figure)).replace("\n", " ")
    assert "No ratio: the distance at alpha 0 is not clearly above 0." in told
    np.testing.assert_allclose(points(figure.axes[1])[0][:, 1], distances["kernel"])
    np.testing.assert_allclose(points(figure.axes[2])[0][:, 1], distances["frechet_ratio"])
    assert not figure.axes[3].lines
