"""Four hundred participants, fifty at a time, on either database: all is as if they came singly."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest
import sqlalchemy as sa
from tests.support.served import GAME, export

from mnemo.experiment import checker
from mnemo.experiment.answers import Answer
from mnemo.experiment.server import dealing, players, served
from mnemo.experiment.server import export as exporting
from mnemo.experiment.server.database import SERIES
from mnemo.experiment.server.export import Tables
from mnemo.experiment.server.players import Played
from mnemo.experiment.server.served import Served
from mnemo.experiment.simulate import MODELS
from mnemo.results.people import human_models
from mnemo.results.people.trials import analysed

PEOPLE, AT_ONCE = 400, 50
#: What would bend the relation to alpha is left out: answers at random, and forgetting by lag.
MODEL = replace(MODELS["memory-game"], slope=5.0, lapse=0.0, decay=0.0)
#: An interval misses the truth once in ten thousand times: the order of arrivals, and with it the
#: answers, differ from run to run.
CONFIDENCE = 0.9999


class Crowd(NamedTuple):
    """What a crowd did, and what is stored of it."""

    site: Served
    played: Played
    sent: list[Answer]
    series: list[Any]
    exported: Tables


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("crowd") / "experiment"
    export(place)
    return place


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def crowd(
    request: pytest.FixtureRequest, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Crowd]:
    url = None
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql").create()
    data = tmp_path_factory.mktemp("answers")
    sent: list[Answer] = []
    played = players.simulate(
        folder,
        participants=PEOPLE,
        series=1,
        model=MODEL,
        at_once=AT_ONCE,
        data=data,
        database=url,
        sent=sent.extend,
    )
    site = served.serve(folder, data=data, url=url)
    with site.database.reading() as connection:
        rows = list(connection.execute(sa.select(SERIES)))
    yield Crowd(site, played, sent, rows, exporting.collect(site.experiment, site.database))
    site.database.close()


def test_no_answer_is_lost_none_is_there_twice_and_each_is_the_one_that_was_sent(
    crowd: Crowd,
) -> None:
    place = ["participant", "series", "trial"]
    columns = [name for name in Answer._fields if name != "token"]
    expected = pd.DataFrame(crowd.sent).sort_values(place, ignore_index=True)[columns]
    found = crowd.exported.trials.to_pandas()[columns]
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)
    assert len(found) == PEOPLE * (GAME.practice + GAME.length) == crowd.played.answers
    assert not any(row.refused for row in crowd.series)


def test_everybody_is_dealt_one_series_and_nobody_that_of_another(crowd: Crowd) -> None:
    dealt = [(row.participant, row.number) for row in crowd.series]
    assert sorted(dealt) == [(participant, 0) for participant in range(PEOPLE)]
    assert {row.state for row in crowd.series} == {"finished"}
    orders = {str(row.plan["trials"]) for row in crowd.series}
    assert len(orders) == PEOPLE


def test_no_constraint_of_the_design_is_broken(crowd: Crowd) -> None:
    checker.check(
        crowd.site.experiment,
        [dealing.planned(row.participant, row.number, row.plan) for row in crowd.series],
    )


def test_alphas_and_images_have_equally_many_answers(crowd: Crowd) -> None:
    images = crowd.site.experiment.images
    targets = Counter({token: 0 for token, each in images.items() if each.set == "targets"})
    targets.update(
        trial["image"]
        for row in crowd.series
        if row.valid
        for trial in row.plan["trials"]
        if trial["role"] == "target"
    )
    alphas: Counter[float | None] = Counter()
    for token, count in targets.items():
        alphas[images[token].alpha] += count
    assert len(set(alphas.values())) == 1
    assert max(targets.values()) - min(targets.values()) <= 2


def test_the_planted_slope_lies_in_the_interval_that_is_found(crowd: Crowd) -> None:
    trials, series = (
        getattr(crowd.exported, name).to_pandas() for name in ("trials", "participants")
    )
    (row,) = human_models.measure(analysed(trials, series), confidence=CONFIDENCE).to_dict(
        "records"
    )
    assert 0 < row["low"] < MODEL.slope < row["high"] < 2 * MODEL.slope
