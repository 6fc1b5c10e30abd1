"""Where an experiment stands: participants, series, answers, and how many there are per image."""

from collections import Counter, defaultdict
from statistics import median
from typing import Any, NamedTuple

import sqlalchemy as sa

from mnemo.experiment.server import dealing
from mnemo.experiment.server.database import ANSWERS, PARTICIPANTS, SERIES, now
from mnemo.experiment.server.served import Served
from mnemo.experiment.server.store import EXPIRES
from mnemo.experiment.stimuli import Condition

#: Minutes over which the rate of answers is measured.
RECENT = 10


_WAY = (
    *("reading", "declined", "between series", "playing", "away"),
    *("all series played", "blocked", "withdrawn"),
)


class Coverage(NamedTuple):
    """Answers to the targets of one condition, in valid series.

    Attributes:
        condition: The edit and alpha.
        images: Number of targets.
        fewest: Answers to the target that has the fewest.
        median: Answers to half of the targets, at most.
        most: Answers to the target that has the most.
    """

    condition: Condition
    images: int
    fewest: int
    median: float
    most: int


class Overview(NamedTuple):
    """Where an experiment stands.

    Attributes:
        participants: Number of participants by what they do now, in the order of their way
            through the experiment.
        sources: Number of participants by where they came from.
        series: Number of series by state; those that are excluded by reason.
        answers: Number of answers, of practice and of excluded series too.
        rate: Answers in a minute, over the last `RECENT` minutes.
        silent: Seconds since a browser was last heard of in a series; None if none ever was.
        coverage: Answers per target, by condition.
    """

    participants: dict[str, int]
    sources: dict[str, int]
    series: dict[str, int]
    answers: int
    rate: float
    silent: float | None
    coverage: list[Coverage]


def overview(served: Served) -> Overview:
    """Tell where an experiment stands.

    Args:
        served: The experiment.

    Returns:
        The overview, as of one moment.
    """
    time = now()
    with served.database.reading(as_of_one_moment=True) as connection:
        people = connection.execute(
            sa.select(
                PARTICIPANTS.c.number,
                PARTICIPANTS.c.source,
                PARTICIPANTS.c.consented_at,
                PARTICIPANTS.c.declined_at,
                PARTICIPANTS.c.withdrawn_at,
            )
        ).all()
        rows = connection.execute(
            sa.select(
                SERIES.c.participant,
                SERIES.c.state,
                SERIES.c.valid,
                SERIES.c.reason,
                SERIES.c.heard_at,
            )
        ).all()
        answers = sa.select(sa.func.count()).select_from(ANSWERS)
        recent = answers.where(ANSWERS.c.received_at > time - 60 * RECENT)
        total, lately = (connection.execute(each).scalar_one() for each in (answers, recent))
        counted = dealing.counts(connection)
    own = defaultdict(list)
    for row in rows:
        own[row.participant].append(row)
    return Overview(
        participants=_counted(
            _WAY,
            [_does(served, each, own[each.number], time) for each in people],
        ),
        sources=dict(Counter(each.source for each in people)),
        series=_counted(("valid", "running", "interrupted"), [_went(row, time) for row in rows]),
        answers=total,
        rate=lately / RECENT,
        silent=time - max(row.heard_at for row in rows) if rows else None,
        coverage=_coverage(served, counted),
    )


def _does(served: Served, participant: Any, series: list[Any], time: float) -> str:
    """Say what a participant does now."""
    if participant.withdrawn_at is not None:
        return "withdrawn"
    if any(each.state == "finished" and not each.valid for each in series):
        return "blocked"
    if any(each.state == "running" for each in series):
        heard = max(each.heard_at for each in series)
        return "playing" if time - heard < EXPIRES else "away"
    if len(series) >= served.experiment.settings.most_series:
        return "all series played"
    if participant.declined_at is not None:
        return "declined"
    return "reading" if participant.consented_at is None else "between series"


def _went(series: Any, time: float) -> str:
    """Say how a series went."""
    if series.state != "finished":
        # One that has not been heard of for long will not be finished.
        silent = time - series.heard_at > EXPIRES
        return "interrupted" if silent else str(series.state)
    return "valid" if series.valid else f"excluded: {series.reason}"


def _counted(names: tuple[str, ...], found: list[str]) -> dict[str, int]:
    """Count words: some that are always told, and any others that are found."""
    counts = Counter(found)
    return {name: counts[name] for name in (*names, *sorted(counts.keys() - {*names}))}


def _coverage(served: Served, counts: dict[str, int]) -> list[Coverage]:
    pool = served.experiment.pools["targets"]
    found = []
    for column, condition in enumerate(pool.conditions):
        each = [counts.get(token, 0) for token in pool.tokens[:, column].tolist()]
        found.append(Coverage(condition, len(each), min(each), median(each), max(each)))
    return found
