"""Answers: storing each once, and judging a series when all are there."""

from typing import Any, NamedTuple

import sqlalchemy as sa

from mnemo.experiment import answers as judging
from mnemo.experiment.answers import Answer, Verdict
from mnemo.experiment.server.database import ANSWERS, EVENTS, SERIES, now
from mnemo.experiment.server.dealing import planned
from mnemo.experiment.server.protocol import Answers
from mnemo.experiment.server.refusals import RefusedError
from mnemo.experiment.server.served import Served
from mnemo.experiment.settings import MemoryGame


class Receipt(NamedTuple):
    """What of a series is stored.

    Attributes:
        received: Largest trial up to which all are stored; -1 for none.
        events: Largest number of an event up to which all are stored; -1 for none.
        closed: Whether the series was given up for another one.
    """

    received: int
    events: int
    closed: bool


class Result(NamedTuple):
    """How a series went.

    Attributes:
        verdict: Whether it is valid.
        score: What the participant is told of the answers, as shares.
    """

    verdict: Verdict
    score: dict[str, float | None]


def receive(served: Served, participant: int, sent: Answers) -> Receipt:
    """Store answers; those that are stored already stay as they are.

    Args:
        served: The experiment.
        participant: Number of the participant who sent them.
        sent: The answers.

    Returns:
        What is stored now; it is on the disk.

    Raises:
        RefusedError: The series is not the participant's, or the answers can't be of it; none is
            stored.
    """
    with served.database.writing() as connection:
        series = _own(connection, participant, sent.series)
        _check(served, series.trials, sent)
        time = now()
        rows = [
            {**each.model_dump(), "series": series.id, "received_at": time} for each in sent.answers
        ]
        # Rows as parameters: a statement that names each value takes longer to write than to run.
        if rows:
            connection.execute(served.database.insert(ANSWERS), rows)
        if sent.events:
            connection.execute(
                served.database.insert(EVENTS),
                [{**each.model_dump(), "series": series.id} for each in sent.events],
            )
        refused = _different(connection, series.id, sent)
        connection.execute(
            sa.update(SERIES)
            .where(SERIES.c.id == series.id)
            .values(heard_at=time, refused=SERIES.c.refused + refused)
        )
        return Receipt(
            _contiguous(connection, ANSWERS.c.trial, series.id),
            _contiguous(connection, EVENTS.c.seq, series.id),
            series.state == "interrupted",
        )


def finish(served: Served, participant: int, token: str) -> Result:
    """Judge a series whose answers are all stored.

    A series that was answered to its end is finished, however late that is known.

    Args:
        served: The experiment.
        participant: Number of the participant.
        token: Token of the series.

    Returns:
        How it went.

    Raises:
        RefusedError: The series is not the participant's, or answers are missing.
    """
    with served.database.writing() as connection:
        series = _own(connection, participant, token)
        received = _contiguous(connection, ANSWERS.c.trial, series.id)
        if received < series.trials - 1:
            raise RefusedError(
                "closed" if series.state == "interrupted" else "incomplete", received=received
            )
        given = described(served, connection, series, str(participant))
        verdict = judging.judge(served.experiment.settings, given)
        if series.state != "finished":
            connection.execute(
                sa.update(SERIES)
                .where(SERIES.c.id == series.id)
                .values(
                    state="finished",
                    valid=verdict.valid,
                    reason=verdict.reason,
                    finished_at=now(),
                    heard_at=now(),
                )
            )
    return Result(verdict, _score(served, verdict, given))


def described(
    served: Served, connection: sa.Connection, series: Any, participant: str
) -> list[Answer]:
    """Return the stored answers of a series with all that an analysis needs.

    Args:
        served: The experiment.
        connection: A transaction.
        series: Row of the series, with its plan.
        participant: What to call the participant.

    Returns:
        The answers, in the order of trials.
    """
    plan = connection.execute(sa.select(SERIES.c.plan).where(SERIES.c.id == series.id)).scalar_one()
    made = planned(series.participant, series.number, plan)
    rows = connection.execute(
        sa.select(ANSWERS.c.trial, ANSWERS.c.answer, ANSWERS.c.rt, ANSWERS.c.shown_ms)
        .where(ANSWERS.c.series == series.id)
        .order_by(ANSWERS.c.trial)
    )
    return [
        judging.answer(
            served.experiment, participant, made, row.trial, row.answer, row.rt, row.shown_ms
        )
        for row in rows
    ]


def _own(connection: sa.Connection, participant: int, token: str) -> Any:
    """Find a series of a participant, and hold it to the end of the transaction."""
    found = connection.execute(
        sa.select(
            SERIES.c.id,
            SERIES.c.participant,
            SERIES.c.number,
            SERIES.c.state,
            SERIES.c.trials,
        )
        .where(SERIES.c.token == token)
        .with_for_update()
    ).one_or_none()
    if found is None:
        # It never was, or it was deleted when the participant withdrew.
        raise RefusedError("closed")
    if found.participant != participant:
        raise RefusedError("forbidden")
    return found


def _check(served: Served, trials: int, sent: Answers) -> None:
    game = isinstance(served.experiment.settings, MemoryGame)
    allowed = ("old", "new") if game else ("left", "right", None)
    for each in sent.answers:
        if each.trial >= trials or each.answer not in allowed:
            raise RefusedError("invalid")
    for numbers in ([x.trial for x in sent.answers], [x.seq for x in sent.events]):
        if len(set(numbers)) < len(numbers):
            raise RefusedError("invalid")


def _different(connection: sa.Connection, series: int, sent: Answers) -> int:
    """Count answers that differ from the one that is stored for their trial."""
    stored = dict(
        connection.execute(
            sa.select(ANSWERS.c.trial, ANSWERS.c.answer).where(
                ANSWERS.c.series == series,
                ANSWERS.c.trial.in_([each.trial for each in sent.answers]),
            )
        )
        .tuples()
        .all()
    )
    return sum(stored[each.trial] != each.answer for each in sent.answers)


def _contiguous(connection: sa.Connection, column: "sa.Column[int]", series: int) -> int:
    """Return the largest number up to which all are stored."""
    own = column.table.c.series == series
    count, last = connection.execute(
        sa.select(sa.func.count(), sa.func.max(column)).where(own)
    ).one()
    if last is None or last == count - 1:
        return -1 if last is None else int(last)
    numbers = connection.execute(sa.select(column).where(own).order_by(column)).scalars()
    return next(place for place, number in enumerate([*numbers, -1]) if place != number) - 1


def _score(served: Served, verdict: Verdict, given: list[Answer]) -> dict[str, float | None]:
    if not isinstance(served.experiment.settings, MemoryGame):
        return {"correct": None if verdict.missed is None else 1 - verdict.missed}
    hits = [each.correct for each in given if each.role == "repeat" and not each.practice]
    return {
        "hits": sum(hits) / len(hits) if hits else None,
        "false_alarms": verdict.false_alarms,
    }
