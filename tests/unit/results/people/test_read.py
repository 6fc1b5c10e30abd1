"""Answers that a study takes back: those of its own experiment, as they were exported."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.support.experiments import SHORT, experiment

from mnemo import tables
from mnemo.errors import MnemoError
from mnemo.experiment import simulate
from mnemo.experiment.series import plan
from mnemo.results.people import trials
from mnemo.tables import Provenance

GAME = replace(experiment(replace(SHORT, most_series=1)), name="game", digest="abc", demo=True)


@pytest.fixture(scope="module")
def answers() -> pd.DataFrame:
    random = np.random.default_rng(0)
    model = simulate.Model()
    given = [
        each
        for made in plan(GAME, 2, 1)
        for each in simulate.play(
            GAME, made, f"p{made.participant}", model, simulate.person(model, random), {}, random
        )
    ]
    named = {"experiment": "game", "kind": "memory-game", "simulated": True}
    return pd.DataFrame(given).assign(**named).astype({"lag": "Int64"})


def written(folder: Path, answers: pd.DataFrame, digest: str = "abc") -> Path:
    path = folder / "trials.parquet"
    told = {**trials.TRIALS.metadata, trials.DIGEST.encode(): digest.encode()}
    provenance = Provenance("study", "export", {}, {})
    tables.write(path, trials.TRIALS.with_metadata(told), answers, provenance)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(MnemoError) as told:
        trials.read(path, GAME, "experiment.json")
    return str(told.value)


def test_answers_are_read_as_they_were_exported(tmp_path: Path, answers: pd.DataFrame) -> None:
    found = trials.read(written(tmp_path, answers), GAME, "experiment.json")
    assert len(found) == len(answers) == 2 * (SHORT.length + SHORT.practice)
    assert found["correct"].tolist() == answers["correct"].tolist()


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (
            lambda given: pd.concat([given, given[3:5]]),
            "2 trials are there again, such as trial 3 ",
        ),
        (lambda given: given.assign(alpha=given["alpha"] + 1), "images are none of the experiment"),
        (lambda given: given.assign(image="other"), "such as other at alpha"),
        (lambda given: given.assign(edit=None), "of the edit None"),
        (lambda given: given.assign(experiment="one"), "experiment has one, and should have game"),
        (lambda given: given.assign(correct=~given["correct"]), "not as right or wrong as"),
        (lambda given: given[:0], "has no answers"),
    ],
)
def test_answers_that_were_changed_after_their_export_are_refused(
    tmp_path: Path,
    answers: pd.DataFrame,
    edit: Callable[[pd.DataFrame], pd.DataFrame],
    told: str,
) -> None:
    assert told in refusal(written(tmp_path, edit(answers)))


def test_answers_without_what_makes_them_answers_are_refused(
    tmp_path: Path, answers: pd.DataFrame
) -> None:
    given = tables.read(written(tmp_path, answers))
    loose = {field: given[field] for field in given.column_names}
    loose["correct"] = [None, *given["correct"].to_pylist()[1:]]
    tables.pq.write_table(tables.pa.table(loose, metadata=given.schema.metadata), tmp_path / "one")
    assert "field 'correct' with null values" in refusal(tmp_path / "one")
    tables.pq.write_table(given.drop(["rt"]), tmp_path / "two")
    assert "two has no column rt. Export the answers again" in refusal(tmp_path / "two")


def test_damaged_answers_are_to_be_exported_again_and_not_deleted(
    tmp_path: Path, answers: pd.DataFrame
) -> None:
    path = written(tmp_path, answers)
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + bytes(300) + whole[400:])
    told = refusal(path)
    assert "is damaged or truncated" in told
    assert "Export the answers again" in told
    assert "Delete" not in told
    path.write_bytes(whole[:-10])
    assert "is no file of answers" in refusal(path)


def test_simulated_answers_are_no_answers_of_people(tmp_path: Path, answers: pd.DataFrame) -> None:
    real = replace(GAME, demo=False)
    with pytest.raises(MnemoError, match="80 answers are simulated, and"):
        trials.read(written(tmp_path, answers), real, "experiment.json")
    found = trials.read(written(tmp_path, answers.assign(simulated=False)), real, "")
    assert not found["simulated"].any()
