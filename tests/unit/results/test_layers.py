"""The effects of layers, against independent computations."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy import stats

from mnemo import tables
from mnemo.results import layers
from mnemo.statistics import mixed

LEVELS = [-2.0, -1.0, 1.0]
N = 30
SLOPES = {"0": 0.02, "1": -0.05, "coarse": 0.0}


def simulated(lost: int = 0) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Scores of three layers, some ovals of which are lost at level 1, and their image changes."""
    random = np.random.default_rng(0)
    images = [f"{seed:07d}" for seed in range(N)]
    own = random.normal(0.8, 0.05, N)
    unedited, scores, changes, steps = [], [], [], []
    for shape in ("square", "oval"):
        place = {"assessor": "resmem", "shape": shape, "image": images}
        unedited.append(pd.DataFrame({**place, "score": own}))
        for layer, slope in SLOPES.items():
            for level in LEVELS:
                after = own + slope * level + random.normal(0, 0.01, N)
                frame = pd.DataFrame({**place, "layer": layer, "step": 5 * level, "score": after})
                scores.append(frame.iloc[lost if shape == "oval" and level == 1 else 0 :])
    for layer in SLOPES:
        for level in LEVELS:
            change = random.gamma(4, 0.02 * abs(level), N)
            changes.append(
                pd.DataFrame(
                    {"layer": layer, "step": 5 * level, "image": images, "image_change": change}
                )
            )
            moved = 5 * level * (2 if layer == "coarse" else 1)
            steps.append(
                {"layer": layer, "level": level, "step": 5 * level, "moved": moved, "reason": None}
            )
    return (*map(pd.concat, (scores, unedited, changes)), pd.DataFrame(steps))


Measured = tuple[pd.DataFrame, pd.DataFrame]


@pytest.fixture(scope="module")
def measured() -> Measured:
    """The tables of the simulated layers."""
    return layers.measure(*simulated())


def wide(frame: pd.DataFrame, value: str, **chosen: str) -> NDArray[np.float64]:
    """Return (images, levels) values."""
    for key, name in chosen.items():
        frame = frame[frame[key] == name]
    return frame.pivot(index="image", columns="step", values=value).to_numpy()


def test_means_and_changes_are_those_of_the_images_at_each_level(measured: Measured) -> None:
    scores, unedited, changes, _ = simulated()
    levels, _ = measured
    assert len(levels) == 3 * 2 * 4
    row = levels.set_index(["layer", "shape", "level"]).loc["1", "square", -2.0]
    after = wide(scores, "score", layer="1", shape="square")[:, 0]
    before = unedited[unedited["shape"] == "square"]["score"].to_numpy()
    for values, name in ((after, "mean"), (after - before, "change")):
        ends = ("low", "high") if name == "mean" else ("change_low", "change_high")
        interval = stats.ttest_1samp(values, 0).confidence_interval()
        np.testing.assert_allclose(
            row[[name, *ends]].astype(float), [values.mean(), *interval], rtol=1e-6
        )
    image = wide(changes, "image_change", layer="1")[:, 0]
    interval = stats.ttest_1samp(image, 0).confidence_interval()
    names = ["image_change", "image_change_low", "image_change_high"]
    np.testing.assert_allclose(row[names].astype(float), [image.mean(), *interval])
    assert (row["step"], row["moved"]) == (-10, -10)
    tables.conform(levels.assign(perceptual_by="resnet152-early"), layers.LAYERS)


def test_level_0_is_the_unedited_images_in_every_layer(measured: Measured) -> None:
    _, unedited, _, _ = simulated()
    levels, _ = measured
    rows = levels[levels["level"] == 0]
    assert len(rows) == 3 * 2
    expected = unedited.groupby("shape")["score"].mean()
    np.testing.assert_allclose(rows["mean"], rows["shape"].map(expected))
    still = ["change", "moved", "step", "image_change", "image_change_low", "image_change_high"]
    assert (rows[still] == 0).all().all()


def test_a_slope_is_over_the_distance_moved_by_the_model_of_the_other_slopes(
    measured: Measured,
) -> None:
    scores, unedited, _, _ = simulated()
    _, effects = measured
    row = effects.set_index(["layer", "shape"]).loc["coarse", "oval"]
    own = scores[(scores["layer"] == "coarse") & (scores["shape"] == "oval")]
    frame = pd.concat(
        [own.assign(alpha=own["step"] * 2), unedited[unedited["shape"] == "oval"].assign(alpha=0.0)]
    )
    expected = mixed.slope(frame)
    assert row[["slope", "low", "high"]].tolist() == [expected.slope, expected.low, expected.high]
    assert row["n"] == N


def test_the_slope_per_change_is_the_ratio_of_means_with_its_linearised_interval(
    measured: Measured,
) -> None:
    """For complete scores the ratio is that of a regression through the origin, by means."""
    scores, unedited, changes, _ = simulated()
    _, effects = measured
    row = effects.set_index(["layer", "shape"]).loc["1", "square"]
    before = unedited[unedited["shape"] == "square"]["score"].to_numpy()[:, np.newaxis]
    toward = (wide(scores, "score", layer="1", shape="square") - before) * np.sign(LEVELS)
    y, d = toward.sum(axis=1), wide(changes, "image_change", layer="1").sum(axis=1)
    # A weighted regression through the origin with weights 1 / d has the slope mean(y) / mean(d).
    ratio = sm.WLS(y, d, weights=1 / d).fit().params[0]
    error = np.std(y - ratio * d, ddof=1) / np.sqrt(N) / d.mean()
    margin = stats.t.ppf(0.975, N - 1) * error
    names = ["slope_per_change", "slope_per_change_low", "slope_per_change_high"]
    np.testing.assert_allclose(
        row[names].astype(float), [ratio, ratio - margin, ratio + margin], rtol=1e-9
    )


def test_with_lost_ovals_its_error_is_about_that_of_a_jackknife_over_images() -> None:
    scores, unedited, changes, _ = simulated(lost=12)
    place = scores["shape"] == "oval"
    frame = pd.concat(
        [scores[place & (scores["layer"] == "0")], unedited.iloc[N:].assign(step=0.0)]
    )
    values = frame.assign(level=frame["step"] / 5).pivot(
        index="image", columns="level", values="score"
    )
    own = changes[changes["layer"] == "0"]
    image = own.assign(level=own["step"] / 5).pivot(
        index="image", columns="level", values="image_change"
    )
    found = layers.per_change(values, image, 0.95)
    without = [
        layers.per_change(values.drop(key), image.drop(key), 0.95).value for key in values.index
    ]
    error = (N - 1) / np.sqrt(N) * np.std(without)
    margin = stats.t.ppf(0.975, N - 1) * error
    assert (found.high - found.low) / 2 == pytest.approx(margin, rel=0.05)


def test_layers_are_ranked_by_the_size_of_their_slope_per_change(measured: Measured) -> None:
    _, effects = measured
    squares = effects[effects["shape"] == "square"].set_index("layer")
    assert squares["rank"].to_dict() == {"1": 1, "0": 2, "coarse": 3}
    tables.conform(effects, layers.LAYER_EFFECTS)


def test_a_level_without_a_step_has_its_reason_and_no_estimates() -> None:
    scores, unedited, changes, steps = simulated()
    gone = (steps["layer"] == "0") & (steps["level"] == -2)
    steps.loc[gone, ["step", "moved"]] = np.nan
    steps.loc[gone, "reason"] = "too far"
    left = [frame[(frame["layer"] != "0") | (frame["step"] != -10)] for frame in (scores, changes)]
    levels, effects = layers.measure(left[0], unedited, left[1], steps)
    rows = levels[(levels["layer"] == "0") & (levels["level"] == -2)]
    assert (rows["reason"] == "too far").all()
    assert (rows["n"] == 0).all()
    assert rows[["mean", "change", "moved", "step", "image_change"]].isna().all().all()
    assert levels.loc[levels["level"] != -2, "reason"].isna().all()
    # The other levels still tell the effect.
    assert effects["slope_per_change"].notna().all()
    tables.conform(levels.assign(perceptual_by="lpips-vgg16"), layers.LAYERS)


def test_images_that_do_not_change_leave_no_ratio_and_no_rank() -> None:
    scores, unedited, changes, steps = simulated()
    scores, unedited = (frame[frame["shape"] == "oval"] for frame in (scores, unedited))
    _, effects = layers.measure(scores, unedited, changes.assign(image_change=0.0), steps)
    assert effects[["slope_per_change", "slope_per_change_low", "rank"]].isna().all().all()
    assert effects["slope"].notna().all()
