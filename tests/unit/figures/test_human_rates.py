"""What the figure of people's rates promises to a reader."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from tests.support.drawn import points, saved_twice, words

from mnemo.figures import human_rates

ALPHAS = (-0.2, -0.1, 0.0, 0.4)


def rates(measure: str, level: float, slope: float, **more: object) -> pd.DataFrame:
    """Rates of one measure, whose intervals are 0.04 below to 0.06 above."""
    rate = level + slope * np.array(ALPHAS)
    columns = {"alpha": ALPHAS, "rate": rate, "rate_low": rate - 0.04, "rate_high": rate + 0.06}
    named = {"experiment": "game", "edit": "memorable", "measure": measure, "simulated": False}
    counted = {"n_answers": [4622, 4800, 4700, 4822], "n_participants": 395, "n_images": 1500}
    return pd.DataFrame(columns).assign(**{**named, **counted, **more})


@pytest.fixture
def table() -> pd.DataFrame:
    """A memory game and a forced choice."""
    return pd.concat(
        [
            rates("hit_rate", 0.6, 0.3),
            rates("false_alarm_rate", 0.1, 0),
            rates("corrected", 0.5, 0.3),
            rates("correct", 0.7, -0.02, experiment="real", n_answers=640, n_participants=40),
        ]
    )


def test_every_rate_is_drawn_at_its_alpha_with_its_interval(table: pd.DataFrame) -> None:
    game, choice = human_rates.draw(table, 0.95).axes
    for panel, number, level, slope in (
        (game, 0, 0.6, 0.3),
        (game, 1, 0.1, 0),
        (choice, 0, 0.7, -0.02),
    ):
        drawn, bars = points(panel, number)
        np.testing.assert_allclose(drawn[:, 0], ALPHAS, atol=0.002)
        rate = level + slope * np.array(ALPHAS)
        np.testing.assert_allclose(drawn[:, 1], rate)
        ends = np.array([each[:, 1] for each in bars])
        np.testing.assert_allclose(ends, np.column_stack([rate - 0.04, rate + 0.06]))
    assert [text.get_text() for text in game.texts] == ["false alarms", "hits"]


def test_hits_and_false_alarms_look_different_without_colour(table: pd.DataFrame) -> None:
    game, _ = human_rates.draw(table, 0.95).axes
    hits, alarms = [line for line in game.lines if line.get_marker() in "os"]
    assert hits.get_marker() != alarms.get_marker()
    assert hits.get_linestyle() != alarms.get_linestyle()
    assert alarms.get_markerfacecolor() == "white"


def test_chance_is_drawn_for_the_forced_choice_alone(table: pd.DataFrame) -> None:
    game, choice = human_rates.draw(table, 0.95).axes

    def levels(panel):
        lines = [each for each in panel.collections if isinstance(each, LineCollection)]
        ends = [segment[:, 1] for each in lines for segment in each.get_segments()]
        return [pair[0] for pair in ends if len(pair) == 2 and pair[0] == pair[1]]

    assert (levels(game), levels(choice)) == ([], [0.5])
    assert "0.5, by chance" in choice.get_ylabel()
    low, high = choice.get_ylim()
    assert low < 0.5 < high


def test_the_answers_and_the_confidence_are_named(table: pd.DataFrame) -> None:
    figure = human_rates.draw(table, 0.9)
    titles = [panel.get_title("left") for panel in figure.axes]
    assert titles == [
        "game, memorable\neach mark: 4,622 to 4,822 answers\nof 395 participants",
        "real, memorable\neach mark: 640 answers\nof 40 participants",
    ]
    assert "alpha (90 % intervals)" in words(figure)


def test_panels_of_one_kind_have_one_scale(table: pd.DataFrame) -> None:
    low = rates("hit_rate", 0.2, 0, edit="another")
    game, choice, other = human_rates.draw(pd.concat([table, low]), 0.95).axes[:3]
    assert game.get_ylim() == other.get_ylim() != choice.get_ylim()


def test_simulated_answers_are_said_to_be_large_and_in_each_panel_that_has_them(
    table: pd.DataFrame,
) -> None:
    real = human_rates.draw(table, 0.95)
    assert not [word for word in words(real) if "simulated" in word.lower()]
    one = table["measure"].eq("false_alarm_rate") & table["alpha"].eq(0)
    figure = human_rates.draw(table.assign(simulated=one), 0.95)
    assert "SIMULATED ANSWERS, not people's" in words(figure)
    assert figure.get_suptitle() == "SIMULATED ANSWERS, not people's"
    said = [
        [text for text in panel.texts if text.get_text() == "simulated"] for panel in figure.axes
    ]
    assert [len(each) for each in said] == [1, 0]
    assert said[0][0].get_fontsize() >= 24


def test_a_study_without_series_that_count_says_so(table: pd.DataFrame) -> None:
    assert words(human_rates.draw(table[:0], 0.95)) == ["No series of a participant counts."]


def test_the_same_rates_give_the_same_bytes(table: pd.DataFrame, tmp_path: Path) -> None:
    first, second = saved_twice(lambda: human_rates.draw(table, 0.95), tmp_path)
    assert first == second
