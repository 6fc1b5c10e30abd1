"""Experiments with people: from an edit to a folder that is served, and from answers to tables."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from mnemo import tables
from mnemo.plan import jobs
from mnemo.study.mistakes import checked
from tests.support.checkout import Checkout

#: The columns that downstream code relies on.
RELIED_ON = {
    "trials": "participant series trial image seed alpha role lag answer correct rt shown_ms",
    "participants": "participant series excluded reason",
    "memorability": "image alpha hits misses false_alarms hit_rate false_alarm_rate corrected "
    "d_prime n",
    "human_rates": "experiment edit measure alpha rate rate_low rate_high",
    "human_models": "model predictor slope low high p tjur tjur_fixed n_answers n_participants "
    "n_images",
    "consistency": "experiment edit n_images consistency consistency_low consistency_high",
}
SIMULATED = {"participants": 40, "slope": 0.8, "inattentive": 0.1}
STUDY: dict[str, Any] = {
    "sets": {"fillers": {"count": 40}, "vigilance": {"count": 2, "truncation_psi": 2}},
    "experiments": {
        "game": {
            "kind": "memory-game",
            "edit": "memorable",
            "settings": {
                "targets": 10,
                "fillers": 12,
                "vigilance": 6,
                "lag": [4, 24],
                "practice_fillers": 2,
                "practice_vigilance": 2,
                "most_series": 1,
            },
            "simulated": SIMULATED,
        },
        "choice": {
            "kind": "forced-choice",
            "edit": "memorable",
            "settings": {"targets": 10, "vigilance": 2, "practice": 2, "most_series": 1},
            "photographs": "photographs",
            "simulated": SIMULATED,
        },
    },
}
FILES = ["--configfile", "tests/data/study.yaml", "experiments.yaml"]


def photographs(folder: Path) -> None:
    """Write pictures of noise, as which a photograph of any size may come."""
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(14):
        pixels = random.integers(0, 256, (70 + number, 90, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")


def test_people_answer_what_an_edit_shows_and_the_study_takes_the_answers(rerun: Checkout) -> None:
    photographs(rerun.path / "photographs")
    (rerun.path / "experiments.yaml").write_text(yaml.safe_dump(STUDY))
    planned = rerun.plan("analyse", *FILES).jobs
    assert not {"score_images", "fit_hyperplane"} & set(planned)
    raw = yaml.safe_load((rerun.path / "tests/data/study.yaml").read_text())
    sets = {**raw["sets"], **STUDY["sets"]}
    own = [
        job
        for job in jobs.of_study(checked({**raw, **STUDY, "sets": sets}))
        if "fillers" in job.output or "vigilance" in job.output or "people" in job.output
    ]
    assert {job.output.removesuffix(".parquet") for job in own} <= {
        path.removesuffix(".parquet") for paths in planned.values() for path in paths
    }

    rerun.run("experiment", "analyse", *FILES)
    results = rerun.results()
    found = {name: tables.read(results / f"{name}.parquet").to_pandas() for name in RELIED_ON}
    for name, columns in RELIED_ON.items():
        assert set(columns.split()) <= set(found[name].columns), name
        assert found[name]["simulated"].all()
    # Everybody answered every trial once, in a series of the design.
    trials = found["trials"]
    key = ["experiment", "participant", "series", "trial"]
    assert not trials.duplicated(key).any()
    counted = trials[~trials["practice"]]
    lengths = counted.groupby(["experiment", "participant"]).size()
    assert (lengths["game"] == 44).all()
    assert (lengths["choice"] == 12).all()
    assert len(lengths) == 80
    # Nobody saw two edits of an image, and the practice had images of its own.
    shown = trials.groupby(["experiment", "participant", "image"])["alpha"].nunique(dropna=False)
    assert (shown == 1).all()
    # Those who pressed always or never don't count.
    judged = found["participants"]
    assert 4 <= judged["excluded"].sum() < 40
    # The planted slope lies in the interval.
    models = found["human_models"].set_index(["experiment", "predictor", "answers"])
    hits = models.loc[("game", "alpha", "all")]
    assert hits["low"] < 0.8 < hits["high"]
    assert hits["n_participants"] < 40
    assert {"brightness", "contrast"} <= set(models.loc["game"].index.get_level_values(0))
    memorability = found["memorability"]
    assert set(memorability["alpha"]) == {0.0, 3.0}
    assert (memorability["hits"] + memorability["misses"] == memorability["n"]).all()
    rates = found["human_rates"].set_index(["experiment", "measure", "alpha"])["rate"]
    assert rates["game", "hit_rate", 3.0] > rates["game", "hit_rate", 0.0]
    for page in ("human_rates", "human_models", "consistency"):
        text = (results / f"pages/{page}.html").read_text()
        assert "SIMULATED ANSWERS: no person gave them." in text
    assert (results / "figures/human_rates.svg").is_file()

    _answers_must_be_of_the_experiment(rerun, trials)


def _answers_must_be_of_the_experiment(rerun: Checkout, trials: pd.DataFrame) -> None:
    """Answers are those of people, unless they are of another experiment or none at all."""
    simulated = rerun.results() / "people/game/simulated.parquet"
    answers = rerun.path / "answers.parquet"
    answers.write_bytes(simulated.read_bytes())
    of_people = json.loads(json.dumps(STUDY))
    del of_people["experiments"]["choice"], of_people["sets"]["vigilance"]
    game = of_people["experiments"]["game"]
    del game["simulated"]
    game["answers"] = "answers.parquet"
    path = rerun.path / "experiments.yaml"
    path.write_text(yaml.safe_dump(of_people))
    # It is no demonstration any more, so that it is another experiment.
    told = rerun.run("analyse", *FILES, fails=True)
    assert "answers.parquet has answers to another experiment than" in told

    # What has answers is not written over.
    folder = rerun.results() / "experiments/game"
    before = (folder / "experiment.json").read_bytes()
    (folder / "answers").mkdir()
    game["seed"] = 1
    path.write_text(yaml.safe_dump(of_people))
    for _ in range(2):
        told = rerun.run("experiment", *FILES, fails=True)
        assert "holds another experiment, and" in told
    assert (folder / "experiment.json").read_bytes() == before
    assert (folder / "answers").is_dir()


@pytest.mark.parametrize("stage", ["experiment", "analyse"])
def test_a_study_without_experiments_says_what_to_give(checkout: Checkout, stage: str) -> None:
    told = checkout.run(stage, "--configfile", "tests/data/study.yaml", fails=True)
    assert "experiments" in told
