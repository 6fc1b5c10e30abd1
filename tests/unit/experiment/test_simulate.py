"""Simulated participants answer as their model says, so that the planted slope can be recovered."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from tests.support.experiments import ALPHAS, experiment

from mnemo.experiment import answers, series, simulate
from mnemo.experiment.answers import Answer
from mnemo.experiment.settings import ForcedChoice, MemoryGame, Settings
from mnemo.experiment.simulate import MODELS, Behaviour, Model, Person
from mnemo.experiment.stimuli import Experiment

ALONE = replace(Model(), participants=0.0, images=0.0, false_alarm_participants=0.0, lapse=0.0)


def play(
    of: Experiment,
    participants: int,
    each: int,
    model: Model,
    behaviour: Behaviour = "attentive",
) -> list[list[Answer]]:
    """Have participants play, and return the answers of each series."""
    random = np.random.default_rng(0)
    images = simulate.effects(of, model, random)
    people = [simulate.person(model, random, behaviour) for _ in range(participants)]
    return [
        simulate.play(of, s, str(s.participant), model, people[s.participant], images, random)
        for s in series.plan(of, participants, each)
    ]


def table(played: list[list[Answer]], role: str) -> pd.DataFrame:
    found = pd.DataFrame([each for own in played for each in own])
    return found[(found["role"] == role) & ~found["practice"]]


def regression(found: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Fit a logistic regression; return the interval of each coefficient, at 99.9 %."""
    design = sm.add_constant(found[[*names]].astype(float))
    fitted = sm.GLM(found["correct"].astype(float), design, family=sm.families.Binomial()).fit()
    return pd.DataFrame(fitted.conf_int(alpha=0.001))


@pytest.fixture(scope="module")
def game() -> list[list[Answer]]:
    """Answers of people who don't differ, in the memory game."""
    of = experiment(MemoryGame(most_series=5))
    return play(of, 20, 5, replace(ALONE, slope=5.0))


def test_the_planted_slope_and_the_decay_with_lag_are_in_the_answers(
    game: list[list[Answer]],
) -> None:
    hits = table(game, "repeat")
    hits = hits.assign(longer=np.log((hits["lag"].astype(float) + 1) / 81))
    found = regression(hits, "alpha", "longer")
    assert len(hits) == 6000
    for name, truth in (("alpha", 5.0), ("longer", -0.15), ("const", 0.6)):
        assert found.loc[name, 0] < truth < found.loc[name, 1]
    assert found.loc["alpha", 1] - found.loc["alpha", 0] < 2.8


def test_other_presses_are_as_frequent_as_the_model_says(game: list[list[Answer]]) -> None:
    for role, rate in (("filler", 0.076), ("target", 0.076), ("vigilance_repeat", 0.95)):
        pressed = table(game, role)["answer"] == "old"
        assert pressed.mean() == pytest.approx(rate, abs=4 * np.sqrt(rate * 0.1 / len(pressed)))


def test_response_times_are_ex_gaussian_and_end_before_the_next_image(
    game: list[list[Answer]],
) -> None:
    hits, mistakes = (table(game, role).dropna(subset="rt")["rt"] for role in ("repeat", "filler"))
    assert hits.between(150, 1390).all()
    assert hits.mean() == pytest.approx(650, abs=10)
    assert hits.std() == pytest.approx(np.hypot(50, 150), abs=12)
    assert hits.skew() > 1
    assert mistakes.mean() - hits.mean() == pytest.approx(60, abs=30)
    silent = [each for own in game for each in own if each.answer == "new"]
    assert all(each.rt is None for each in silent)


def test_participants_and_images_differ_as_much_as_the_model_says() -> None:
    of = experiment(MemoryGame(most_series=2), targets=600)
    random = np.random.default_rng(1)
    drawn = [simulate.person(MODELS["memory-game"], random) for _ in range(2000)]
    assert np.std([each.memory for each in drawn]) == pytest.approx(0.8, abs=0.05)
    assert np.std([each.bias for each in drawn]) == pytest.approx(0.6, abs=0.04)
    effects = simulate.effects(of, MODELS["memory-game"], random)
    assert len(effects) == 3000
    assert np.std([*effects.values()]) == pytest.approx(0.6, abs=0.03)


def test_choices_are_correct_as_often_as_the_model_says() -> None:
    of = experiment(ForcedChoice(most_series=4))
    played = play(of, 15, 4, replace(ALONE, intercept=1.2, slope=-2.0))
    found = regression(table(played, "target"), "alpha")
    assert found.loc["alpha", 0] < -2 < found.loc["alpha", 1]
    assert found.loc["const", 0] < 1.2 < found.loc["const", 1]
    assert table(played, "vigilance")["correct"].mean() == pytest.approx(0.95, abs=0.025)
    sides = table(played, "target")["answer"].value_counts(normalize=True)
    assert sides["left"] == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("settings", [MemoryGame(most_series=1), ForcedChoice(most_series=1)])
def test_the_attentive_pass_and_the_odd_are_blocked(settings: Settings) -> None:
    of, model = experiment(settings), MODELS[settings.kind]

    def passed(behaviour: Behaviour) -> float:
        played = play(of, 20, 1, model, behaviour)
        return float(np.mean([answers.judge(settings, own).valid for own in played]))

    assert passed("attentive") >= 0.9
    assert passed("never") == 0
    # Half of the pairs have the generated image on the left.
    assert passed("always") <= 0.3


def test_who_always_presses_presses_at_every_image() -> None:
    of = experiment(MemoryGame(most_series=1))
    for behaviour, given in (("always", {"old"}), ("never", {"new"})):
        (own,) = play(of, 1, 1, Model(), behaviour)  # type: ignore[arg-type]
        assert {each.answer for each in own} == given


def test_the_same_random_numbers_give_the_same_answers() -> None:
    of = experiment(MemoryGame(most_series=1))
    made = series.make(of, 0, 0)

    def own(change: Callable[[Model], Model]) -> list[Answer]:
        model = change(Model())
        return simulate.play(of, made, "p", model, Person(), {}, np.random.default_rng(3))

    assert own(lambda model: model) == own(lambda model: model)
    # Each trial has random numbers of its own: a slope changes nothing but the hits.
    changed = own(lambda model: replace(model, slope=30.0))
    for one, other in zip(own(lambda model: model), changed, strict=True):
        assert one == other or (one.role == "repeat" and one.alpha != 0)
    assert {each.alpha for each in changed} == {*ALPHAS}


@pytest.mark.parametrize("same", [True, False])
def test_an_image_without_a_score_is_remembered_as_the_usual_one(same: bool) -> None:
    of = experiment(MemoryGame(targets=4, most_series=1), alphas=(0.0,))
    tested = sorted({each.key for each in of.images.values() if each.set == "targets"})
    scores = pd.DataFrame({"image": tested, "alpha": 0.0, "score": [0.5, None, 0.9, 0.7]})
    if same:
        scores["score"] = 0.5
    effects = simulate.following(of, scores, 2.0)
    by_key = {of.images[token].key: effect for token, effect in effects.items()}
    found = [by_key[key] for key in tested]
    top = 2 * np.sqrt(1.5)
    np.testing.assert_allclose(found, [0] * 4 if same else [-top, 0, top, 0], atol=1e-9)
