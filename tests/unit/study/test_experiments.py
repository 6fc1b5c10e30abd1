"""A study's experiments with people: what they show, and what is said of a mistake."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest
import yaml
from tests.support.paths import ROOT

from mnemo.errors import MnemoError
from mnemo.results.registry import PEOPLE, RESULTS
from mnemo.study import experiments, folder
from mnemo.study.config import Config
from mnemo.study.mistakes import checked
from mnemo.study.params import Params
from mnemo.study.paths import OF_EXPERIMENTS, OF_GAMES, Paths
from mnemo.study.people import People

SHORT = {"targets": 5, "fillers": 20, "vigilance": 4, "lag": [4, 20], "most_series": 2}
GAME = {"kind": "memory-game", "edit": "memorable", "settings": SHORT}
CHOICE = {
    "kind": "forced-choice",
    "edit": "memorable",
    "settings": {"targets": 8, "vigilance": 2, "practice": 4, "most_series": 1},
    "photographs": "photographs",
}
SIMULATED = {"participants": 3, "slope": 0.5}
OF_GAME = SimpleNamespace(experiment="game")


def raw(**changes: Any) -> dict[str, Any]:
    """The tiny study, with experiments and their images."""
    study = yaml.safe_load((ROOT / "tests/data/study.yaml").read_text())
    study |= {"experiments": {"game": GAME, "choice": CHOICE}, **changes}
    study["sets"]["fillers"] = {"count": 60}
    if "choice" in study["experiments"]:
        study["sets"]["vigilance"] = {"count": 2, "truncation_psi": 2}
    return study


def study(**changes: Any) -> Config:
    return checked(raw(**changes))


def of(own: Config) -> People:
    return People(own, Paths(own))


def answers(own: Config) -> str:
    return of(own).answers(OF_GAME)


def mistakes(given: dict[str, Any]) -> str:
    with pytest.raises(MnemoError) as told:
        checked(given)
    return str(told.value)


def test_the_study_beside_the_results_is_the_same_study() -> None:
    own = study(experiments={"game": {**GAME, "simulated": SIMULATED}})
    assert checked(own.model_dump(mode="json")) == own
    jsonschema.validate(raw(), Config.model_json_schema())


def test_a_study_without_experiments_says_nothing_of_them() -> None:
    without = checked(yaml.safe_load((ROOT / "tests/data/study.yaml").read_text())).model_dump()
    assert not {"experiments", "fillers", "vigilance"} & {*without, *without["sets"]}


def test_settings_that_are_not_given_are_the_papers() -> None:
    design = study().experiments["game"].design
    assert (design.targets, design.lag, design.image_ms) == (5, (4, 20), 600)


def test_fillers_are_edited_as_the_targets_are_and_easy_images_are_not() -> None:
    own = study()
    assert experiments.stimuli(own, "game") == {
        "targets": ["eval/memorable/0", "eval/memorable/3"],
        "fillers": ["fillers/memorable/0", "fillers/memorable/3"],
        "vigilance": [],
    }
    assert experiments.stimuli(own, "choice")["vigilance"] == ["vigilance"]
    far = study(experiments={"choice": {**CHOICE, "vigilance_alpha": 30, "alphas": [3]}})
    assert experiments.stimuli(far, "choice")["vigilance"] == ["vigilance/memorable/30"]
    assert experiments.stimuli(far, "choice")["targets"] == ["eval/memorable/3"]


def test_only_a_study_with_answers_has_tables_of_them() -> None:
    tables = {*OF_EXPERIMENTS, *OF_GAMES}
    assert not tables & {*Paths(study()).tables}
    games = study(experiments={"game": {**GAME, "simulated": SIMULATED}})
    assert tables <= {*Paths(games).tables}
    choices = study(experiments={"choice": {**CHOICE, "answers": "answers"}})
    assert tables & {*Paths(choices).tables} == {*OF_EXPERIMENTS}


def test_answers_are_those_that_were_exported_or_simulated(tmp_path: Path) -> None:
    given = {**GAME, "answers": str(tmp_path)}
    exported = study(experiments={"game": given})
    assert answers(exported) == str(tmp_path / "trials.parquet")
    with pytest.raises(MnemoError, match=r"trials\.parquet \(experiments\.game\.answers\)"):
        folder.check_files(exported)
    simulated = study(experiments={"game": {**GAME, "simulated": SIMULATED}})
    assert answers(simulated) == "<results>/people/game/simulated.parquet"


def test_the_analysis_may_exclude_others_than_the_experiment_blocked() -> None:
    own = study(experiments={"game": {**GAME, "exclude": {"most_missed": 0.4}}})
    people = of(own)
    assert people.key("limits")(OF_GAME) == {"most_missed": 0.4}
    # What participants see is the same, so that it is no other experiment.
    assert people.settings(OF_GAME) == of(study()).settings(OF_GAME)
    assert people.settings(OF_GAME)["most_missed"] == 0.55


def test_photographs_must_be_there(tmp_path: Path) -> None:
    absent = study(experiments={"choice": {**CHOICE, "photographs": str(tmp_path / "none")}})
    with pytest.raises(MnemoError, match=r"experiments\.choice\.photographs: .*none is not there"):
        folder.check_files(absent)


def test_photographs_that_are_too_few_are_told_before_any_work_starts(tmp_path: Path) -> None:
    few = study(experiments={"choice": {**CHOICE, "photographs": str(tmp_path)}})
    # Of 8 targets, 2 vigilance images and 4 of the practice, each is beside another photograph.
    for number in range(13):
        (tmp_path / f"{number}.jpg").touch()
    with pytest.raises(MnemoError, match=r"has 13 pictures, .* 14 generated images.*: add 1, or"):
        folder.check_files(few)
    (tmp_path / "13.jpg").touch()
    folder.check_files(few)


@pytest.mark.parametrize("table", [name for name, each in RESULTS.items() if each.title])
def test_results_on_simulated_answers_say_so_in_their_title(table: str) -> None:
    of_table = SimpleNamespace(table=table)
    simulated = study(experiments={"game": {**GAME, "simulated": SIMULATED}})
    said = Params(simulated).labels_of_table(of_table)["result"].startswith("SIMULATED ANSWERS")
    assert said == (RESULTS[table].category == PEOPLE)
    rated = yaml.safe_load((ROOT / "tests/data/study.yaml").read_text())
    rated["assessors"].append({"name": "people", "ratings": "ratings.csv", "simulated": True})
    said = Params(checked(rated)).labels_of_table(of_table)["result"]
    assert said.startswith("SIMULATED ANSWERS")


@pytest.mark.parametrize(
    ("name", "changes", "told"),
    [
        (
            "game",
            {"edit": "none"},
            "experiments.game.edit: 'none': the study's edits are memorable",
        ),
        ("game", {"alphas": [0, 2]}, "experiments.game.alphas: [2.0]: the edit memorable has 0, 3"),
        ("game", {"settings": {"target": 5}}, "settings: the memory-game has no target; known: "),
        ("game", {"settings": {**SHORT, "lag": [20, 4]}}, "lag must be from 0 up, the smaller"),
        ("game", {"settings": {**SHORT, "targets": "many"}}, "targets"),
        (
            "game",
            {"settings": {**SHORT, "vigilance": True}},
            "settings: vigilance: true and false are not allowed here",
        ),
        ("game", {"settings": {**SHORT, "vigilance_lag": [True, 3]}}, "a valid integer"),
        ("game", {"alphas": [3, 0, 3]}, "experiments.game.alphas: [3, 0, 3]: given twice: 3.0"),
        (
            "choice",
            {"vigilance_alpha": 1e300},
            "experiments.choice.vigilance_alpha: 1e+300: must be from -1000 to 1000",
        ),
        ("choice", {"vigilance_alpha": 0.1234567}, "at most 6 decimals"),
        (
            "game",
            {"settings": {**SHORT, "most_series": 3}},
            "sets.eval.count: 10: needs 15 images, so that a participant sees none twice in "
            "most_series = 3 series",
        ),
        ("game", {"photographs": "folder"}, "a forced choice needs photographs"),
        ("game", {"vigilance_alpha": 3}, "vigilance_alpha is for a forced choice"),
        (
            "game",
            {"answers": "answers", "simulated": SIMULATED},
            "give either answers or simulated",
        ),
        ("game", {"simulated": {**SIMULATED, "series": 3}}, "series 3 is above most_series 2"),
        (
            "game",
            {"simulated": {**SIMULATED, "assessor": "none"}},
            "experiments.game.simulated.assessor: 'none': the study's assessors are resmem",
        ),
        ("choice", {"photographs": None}, "a forced choice needs photographs"),
        ("choice", {"exclude": {"most_missed": 0.4}}, "the forced-choice has no most_missed"),
    ],
)
def test_a_mistake_in_an_experiment_is_told(name: str, changes: dict[str, Any], told: str) -> None:
    given = raw()
    given["experiments"] = {**given["experiments"], name: {**given["experiments"][name], **changes}}
    assert told in mistakes(given)


def test_a_game_whose_images_have_no_order_is_told_before_they_are_made() -> None:
    of(study()).check_orders()
    tight = {**SHORT, "fillers": 0, "vigilance": 0, "lag": [4, 4], "longest_run": 1}
    impossible = study(experiments={"game": {**GAME, "settings": tight}})
    with pytest.raises(MnemoError, match=r"experiments\.game\.settings: "):
        of(impossible).check_orders()


def test_images_that_are_needed_must_be_there_and_others_not() -> None:
    given = raw()
    del given["sets"]["fillers"]
    assert "sets.fillers.count: 0: needs" in mistakes(given)
    given = raw(experiments={"game": GAME})
    given["sets"]["vigilance"] = {"count": 2}
    games = mistakes(given)
    assert "sets.vigilance: 2: no experiment shows them: leave it out" in games


def test_results_on_people_need_their_experiments_exported_as_the_study_is_now() -> None:
    own = study(experiments={"game": {**GAME, "simulated": SIMULATED}, "choice": CHOICE})
    people = People(own, Paths(own))
    assert "<results>/people/game/exported" in people.results
    assert "<results>/people/choice/exported" not in people.results
    assert {"<results>/people/game/exported", "<results>/people/choice/exported"} <= {
        *people.folders
    }
    without = study(experiments={"game": GAME, "choice": CHOICE})
    assert not People(without, Paths(without)).results
