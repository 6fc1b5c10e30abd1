"""No table hides that it rests on answers of simulated participants."""

from types import ModuleType

import pytest
from tests.support.answers import memory_game

from mnemo.results.people import consistency, human_models, memorability, participants, rates

MEASURED: tuple[ModuleType, ...] = (
    consistency,
    human_models,
    memorability,
    participants,
    rates,
)


@pytest.mark.parametrize("analysis", MEASURED, ids=lambda each: each.__name__.split(".")[-1])
def test_rows_with_any_answer_of_a_simulated_participant_say_so(analysis: ModuleType) -> None:
    trials = memory_game(seed=1, participants=6, seeds=30, targets=30)
    simulated = trials["participant"] == "p000"
    mixed = analysis.measure(trials.assign(simulated=simulated))
    if analysis is participants:
        assert mixed.loc[mixed["simulated"], "participant"].tolist() == ["p000"]
    elif "image" in mixed:
        seen = trials[simulated & trials["role"].isin(["target", "repeat"])]
        told = mixed[mixed["simulated"]]
        assert set(zip(told["image"], told["alpha"], strict=True)) == set(
            zip(seen["image"], seen["alpha"], strict=True)
        )
        assert not mixed["simulated"].all()
    else:
        assert mixed["simulated"].all()
    assert not analysis.measure(trials.assign(simulated=False))["simulated"].any()
