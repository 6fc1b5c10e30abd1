"""What the figure of the learned directions promises to a reader."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.support.drawn import saved_twice, words

from mnemo.figures import learning


@pytest.fixture
def table() -> pd.DataFrame:
    """Three directions, of which the first was started twice."""
    starts = [("memorable", 0), ("memorable", 1), ("pleasant", 0), ("large", 0)]
    rows = [
        {"direction": direction, "restart": restart, "step": step, "images": 4 * step}
        | {
            "loss": np.nan if step == 0 else 0.08 / step,
            "held_out_loss": 0.1 / (step + restart + 1),
        }
        | {"length": 3.0, "chosen": restart == 0 and step == 20, "ended": None}
        for direction, restart in starts
        for step in (0, 10, 20)
    ]
    return pd.DataFrame(rows)


def test_each_direction_has_a_panel_with_both_losses_of_each_start(table: pd.DataFrame) -> None:
    figure = learning.draw(table, 0.95)
    shown = [panel for panel in figure.axes if panel.axison]
    assert [panel.get_title("left") for panel in shown] == ["memorable", "pleasant", "large"]
    assert [len(panel.lines) for panel in shown] == [4, 2, 2]
    second = table[(table["direction"] == "memorable") & (table["restart"] == 1)]
    (line,) = [line for line in shown[0].lines if line.get_label().startswith("start 2")]
    np.testing.assert_array_equal(line.get_xydata(), second[["step", "held_out_loss"]])
    assert {"held-out latents", "steps", "kept"} <= {*words(figure)}


def test_a_circle_marks_what_was_kept(table: pd.DataFrame) -> None:
    (ring,) = learning.draw(table, 0.95).axes[0].collections
    np.testing.assert_allclose(ring.get_offsets(), [[20, 0.1 / 21]])


def test_the_legend_says_how_far_each_start_fell_and_which_still_did(table: pd.DataFrame) -> None:
    flat = table["restart"].eq(1) & table["step"].eq(20)
    drawn = learning.draw(table.assign(held_out_loss=table["held_out_loss"].mask(flat, 0.04)), 0.95)
    labels = [line.get_label() for line in drawn.axes[0].lines[1::2]]
    assert labels == ["start 1: 5% left, still falling", "start 2: 80% left"]


@pytest.mark.parametrize("smallest", [0.00002, 0.0018, 0.004, 0.5])
def test_losses_are_written_in_plain_decimals(table: pd.DataFrame, smallest: float) -> None:
    losses = table["held_out_loss"].clip(lower=smallest, upper=0.0131)
    figure = learning.draw(table.assign(held_out_loss=losses, loss=np.nan), 0.95)
    figure.draw_without_rendering()
    axis = figure.axes[0].yaxis
    low, high = axis.get_view_interval()
    ticks = [*axis.get_major_ticks(), *axis.get_minor_ticks()]
    shown = [tick.label1.get_text() for tick in ticks if low <= tick.get_loc() <= high]
    written = list(filter(None, shown))
    assert len(written) >= 2
    assert all("e" not in each and float(each) > 0 for each in written)


def test_the_figure_is_drawn_alike_each_time_and_without_a_finite_loss(
    table: pd.DataFrame, tmp_path: Path
) -> None:
    first, second = saved_twice(lambda: learning.draw(table, 0.95), tmp_path)
    assert first == second
    learning.draw(table.assign(loss=np.nan, held_out_loss=np.nan), 0.95).draw_without_rendering()


def test_many_starts_and_a_long_name_leave_the_lines_room(table: pd.DataFrame) -> None:
    own = table[(table["direction"] == "memorable") & (table["restart"] == 0)]
    starts = [own.assign(restart=start, direction="a-name-" * 9) for start in range(25)]
    figure = learning.draw(pd.concat(starts), 0.95)
    figure.draw_without_rendering()
    [panel] = figure.axes
    assert panel.get_legend() is None
    assert panel.get_window_extent().height > 0.5 * learning.HEIGHT * figure.dpi
