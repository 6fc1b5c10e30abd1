"""Steps of equal image change are found where a layer can change the image so much."""

import numpy as np
import pytest

from mnemo.edits import calibration, steps
from mnemo.errors import MnemoError


def saturating(step: float) -> float:
    """A change that grows with the square of short steps, and not above 1; faster downwards."""
    length = abs(step) * (2 if step < 0 else 1)
    return length**2 / (1 + length**2)


def test_each_step_changes_the_image_by_its_level() -> None:
    found = calibration.steps_of_change(saturating, [-3, 1, -1, 2], size=0.2, spread=1)
    assert [*found] == [-3, -1, 1, 2]
    for level, step in found.items():
        assert np.sign(step) == np.sign(level)
        wanted = 0.2 * abs(level)
        exact = np.sqrt(wanted / (1 - wanted)) / (2 if level < 0 else 1)
        assert abs(step) == pytest.approx(exact, rel=2 * calibration.TOLERANCE)


def test_few_steps_are_tried() -> None:
    tried = []

    def change(step: float) -> float:
        tried.append(step)
        return saturating(step)

    calibration.steps_of_change(change, [-3, -2, -1, 1, 2], size=0.1, spread=1)
    assert len(tried) == len({*tried}) <= 40
    assert 0 not in tried


def test_a_change_that_a_layer_can_not_reach_has_no_step_but_a_reason() -> None:
    found = calibration.steps_of_change(saturating, [-1, 1, 2], size=0.6, spread=1)
    assert np.isnan([*found.values()]).tolist() == [False, False, True]
    columns = calibration.columns(found, 0.6)
    assert [reason is None for reason in columns["reason"]] == [True, True, False]
    assert "changes the image by 1.2" in columns["reason"][2]


def test_no_step_at_all_is_an_error_that_says_what_to_do() -> None:
    found = calibration.steps_of_change(lambda _: 0.0, [-1, 1], size=0.1, spread=1)
    with pytest.raises(MnemoError, match="Take a smaller size, or leave these layers out"):
        calibration.columns(found, 0.1)


def test_the_spread_is_the_root_mean_square_distance_from_the_mean() -> None:
    rows = np.random.default_rng(0).normal(size=(6, 3, 5)).astype(np.float32)
    squares = [
        np.linalg.norm(rows[image, layer] - rows[:, layer].mean(axis=0)) ** 2
        for image in range(6)
        for layer in range(3)
    ]
    assert calibration.spread(rows) == pytest.approx(np.sqrt(np.mean(squares)))


def test_steps_of_equal_norm_move_layers_and_groups_in_the_norm_of_other_edits() -> None:
    along = np.tile(np.eye(4)[:1], (9, 1))
    table = steps.table({"3": [3], "0-3": [0, 1, 2, 3]}, along, "w_plus", {-1.0: -5.0}, [])
    assert table[["layer", "level", "step", "moved"]].to_numpy().tolist() == [
        ["3", -1.0, -5.0, -5.0],
        ["0-3", -1.0, -5.0, -10.0],
    ]
