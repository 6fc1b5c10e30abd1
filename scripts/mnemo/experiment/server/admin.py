"""The administrator's pages: where the experiment stands, what is to be paid, and the answers."""

from functools import partial
from typing import Any

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mnemo.experiment.server import dealing, security
from mnemo.experiment.server.database import SERIES
from mnemo.experiment.server.refusals import RefusedError
from mnemo.experiment.server.served import Served


def routes(served: Served) -> list[Route]:
    """Return the administrator's routes.

    Args:
        served: The experiment.

    Returns:
        The routes.
    """
    views = Views(served)
    return [Route("/admin/series/{series}", views.series)]


class Views:
    """What the administrator may see, with the token only."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._guesses = security.Rate(0.5, 20)

    async def series(self, request: Request) -> Response:
        """Send the plan of a series."""
        self._check(request)
        token = request.path_params["series"]
        return JSONResponse(await run_in_threadpool(partial(plan, self._served, token)))

    def _check(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        address = request.client.host if request.client else ""
        with self._guesses.failures(address):
            if scheme.lower() != "bearer" or not security.same(token, self._served.secrets.token):
                raise RefusedError("token")


def plan(served: Served, token: str) -> dict[str, Any]:
    """Describe how a series was dealt.

    Args:
        served: The experiment.
        token: Token of the series.

    Returns:
        The numbers of participant and series, and the trials with the keys and alphas of their
        images.

    Raises:
        RefusedError: There is no such series.
    """
    with served.database.reading() as connection:
        found = connection.execute(sa.select(SERIES).where(SERIES.c.token == token)).one_or_none()
    if found is None:
        raise RefusedError("missing")
    images = served.experiment.images
    trials = [
        {
            "trial": place,
            "token": trial.image,
            "key": images[trial.image].key,
            "alpha": images[trial.image].alpha,
            "role": trial.role,
            "practice": trial.practice,
            "lag": trial.lag,
            "photograph": trial.photograph,
            "side": trial.side,
        }
        for place, trial in enumerate(
            dealing.planned(found.participant, found.number, found.plan).trials
        )
    ]
    return {"participant": found.participant, "number": found.number, "trials": trials}
