"""The series that a slope needs are those of the formula, and simulated experiments find it."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.unit.experiment.test_folder import game

from mnemo.errors import MnemoError
from mnemo.experiment import __main__ as command
from mnemo.experiment import power
from mnemo.experiment.power import ALPHAS
from mnemo.experiment.settings import ForcedChoice, MemoryGame
from mnemo.experiment.simulate import MODELS, Model

GAME, CHOICE = MODELS["memory-game"], MODELS["forced-choice"]


def test_the_papers_slope_needs_about_ten_series() -> None:
    # Without lapses, as the intervals of the paper's slopes suggest: c of 2.35.
    found = power.power(MemoryGame(), 1.92, model=replace(GAME, lapse=0.0), runs=0)
    assert found.answers == pytest.approx(588, abs=15)
    assert found.valid_series == math.ceil(found.answers / 60)
    assert found.valid_series in (10, 11)
    assert found.cost == found.series * 0.5
    assert found.minutes == pytest.approx(found.series * 301 / 60)
    assert math.isnan(found.power)


@pytest.mark.parametrize(
    ("series", "targets", "model", "half"),
    # The half-widths of the paper's intervals (sections 3.3.2 and 3.4).
    [(395, 60, GAME, 0.205), (258.6, 80, CHOICE, 0.255)],
)
def test_standard_errors_are_about_those_of_the_papers_intervals(
    series: float, targets: int, model: Model, half: float
) -> None:
    answers = round(series * targets)
    error = power.standard_error(model, answers, 7500, 0.02)
    # Simulated people differ somewhat more than the paper's seem to.
    assert half / 1.96 < error < 1.15 * half / 1.96


def test_without_differences_the_standard_error_is_that_of_a_logistic_regression() -> None:
    alone = Model(participants=0.0, images=0.0, lapse=0.0, intercept=0.6)
    p = 1 / (1 + math.exp(-0.6))
    information = 600 * p * (1 - p) * 0.02
    assert power.standard_error(alone, 600, 7500, 0.02) == pytest.approx(information**-0.5)


@pytest.mark.parametrize(
    ("settings", "slope", "images"),
    [
        (MemoryGame(), 1.92, 7500),
        (MemoryGame(), 1.0, 500),
        (ForcedChoice(), -1.0, 7500),
    ],
)
def test_simulated_experiments_have_the_wanted_power(
    settings: MemoryGame | ForcedChoice, slope: float, images: int
) -> None:
    found = power.power(settings, slope, images=images, runs=300, seed=1)
    # Series are whole, which adds some answers.
    assert found.power == pytest.approx(0.82, abs=0.08)
    assert found.low < found.power < found.high


def test_without_a_slope_one_is_rarely_found() -> None:
    random = np.random.default_rng(0)
    null = replace(GAME, slope=0.0)
    for images in (7500, 250):
        ratios = [
            power.ratio(power.answered(MemoryGame(), ALPHAS, images, 30, 1, null, random))
            for _ in range(300)
        ]
        assert np.mean(np.abs(ratios) > 1.96) == pytest.approx(0.05, abs=0.04)


def test_further_answers_to_the_same_images_tell_less() -> None:
    # At 3.16 answers to each image, simulations have c of 2.45 to 2.48.
    model = replace(GAME, lapse=0.0)
    error = power.standard_error(model, 23_700, 7500, 0.02)
    assert error * math.sqrt(23_700 * 0.02) == pytest.approx(2.48, abs=0.03)
    few, many = (
        power.power(MemoryGame(), 1.0, images=images, runs=0).answers for images in (400, 7500)
    )
    assert few > 1.3 * many


def test_a_slope_that_no_number_of_answers_finds_is_refused() -> None:
    with pytest.raises(MnemoError, match=r"300 images are too few .* at least 567 are needed"):
        power.power(MemoryGame(), 0.5, images=300)
    power.power(MemoryGame(), 0.5, images=567, runs=0)


def test_simulated_answers_have_the_design_of_the_experiment() -> None:
    table = power.answered(MemoryGame(), ALPHAS, 300, 20, 2, GAME, np.random.default_rng(0))
    assert table.groupby("participant").size().tolist() == [120] * 10
    by_alpha = table.groupby(["participant", "alpha"]).size()
    assert set(by_alpha) == {24}
    assert set(table.groupby("image").size()) == {4}
    assert table.groupby("image")["alpha"].nunique().max() == 1


def test_series_that_will_not_be_valid_are_played_as_well() -> None:
    found = power.power(MemoryGame(), 1.0, valid=0.8, each=4, runs=0)
    assert found.series == math.ceil(found.valid_series / 0.8)
    assert found.participants == math.ceil(found.series / 4)


def test_every_argument_out_of_range_is_reported() -> None:
    with pytest.raises(MnemoError) as raised:
        power.power(
            MemoryGame(), 0.0, alphas=[1], images=0, wanted=1, confidence=0, valid=0, each=26
        )
    assert len(str(raised.value).splitlines()) == 7


def test_the_command_line_prints_what_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    command.main(["power", "--slope", "1.92", "--runs", "50", "--valid", "0.5", "--pay", "2"])
    printed = capsys.readouterr().out
    assert "613 answers to targets: 11 valid series of 60" in printed
    assert "22 series to be played by 22 participants" in printed
    assert "44.00 at 2.00 a series" in printed
    assert "In 50 simulated experiments" in printed
    command.main(["power", "--slope", "1.92", "--runs", "0", "--alphas=-4,0,4", "--images", "60"])
    assert "At least 20 participants are advised" in capsys.readouterr().out


def test_the_command_line_takes_the_design_of_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    game(tmp_path / "game")
    command.main(["power", "--folder", str(tmp_path / "game"), "--slope", "8", "--runs", "0"])
    assert "valid series of 10" in capsys.readouterr().out
    command.main(["check", str(tmp_path / "game"), "--participants", "2"])
    printed = capsys.readouterr().out
    assert "235 images, unchanged; different ones: 20 targets, 27 fillers" in printed
    assert "4 series of 36 trials for 2 participants meet every constraint" in printed
    assert "texts/consent.md is not finished: [NAME OF THE RESEARCHER]" in printed
    # What the server would refuse is told before.
    (tmp_path / "game/recruitment.yaml").write_text("completed: 123")
    with pytest.raises(SystemExit, match="recruitment.yaml has mistakes"):
        command.main(["check", str(tmp_path / "game")])
    (tmp_path / "game/texts/words.json").write_text('{"agre": "Ja"}')
    with pytest.raises(SystemExit, match="did you mean agree"):
        command.main(["check", str(tmp_path / "game")])


def test_the_command_line_ends_with_the_mistake(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"has no experiment\.json"):
        command.main(["check", str(tmp_path)])
    with pytest.raises(SystemExit, match="slope must be a number other than 0"):
        command.main(["power", "--slope", "0"])
