"""The administrator's pages: where the experiment stands, what is to be paid, and the answers."""

import hashlib
import hmac
import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import sqlalchemy as sa
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from mnemo.errors import MnemoError
from mnemo.experiment.server import (
    admin_page,
    dealing,
    export,
    overview,
    payments,
    security,
)
from mnemo.experiment.server.database import SERIES, UnavailableError
from mnemo.experiment.server.protocol import TOKEN
from mnemo.experiment.server.refusals import REFUSALS, RefusedError
from mnemo.experiment.server.served import Served

COOKIE = "mnemo_admin"
WRONG = "This is not the administrator’s token."

# With the site's own policy, a browser would not say where a form comes from.
_HEADERS = {"referrer-policy": "same-origin"}


def routes(served: Served) -> list[Route]:
    """Return the administrator's routes.

    Args:
        served: The experiment.

    Returns:
        The routes.
    """
    views = Views(served)
    return [
        Route("/admin", views.overview),
        Route("/admin/login", views.login, methods=["POST"]),
        # Where the browser is after a wrong token, if it is asked for again.
        Route("/admin/login", _to_login, methods=["GET"]),
        Route("/admin/logout", views.logout, methods=["POST"]),
        Route("/admin/payments.csv", views.payments),
        Route("/admin/export.zip", views.export),
        Route("/admin/series/{series}", views.series),
    ]


class Views:
    """What the administrator may see, with the token only."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._guesses = security.Rate(0.5, 20)
        # What the browser keeps is of no use for a server with another token.
        key = served.secrets.token.encode()
        self._cookie = hmac.new(key, b"administrator", hashlib.sha256).hexdigest()

    async def overview(self, request: Request) -> Response:
        """Show where the experiment stands, or ask for the token."""
        if COOKIE not in request.cookies and "authorization" not in request.headers:
            return HTMLResponse(admin_page.login(), 401, _HEADERS)
        try:
            self._check(request)
        except RefusedError as why:
            return _refused(why)
        found = await run_in_threadpool(overview.overview, self._served)
        return HTMLResponse(admin_page.overview(self._served, found), headers=_HEADERS)

    async def login(self, request: Request) -> Response:
        """Take the token from the form, and have the browser keep who it is."""
        security.check_site(request.headers)
        sent = parse_qs((await security.body(request)).decode("ascii", "replace"))
        token = sent.get("token", [""])[0].strip()
        try:
            with self._guesses.failures(security.address(request)):
                if not security.same(token, self._served.secrets.token):
                    raise RefusedError("token")
        except RefusedError as why:
            return _refused(why, WRONG if why.code == "token" else None)
        response = RedirectResponse("/admin", 303, _HEADERS)
        response.set_cookie(
            COOKIE,
            self._cookie,
            path="/admin",
            httponly=True,
            samesite="strict",
            secure=request.url.scheme == "https",
        )
        return response

    async def logout(self, request: Request) -> Response:
        """Have the browser forget who it is."""
        security.check_site(request.headers)
        response = RedirectResponse("/admin", 303, _HEADERS)
        response.delete_cookie(COOKIE, path="/admin")
        return response

    async def payments(self, request: Request) -> Response:
        """Send what is to be paid."""
        self._check(request)
        table = await run_in_threadpool(payments.payments, self._served)
        return _file(payments.as_csv(table).encode(), "payments.csv", "text/csv")

    async def export(self, request: Request) -> Response:
        """Send all answers."""
        self._check(request)
        try:
            content = await run_in_threadpool(zipped, self._served)
        except UnavailableError:
            raise
        except MnemoError as why:
            # There are no answers yet.
            raise RefusedError("missing") from why
        return _file(content, "answers.zip", "application/zip")

    async def series(self, request: Request) -> Response:
        """Send the plan of a series."""
        self._check(request)
        token = request.path_params["series"]
        if not TOKEN.fullmatch(token):
            raise RefusedError("missing")
        return JSONResponse(await run_in_threadpool(partial(plan, self._served, token)))

    def _check(self, request: Request) -> None:
        """Refuse who has neither the token nor the cookie that it was changed for."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        with self._guesses.failures(security.address(request)):
            if scheme.lower() == "bearer" and security.same(token, self._served.secrets.token):
                return
            if not security.same(request.cookies.get(COOKIE, ""), self._cookie):
                raise RefusedError("token")


def zipped(served: Served) -> bytes:
    """Return what `export` writes as the content of a zip file.

    Args:
        served: The experiment.

    Returns:
        The content.

    Raises:
        MnemoError: There are no answers yet.
    """
    found = export.collect(served.experiment, served.database)
    with tempfile.TemporaryDirectory() as made:
        export.write(served.experiment, found, Path(made, "answers"))
        return Path(shutil.make_archive(f"{made}/zipped", "zip", made, "answers")).read_bytes()


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


def _refused(why: RefusedError, problem: str | None = None) -> Response:
    status, sentence = REFUSALS[why.code]
    return HTMLResponse(admin_page.login(problem or sentence), status, _HEADERS)


def _file(content: bytes, name: str, kind: str) -> Response:
    told = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=kind, headers=told)


async def _to_login(request: Request) -> Response:
    """Lead who loads the address of the form again to the page that has it."""
    return RedirectResponse("/admin", 303)
