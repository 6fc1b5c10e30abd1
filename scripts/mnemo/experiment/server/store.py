"""What happens to participants, series and answers: each step is one transaction."""

import secrets as random
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from mnemo.experiment import answers as judging
from mnemo.experiment import series
from mnemo.experiment.series import Series, Trial
from mnemo.experiment.server import protocol, recruitment, secrets
from mnemo.experiment.server.database import (
    ANSWERS,
    DEALT,
    EVENTS,
    PARTICIPANTS,
    SERIES,
    SESSIONS,
    Database,
    now,
)
from mnemo.experiment.settings import MemoryGame
from mnemo.experiment.stimuli import Experiment

#: Seconds without an answer after which a series no longer counts as running elsewhere.
ELSEWHERE = 60
#: Seconds without an answer after which a series is not expected to be finished.
EXPIRED = 30 * 60

_GIVEN: dict[str, set[str | None]] = {
    "memory-game": {"old", "new"},
    "forced-choice": {"left", "right", None},
}


class RefusedError(Exception):
    """A request that is refused; nothing has been stored.

    Attributes:
        status: HTTP status.
        code: What the page knows the reason by.
        more: What else it is told.
    """

    def __init__(self, status: int, code: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status, self.code, self.more = status, code, more


class Entered(NamedTuple):
    """A participant who has come.

    Attributes:
        session: The session's token if it is new; None if the browser has it already.
        status: What the page is told.
    """

    session: str | None
    status: dict[str, Any]


class Store:
    """The participants, series and answers of an experiment.

    Args:
        experiment: The experiment.
        folder: Its folder.
        database: Its database.
        salt: Salt of participants' hashes.
        texts: What the page is told in words: `title`, `texts` and `consent_version`.
    """

    def __init__(
        self,
        experiment: Experiment,
        folder: Path,
        database: Database,
        salt: str,
        texts: Mapping[str, Any],
    ) -> None:
        self.experiment = experiment
        self.folder = folder
        self.database = database
        self.recruitment = recruitment.read(folder)
        self._salt = salt
        self._texts = texts

    # Participants

    def enter(self, parameters: dict[str, str], session: str | None) -> Entered:
        """Register who comes, or recognise them.

        Args:
            parameters: The parameters of the page's address.
            session: Token of the browser's session; None if it has none.

        Returns:
            The participant; those who only look are not stored.

        Raises:
            RefusedError: The parameters are not possible.
        """
        try:
            who = recruitment.person(parameters, self.experiment.demo)
        except ValueError as why:
            raise RefusedError(400, "parameters", str(why)) from why
        if who.preview:
            return Entered(None, {**self._words(), **self._progress([]), "state": "preview"})
        hashed = secrets.hashed(self._salt, who.source, who.id) if who.id else None
        with self.database.writing(alone=True) as db:
            found = self._of_session(db, session)
            if hashed is not None and (found is None or found.person != hashed):
                found = db.execute(
                    sa.select(PARTICIPANTS).where(PARTICIPANTS.c.person == hashed)
                ).one_or_none()
                session = None
            if found is None:
                found = self._add(db, who.source, hashed)
                session = None
            made = None
            if session is None:
                made = random.token_hex(32)
                row = {"hash": self._session(made), "participant": found.number}
                db.execute(sa.insert(SESSIONS).values(**row, created_at=now()))
            return Entered(made, self._status(db, found))

    def status(self, session: str | None) -> dict[str, Any]:
        """Return what the page is told of a participant.

        Raises:
            RefusedError: There is no such session.
        """
        with self.database.reading() as db:
            return self._status(db, self._participant(db, session))

    def consent(self, session: str | None, version: str, agreed: bool) -> dict[str, Any]:
        """Store that a participant has agreed to a text, or has declined.

        Args:
            session: Token of the browser's session.
            version: sha256 of the text.
            agreed: Whether the participant agrees.

        Returns:
            What the page is told.

        Raises:
            RefusedError: There is no such session, or the text has changed since.
        """
        if version != self._texts["consent_version"]:
            raise RefusedError(409, "consent", "This text has changed. Please load the page again.")
        with self.database.writing() as db:
            who = self._participant(db, session)
            of = PARTICIPANTS.c.number == who.number
            values: dict[str, Any] = {"declined_at": now()}
            if agreed:
                values = {"consent_version": version, "consented_at": now(), "declined_at": None}
            if who.consented_at is None and who.withdrawn_at is None:
                db.execute(sa.update(PARTICIPANTS).where(of).values(**values))
            status = self._status(db, self._participant(db, session))
        if not agreed:
            status["completion"] = self.recruitment.completion(self.recruitment.declined)
        return status

    def withdraw(self, code: str) -> int:
        """Delete all answers and series of a participant.

        What is left is that somebody with this hash has withdrawn, so that they aren't dealt series
        again.

        Args:
            code: The participant's code.

        Returns:
            Number of answers that were deleted.

        Raises:
            RefusedError: There is no such code.
        """
        letters = "".join(filter(str.isalnum, code.upper()))
        hashed = secrets.hashed(self._salt, "code", letters)
        with self.database.writing(alone=True) as db:
            who = db.execute(
                sa.select(PARTICIPANTS).where(PARTICIPANTS.c.withdrawal == hashed)
            ).one_or_none()
            if who is None:
                raise RefusedError(404, "code", "There is no such code. Please check it.")
            own = sa.select(SERIES.c.id).where(SERIES.c.participant == who.number)
            deleted = db.execute(sa.delete(ANSWERS).where(ANSWERS.c.series.in_(own))).rowcount
            # With them go their events, and what was dealt.
            db.execute(sa.delete(SERIES).where(SERIES.c.participant == who.number))
            of = PARTICIPANTS.c.number == who.number
            db.execute(sa.update(PARTICIPANTS).where(of).values(withdrawn_at=now()))
        return int(deleted)

    # Series

    def deal(
        self, session: str | None, device: protocol.Device, *, force: bool = False
    ) -> dict[str, Any]:
        """Deal the next series to a participant.

        Args:
            session: Token of the browser's session.
            device: The participant's screen.
            force: Whether a series that runs in another tab is to be ended.

        Returns:
            The series as the page plays it. It does not tell what was done to an image.

        Raises:
            RefusedError: The participant may not play, or plays in another tab.
        """
        experiment = self.experiment
        with self.database.writing(alone=True) as db:
            who = self._participant(db, session)
            state = self._status(db, who)["state"]
            if state != "ready":
                raise RefusedError(403, state, "There is no further series for you.")
            at = now()
            running = sa.and_(SERIES.c.participant == who.number, SERIES.c.state == "running")
            heard = db.execute(sa.select(sa.func.max(SERIES.c.heard_at)).where(running)).scalar()
            if heard is not None and heard > at - ELSEWHERE and not force:
                raise RefusedError(409, "running", "A series is running in another tab or browser.")
            db.execute(sa.update(SERIES).where(running).values(state="interrupted"))
            own = DEALT.c.participant == who.number
            seen = set(db.execute(sa.select(DEALT.c.token).where(own)).scalars())
            played = sa.select(sa.func.count()).where(SERIES.c.participant == who.number)
            number = db.execute(played).scalar_one()
            made = series.make(
                experiment, who.number, number, seen=seen, counts=self._counts(db, at)
            )
            images = sorted(made.tokens)
            random.SystemRandom().shuffle(images)
            token = random.token_hex(16)
            row = db.execute(
                sa.insert(SERIES).values(
                    token=token,
                    participant=who.number,
                    number=number,
                    state="running",
                    plan={"trials": [asdict(trial) for trial in made.trials], "images": images},
                    trials=len(made.trials),
                    device=device.model_dump(),
                    dealt_at=at,
                    heard_at=at,
                )
            ).inserted_primary_key
            assert row is not None
            targets = {t.image for t in made.trials if t.role == "target" and not t.practice}
            dealt = [
                {
                    "participant": who.number,
                    "key": experiment.images[each].key,
                    "series": row[0],
                    "token": each,
                    "target": each in targets,
                }
                for each in images
            ]
            db.execute(sa.insert(DEALT), dealt)
        return self._shown(token, made, images)

    def answers(self, session: str | None, given: protocol.Answers) -> dict[str, int]:
        """Store answers and events of a series; what is stored already stays as it is.

        Args:
            session: Token of the browser's session; None for what a closing page sends, for which
                the series' own token stands.
            given: The answers.

        Returns:
            `received` and `events`: the highest numbers up to which all are stored, -1 for none.

        Raises:
            RefusedError: The series is not the participant's, or was deleted; or an answer is to a
                trial that it does not have, or none that its kind of experiment has.
        """
        possible = _GIVEN[self.experiment.settings.kind]
        with self.database.writing() as db:
            own = self._series(db, given.series, session)
            for each in given.answers:
                if each.trial >= own.trials or each.answer not in possible:
                    raise RefusedError(400, "answer", "This answer does not belong to the series.")
            if given.answers:
                self._add_answers(db, own, given.answers)
            if given.events:
                rows = [{"series": own.id, **each.model_dump()} for each in given.events]
                db.execute(self.database.insert(EVENTS), rows)
            of = SERIES.c.id == own.id
            db.execute(sa.update(SERIES).where(of).values(heard_at=now()))
            return {
                "received": _contiguous(db, ANSWERS.c.trial, own.id),
                "events": _contiguous(db, EVENTS.c.seq, own.id),
            }

    def finish(self, session: str | None, token: str) -> dict[str, Any]:
        """Finish a series whose answers are all stored, and judge it.

        Args:
            session: Token of the browser's session.
            token: Token of the series.

        Returns:
            What the page is told, with `verdict` and `score`.

        Raises:
            RefusedError: Answers are missing; the message says up to where they are there.
        """
        with self.database.writing() as db:
            own = self._series(db, token, session)
            received = _contiguous(db, ANSWERS.c.trial, own.id)
            if received + 1 < own.trials:
                raise RefusedError(409, "incomplete", "Answers are missing.", received=received)
            answered = self.answered(db, own)
            verdict = judging.judge(self.experiment.settings, answered)
            values = {"state": "finished", "valid": verdict.valid, "reason": verdict.reason}
            if own.state != "finished":
                of = SERIES.c.id == own.id
                db.execute(sa.update(SERIES).where(of).values(**values, finished_at=now()))
            status = self._status(db, self._participant(db, session))
        return {
            **status,
            "verdict": {"valid": verdict.valid, "message": verdict.reason or ""},
            "score": _score(self.experiment, answered, verdict),
        }

    def image(self, session: str | None, token: str, place: int) -> Path:
        """Return the file of an image of a running series.

        Raises:
            RefusedError: The series is not the participant's, or has no such image.
        """
        with self.database.reading() as db:
            own = self._series(db, token, session)
        images = own.plan["images"]
        if own.state != "running" or not 0 <= place < len(images):
            raise RefusedError(404, "image", "There is no such image.")
        return self.folder / self.experiment.images[images[place]].file

    def plan(self, token: str) -> Series:
        """Return a series as it was dealt.

        Raises:
            RefusedError: There is no such series.
        """
        with self.database.reading() as db:
            row = db.execute(sa.select(SERIES).where(SERIES.c.token == token)).one_or_none()
        if row is None:
            raise RefusedError(404, "series", "There is no such series.")
        return planned(row)

    def answered(self, db: sa.Connection, own: Any) -> list[judging.Answer]:
        """List the answers to a series that are stored, in order.

        Args:
            db: A connection.
            own: The series, a row of `SERIES`.

        Returns:
            The answers, with all that their analysis needs.
        """
        made = planned(own)
        rows = db.execute(
            sa.select(ANSWERS).where(ANSWERS.c.series == own.id).order_by(ANSWERS.c.trial)
        )
        return [
            judging.answer(
                self.experiment,
                pseudonym(own.participant),
                made,
                row.trial,
                row.answer,
                row.rt,
                row.shown_ms,
            )
            for row in rows
        ]

    # What several steps do

    def _session(self, token: str) -> str:
        return secrets.hashed(self._salt, "session", token)

    def _of_session(self, db: sa.Connection, session: str | None) -> Any:
        if not session:
            return None
        query = sa.select(PARTICIPANTS).join(SESSIONS)
        return db.execute(query.where(SESSIONS.c.hash == self._session(session))).one_or_none()

    def _participant(self, db: sa.Connection, session: str | None) -> Any:
        found = self._of_session(db, session)
        if found is None:
            raise RefusedError(401, "session", "Please load the page again.")
        return found

    def _series(self, db: sa.Connection, token: str, session: str | None) -> Any:
        """Look up a series; with a session, it must be that participant's."""
        who = self._participant(db, session) if session else None
        row = db.execute(sa.select(SERIES).where(SERIES.c.token == token)).one_or_none()
        if row is None:
            raise RefusedError(410, "closed", "There is no such series any more.")
        if who is not None and row.participant != who.number:
            raise RefusedError(403, "series", "This is not your series.")
        return row

    def _add(self, db: sa.Connection, source: str, hashed: str | None) -> Any:
        highest = db.execute(sa.select(sa.func.max(PARTICIPANTS.c.number))).scalar()
        number = 0 if highest is None else highest + 1
        code = secrets.code(self._salt, number).replace("-", "")
        db.execute(
            sa.insert(PARTICIPANTS).values(
                number=number,
                source=source,
                person=hashed,
                withdrawal=secrets.hashed(self._salt, "code", code),
                entered_at=now(),
            )
        )
        return db.execute(sa.select(PARTICIPANTS).where(PARTICIPANTS.c.number == number)).one()

    def _counts(self, db: sa.Connection, at: float) -> dict[str, int]:
        """Count the answers of each target, with those that running series will have."""
        expected = sa.and_(SERIES.c.state == "running", SERIES.c.heard_at > at - EXPIRED)
        counted = (
            sa.select(DEALT.c.token, sa.func.count())
            .join(SERIES, DEALT.c.series == SERIES.c.id)
            .where(DEALT.c.target, sa.or_(SERIES.c.state == "finished", expected))
            .group_by(DEALT.c.token)
        )
        return dict(map(tuple, db.execute(counted)))

    def _add_answers(self, db: sa.Connection, own: Any, given: list[protocol.Given]) -> None:
        numbers = [each.trial for each in given]
        known = db.execute(
            sa.select(ANSWERS.c.trial, ANSWERS.c.answer, ANSWERS.c.rt).where(
                ANSWERS.c.series == own.id, ANSWERS.c.trial.in_(numbers)
            )
        )
        stored = {row.trial: (row.answer, row.rt) for row in known}
        refused = 0
        for each in given:
            # Twice the same is what a lost reply causes.
            refused += stored.setdefault(each.trial, (each.answer, each.rt)) != (
                each.answer,
                each.rt,
            )
        at = now()
        rows = [{"series": own.id, "received_at": at, **each.model_dump()} for each in given]
        db.execute(self.database.insert(ANSWERS), rows)
        if refused:
            of = SERIES.c.id == own.id
            db.execute(sa.update(SERIES).where(of).values(refused=SERIES.c.refused + refused))

    def _words(self) -> dict[str, Any]:
        experiment, settings = self.experiment, self.experiment.settings
        return {
            "kind": settings.kind,
            "demo": experiment.demo,
            "simulated_speed_allowed": experiment.demo,
            **self._texts,
            "most_series": settings.most_series,
            "pay": settings.pay,
            "currency": self.recruitment.currency,
            "seconds": settings.seconds,
        }

    def _progress(self, rows: list[Any]) -> dict[str, Any]:
        """Return how far a participant is, from the rows of their series in order."""
        settings = self.experiment.settings
        finished = [row for row in rows if row.state == "finished"]
        blocked = any(not row.valid for row in finished)
        code = self.recruitment.completed if finished else None
        if blocked:
            code = self.recruitment.failed or self.recruitment.completed
        return {
            "series_played": len(finished),
            "series_left": settings.most_series - len(rows),
            "earned": round(len(finished) * settings.pay, 2),
            "interrupted": bool(rows) and rows[-1].state != "finished",
            "completion": self.recruitment.completion(code),
            "code": None,
            "state": "blocked" if blocked else "ready" if self._left(rows) else "done",
        }

    def _left(self, rows: list[Any]) -> bool:
        return len(rows) < self.experiment.settings.most_series

    def _status(self, db: sa.Connection, who: Any) -> dict[str, Any]:
        query = sa.select(SERIES.c.state, SERIES.c.valid).order_by(SERIES.c.number)
        rows = list(db.execute(query.where(SERIES.c.participant == who.number)))
        status = {**self._words(), **self._progress(rows)}
        if who.withdrawn_at is not None:
            return {**status, "state": "withdrawn"}
        if who.consented_at is None:
            return {**status, "state": "consent"}
        return {**status, "code": secrets.code(self._salt, who.number)}

    def _shown(self, token: str, made: Series, images: list[str]) -> dict[str, Any]:
        """Return what the page needs of a series, which does not tell what an image is there for.

        With feedback, it has to know which images are repeats.
        """
        settings = self.experiment.settings
        places = {each: place for place, each in enumerate(images)}
        game = isinstance(settings, MemoryGame)
        feedback = isinstance(settings, MemoryGame) and settings.feedback
        common = {"image_ms": None, "blank_ms": None, "pair_ms": None, "feedback": False}
        own = {name: getattr(settings, name) for name in common if hasattr(settings, name)}
        trials = []
        for trial in made.trials:
            image = places[trial.image]
            beside = places[trial.photograph] if trial.photograph else None
            told = feedback or (game and trial.practice)
            trials.append(
                {
                    "image": image,
                    "photograph": beside,
                    "left": None if game else image if trial.side == "left" else beside,
                    "practice": trial.practice,
                    "repeat": trial.lag is not None if told else None,
                    "correct": trial.side if trial.practice and not game else None,
                }
            )
        return {
            "series": token,
            "number": made.number,
            "kind": settings.kind,
            **common,
            **own,
            "images": [f"/images/{token}/{place}" for place in range(len(images))],
            "trials": trials,
        }


def planned(row: Any) -> Series:
    """Return a series as it was dealt, from its row of `SERIES`."""
    trials = tuple(Trial(**each) for each in row.plan["trials"])
    return Series(row.participant, row.number, trials)


def pseudonym(participant: int) -> str:
    """Return what answers call a participant."""
    return f"p{participant + 1:05d}"


def _contiguous(db: sa.Connection, column: Any, own: int) -> int:
    numbers = db.execute(sa.select(column).where(column.table.c.series == own).order_by(column))
    place = -1
    for number in numbers.scalars():
        if number != place + 1:
            break
        place = number
    return place


def _score(
    experiment: Experiment, answered: list[judging.Answer], verdict: judging.Verdict
) -> dict[str, float | None]:
    """Return what a participant is told of a series."""
    if isinstance(experiment.settings, MemoryGame):
        hits = [each.correct for each in answered if each.role == "repeat" and not each.practice]
        return {"hits": sum(hits) / len(hits), "false_alarms": verdict.false_alarms}
    return {"correct": None if verdict.missed is None else 1 - verdict.missed}
