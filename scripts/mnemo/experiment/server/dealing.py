"""Dealing series: each to one participant, once, with no two edits of an image."""

import secrets
from typing import Any, NamedTuple

import sqlalchemy as sa

from mnemo.experiment import series as making
from mnemo.experiment.series import Series, Trial
from mnemo.experiment.server import store
from mnemo.experiment.server.database import DEALT, SERIES, now
from mnemo.experiment.server.protocol import Device
from mnemo.experiment.server.refusals import RefusedError
from mnemo.experiment.server.served import Served
from mnemo.experiment.server.store import Standing

#: Seconds without a word after which a running series may be given up for another one.
SILENT = 60


class Dealt(NamedTuple):
    """A series that was dealt.

    Attributes:
        token: Its token, which only the participant's browser knows.
        series: The series.
        images: Tokens of its images, in the order in which the browser knows them.
    """

    token: str
    series: Series
    images: list[str]


def deal(served: Served, participant: int, device: Device, *, force: bool = False) -> Dealt:
    """Deal a participant the next series.

    Args:
        served: The experiment.
        participant: Number of the participant.
        device: What the images are shown on.
        force: Whether to give up a running series that has been heard of just now.

    Returns:
        The series.

    Raises:
        RefusedError: The participant may not play, or is playing.
    """
    time = now()
    with served.database.writing(alone=True) as connection:
        running = connection.execute(
            sa.select(SERIES.c.id, SERIES.c.heard_at)
            .where(SERIES.c.participant == participant, SERIES.c.state == "running")
            .with_for_update()
        ).one_or_none()
        if running:
            if not force and abs(time - running.heard_at) < SILENT:
                raise RefusedError("running")
            connection.execute(
                sa.update(SERIES).where(SERIES.c.id == running.id).values(state="interrupted")
            )
        standing = store.within(served, connection, participant)
        dealt = None
        if standing.state == "ready":
            dealt = _next(served, connection, standing, device, time)
    if dealt is None:
        raise RefusedError(standing.state)
    return dealt


def _next(
    served: Served, connection: sa.Connection, standing: Standing, device: Device, time: float
) -> Dealt:
    """Make the next series of a participant, and store it."""
    experiment, participant = served.experiment, standing.participant
    seen = connection.execute(
        sa.select(DEALT.c.token).where(DEALT.c.participant == participant)
    ).scalars()
    made = making.make(
        experiment,
        participant,
        standing.dealt,
        seen=set(seen),
        counts=counts(connection, time),
    )
    token, images = secrets.token_hex(16), sorted(made.tokens)
    secrets.SystemRandom().shuffle(images)
    row = connection.execute(
        sa.insert(SERIES)
        .values(
            token=token,
            participant=participant,
            number=made.number,
            state="running",
            plan={"images": images, "trials": [vars(trial) for trial in made.trials]},
            trials=len(made.trials),
            device=device.model_dump(exclude_none=True),
            dealt_at=time,
            heard_at=time,
        )
        .returning(SERIES.c.id)
    ).scalar_one()
    targets = {trial.image for trial in made.trials if trial.role == "target"}
    connection.execute(
        sa.insert(DEALT),
        [
            {
                "participant": participant,
                "key": experiment.images[image].key,
                "series": row,
                "token": image,
                "target": image in targets,
            }
            for image in images
        ],
    )
    return Dealt(token, made, images)


def counts(connection: sa.Connection, time: float | None = None) -> dict[str, int]:
    """Count the answers of each target that analyses have: those of valid series.

    Args:
        connection: A transaction.
        time: The time, as of `now`, to count those too that are expected of running series; None
            for what is there.

    Returns:
        The counts by the images' tokens; a token that is missing has none.
    """
    counted = sa.and_(SERIES.c.state == "finished", SERIES.c.valid)
    if time is not None:
        running = sa.and_(SERIES.c.state == "running", SERIES.c.heard_at > time - store.EXPIRES)
        counted = sa.or_(counted, running)
    rows = connection.execute(
        sa.select(DEALT.c.token, sa.func.count())
        .join(SERIES, SERIES.c.id == DEALT.c.series)
        .where(DEALT.c.target, counted)
        .group_by(DEALT.c.token)
    )
    return dict(rows.tuples().all())


def planned(participant: int, number: int, plan: dict[str, Any]) -> Series:
    """Return a series as it was stored.

    Args:
        participant: Number of the participant.
        number: Number of the series.
        plan: What is stored of it.

    Returns:
        The series.
    """
    return Series(participant, number, tuple(Trial(**each) for each in plan["trials"]))


def shown(served: Served, dealt: Dealt) -> dict[str, Any]:
    """Describe a series to the browser, without what would tell the answers.

    Args:
        served: The experiment.
        dealt: The series.

    Returns:
        The description.
    """
    settings = served.experiment.settings
    places = {image: place for place, image in enumerate(dealt.images)}
    feedback = getattr(settings, "feedback", False)
    width, height = served.size
    return {
        "series": dealt.token,
        "number": dealt.series.number,
        "kind": settings.kind,
        "image_ms": getattr(settings, "image_ms", None),
        "blank_ms": getattr(settings, "blank_ms", None),
        "pair_ms": getattr(settings, "pair_ms", None),
        "feedback": feedback,
        "images": [f"/images/{dealt.token}/{place}" for place in range(len(dealt.images))],
        "width": width,
        "height": height,
        "trials": [_trial(trial, places, feedback=feedback) for trial in dealt.series.trials],
    }


def _trial(trial: Trial, places: dict[str, int], *, feedback: bool) -> dict[str, Any]:
    if trial.photograph is None:
        told = feedback or trial.practice
        return {
            "image": places[trial.image],
            "photograph": None,
            "left": None,
            "practice": trial.practice,
            "repeat": trial.lag is not None if told else None,
            "correct": None,
        }
    # Their order is that of the list of images, which is random, so that it tells nothing.
    first, second = sorted((places[trial.image], places[trial.photograph]))
    return {
        "image": first,
        "photograph": second,
        "left": places[trial.image if trial.side == "left" else trial.photograph],
        "practice": trial.practice,
        "repeat": None,
        "correct": trial.side if trial.practice else None,
    }
