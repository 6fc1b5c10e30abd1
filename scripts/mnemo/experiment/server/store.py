"""Participants: who enters, what they agree to, where they stand, and how they withdraw."""

import secrets
from typing import Any, NamedTuple

import sqlalchemy as sa

from mnemo.experiment.server.database import (
    ANSWERS,
    DEALT,
    EVENTS,
    PARTICIPANTS,
    SERIES,
    SESSIONS,
    now,
)
from mnemo.experiment.server.recruitment import Ending, Visitor
from mnemo.experiment.server.refusals import RefusedError
from mnemo.experiment.server.secret import hashed
from mnemo.experiment.server.served import Served

#: Seconds without a word after which the answers to a running series are no longer expected.
EXPIRES = 30 * 60


class Standing(NamedTuple):
    """Where a participant stands.

    Attributes:
        participant: Number of the participant.
        state: What the participant may do: consent, play (`ready`), or nothing more.
        source: Where the participant comes from.
        declined: Whether the participant did not consent.
        dealt: Series that were dealt.
        finished: Those of them that were finished.
        interrupted: Whether the last one was not.
        earned: What is due for them.
    """

    participant: int
    state: str
    source: str
    declined: bool
    dealt: int
    finished: int
    interrupted: bool
    earned: float


def enter(served: Served, visitor: Visitor, session: str | None) -> tuple[str, int] | None:
    """Recognise a participant, or take up a new one.

    Args:
        served: The experiment.
        visitor: Who opened the page.
        session: Token of the session that the browser has already; None without one.

    Returns:
        The token of the session and the participant's number; None if there is no place for
        another participant.
    """
    person = None
    if visitor.id is not None:
        person = served.secrets.person(visitor.source, visitor.id)
    if session and (number := participant_of(served, session)) is not None:
        with served.database.reading() as connection:
            known = connection.execute(
                sa.select(PARTICIPANTS.c.person).where(PARTICIPANTS.c.number == number)
            ).scalar_one()
        if person in (None, known):
            return session, number
    token = secrets.token_hex(32)
    with served.database.writing(alone=True) as connection:
        number = None
        if person is not None:
            number = connection.execute(
                sa.select(PARTICIPANTS.c.number).where(PARTICIPANTS.c.person == person)
            ).scalar_one_or_none()
        if number is None:
            if _full(served, connection):
                return None
            last = connection.execute(sa.select(sa.func.max(PARTICIPANTS.c.number))).scalar_one()
            number = 0 if last is None else last + 1
            connection.execute(
                sa.insert(PARTICIPANTS).values(
                    number=number,
                    source=visitor.source,
                    person=person,
                    withdrawal=hashed(served.secrets.code("withdrawal", number)),
                    entered_at=now(),
                )
            )
        connection.execute(
            sa.insert(SESSIONS).values(hash=hashed(token), participant=number, created_at=now())
        )
    return token, number


def pseudonym(participant: int) -> str:
    """Return what a participant is called in everything that leaves the database.

    Args:
        participant: Number of the participant.

    Returns:
        The name.
    """
    return f"p{participant:05d}"


def participant_of(served: Served, session: str) -> int | None:
    """Return the participant of a session.

    Args:
        served: The experiment.
        session: Token of the session.

    Returns:
        The participant's number; None if there is no such session.
    """
    with served.database.reading() as connection:
        return connection.execute(
            sa.select(SESSIONS.c.participant).where(SESSIONS.c.hash == hashed(session))
        ).scalar_one_or_none()


def consent(served: Served, participant: int, version: str, *, agreed: bool) -> None:
    """Store what a participant decided.

    Args:
        served: The experiment.
        participant: Number of the participant.
        version: sha256 of the text that the participant read.
        agreed: Whether the participant takes part.

    Raises:
        RefusedError: The text is another one by now, the participant withdrew, or there is no
            place.
    """
    if version != served.texts.version:
        raise RefusedError("changed")
    with served.database.writing(alone=True) as connection:
        found = _participant(connection, participant)
        if found.withdrawn_at is not None:
            raise RefusedError("withdrawn")
        values: dict[str, Any] = {"consent_version": None, "declined_at": now()}
        if agreed:
            if found.consented_at is None and _full(served, connection):
                raise RefusedError("full")
            values = {"consent_version": version, "consented_at": now(), "declined_at": None}
        connection.execute(
            sa.update(PARTICIPANTS).where(PARTICIPANTS.c.number == participant).values(**values)
        )


def standing(served: Served, participant: int) -> Standing:
    """Return where a participant stands.

    Args:
        served: The experiment.
        participant: Number of the participant.

    Returns:
        The standing.
    """
    with served.database.reading() as connection:
        return within(served, connection, participant)


def within(served: Served, connection: sa.Connection, participant: int) -> Standing:
    """Return where a participant stands, within a transaction.

    Args:
        served: The experiment.
        connection: The transaction.
        participant: Number of the participant.

    Returns:
        The standing.
    """
    settings = served.experiment.settings
    found = _participant(connection, participant)
    answered = (
        sa.select(sa.func.count())
        .where(ANSWERS.c.series == SERIES.c.id)
        .correlate(SERIES)
        .scalar_subquery()
    )
    silent = sa.and_(SERIES.c.state == "running", SERIES.c.heard_at < now() - EXPIRES)
    left = sa.or_(SERIES.c.state == "interrupted", silent)
    rows = connection.execute(
        sa.select(
            SERIES.c.state,
            SERIES.c.valid,
            # Only of a series that was left is the share paid.
            sa.case((left, answered), else_=0).label("answered"),
            SERIES.c.trials,
        )
        .where(SERIES.c.participant == participant)
        .order_by(SERIES.c.number)
    ).all()
    finished = [row for row in rows if row.state == "finished"]
    if found.withdrawn_at is not None:
        state = "withdrawn"
    elif any(not row.valid for row in finished):
        state = "blocked"
    elif rows and len(rows) >= settings.most_series and rows[-1].state != "running":
        state = "done"
    elif found.consent_version != served.texts.version:
        state = "consent"
        if found.consented_at is None and _full(served, connection):
            state = "full"
    else:
        state = "ready"
    shares = len(finished) + sum(row.answered / row.trials for row in rows)
    return Standing(
        participant=participant,
        state=state,
        source=found.source,
        declined=found.declined_at is not None,
        dealt=len(rows),
        finished=len(finished),
        interrupted=bool(rows) and rows[-1].state != "finished",
        earned=round(settings.pay * shares, 2),
    )


def ending(standing: Standing) -> Ending | None:
    """Return how the participation of somebody ended, as far as it goes by now.

    Args:
        standing: Where the participant stands.

    Returns:
        The ending; None if nothing is due, or everything was deleted.
    """
    if standing.state == "blocked":
        return "failed"
    if standing.declined:
        return "declined"
    if standing.dealt and standing.state != "withdrawn" and standing.earned:
        return "completed"
    return None


def withdraw(served: Served, code: str) -> int:
    """Delete everything that a participant answered, and all that was dealt.

    The participant's hash is kept, so that the same person is not dealt the images again.

    Args:
        served: The experiment.
        code: The code that the participant was given.

    Returns:
        Number of answers that were deleted.

    Raises:
        RefusedError: It is the code of nobody.
    """
    with served.database.writing(alone=True) as connection:
        participant = connection.execute(
            sa.select(PARTICIPANTS.c.number).where(PARTICIPANTS.c.withdrawal == hashed(code))
        ).scalar_one_or_none()
        if participant is None:
            raise RefusedError("missing")
        # Held until the end, so that no answer arrives between.
        own = connection.execute(
            sa.select(SERIES.c.id).where(SERIES.c.participant == participant).with_for_update()
        ).scalars()
        series = list(own)
        deleted = connection.execute(sa.delete(ANSWERS).where(ANSWERS.c.series.in_(series)))
        for table in (EVENTS, DEALT):
            connection.execute(sa.delete(table).where(table.c.series.in_(series)))
        connection.execute(sa.delete(SERIES).where(SERIES.c.participant == participant))
        connection.execute(
            sa.update(PARTICIPANTS)
            .where(PARTICIPANTS.c.number == participant, PARTICIPANTS.c.withdrawn_at.is_(None))
            .values(withdrawn_at=now())
        )
    return deleted.rowcount


def _participant(connection: sa.Connection, number: int) -> Any:
    return connection.execute(sa.select(PARTICIPANTS).where(PARTICIPANTS.c.number == number)).one()


def _full(served: Served, connection: sa.Connection) -> bool:
    most = served.recruitment.most_participants
    if most is None:
        return False
    taken = connection.execute(
        sa.select(sa.func.count()).where(PARTICIPANTS.c.consented_at.is_not(None))
    ).scalar_one()
    return bool(taken >= most)
