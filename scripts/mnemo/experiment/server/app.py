"""The server's addresses: the page, what it asks for, and the administrator's own."""

import hmac
import logging
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mnemo.experiment.server import protocol
from mnemo.experiment.server.database import UnavailableError
from mnemo.experiment.server.limits import Limit
from mnemo.experiment.server.store import RefusedError, Store

LOGGER = logging.getLogger(__name__)
PAGE = Path(__file__).parent.with_name("page")
COOKIE = "mnemo_session"
#: Most bytes of a request's body.
LARGEST = 64 * 1024

_SECURITY = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
_VENDORS = ("jspsych", "@jspsych")

Body = TypeVar("Body", bound=BaseModel)


def create(store: Store, admin_token: str, *, page: Path = PAGE) -> Starlette:
    """Return the application of an experiment.

    Args:
        store: What happens to participants, series and answers.
        admin_token: The administrator's token.
        page: The folder of the page.

    Returns:
        An ASGI application.
    """
    views = _Views(store, admin_token, page)
    return Starlette(
        routes=[
            Route("/", views.index),
            Route("/page/{path:path}", views.static),
            Route("/health", views.health),
            Route("/api/enter", views.enter, methods=["POST"]),
            Route("/api/consent", views.consent, methods=["POST"]),
            Route("/api/series", views.deal, methods=["POST"]),
            Route("/api/answers", views.answers, methods=["POST"]),
            Route("/api/finish", views.finish, methods=["POST"]),
            Route("/api/withdraw", views.withdraw, methods=["POST"]),
            Route("/images/{series}/{place:int}", views.image),
            Route("/admin/series/{series}", views.plan),
        ],
        middleware=[Middleware(_Guard)],
        exception_handlers={
            RefusedError: _refused,  # type: ignore[dict-item]
            UnavailableError: _unavailable,
            404: _missing,
            405: _missing,
        },
    )


class _Guard:
    """Adds the headers of security to each reply."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _SECURITY.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self.app(scope, receive, guarded if scope["type"] == "http" else send)


class _Views:
    def __init__(self, store: Store, admin_token: str, page: Path) -> None:
        self.store = store
        self.page = page.resolve()
        self._admin_token = admin_token
        # A participant's page asks a few times a minute; guesses of codes are few.
        self._sessions = Limit(burst=100, rate=20)
        self._arrivals = Limit(burst=200, rate=20)
        self._guesses = Limit(burst=10, rate=0.1)

    async def index(self, request: Request) -> Response:
        return FileResponse(self.page / "index.html")

    async def static(self, request: Request) -> Response:
        folder, path = self.page, request.path_params["path"]
        if path.startswith("vendor/"):
            folder, path = self.page / "node_modules", path.removeprefix("vendor/")
            if path.split("/")[0] not in _VENDORS:
                raise RefusedError(404, "missing", "There is no such page.")
        with suppress(OSError, ValueError):
            found = (folder / path).resolve()
            shown = found.is_relative_to(folder) and found.is_file()
            if shown and (folder != self.page or "node_modules" not in found.parts):
                return FileResponse(found)
        raise RefusedError(404, "missing", "There is no such page.")

    async def health(self, request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def enter(self, request: Request) -> Response:
        _own_page(request)
        # The address is nowhere stored.
        if not self._arrivals.allows(request.client.host if request.client else ""):
            raise RefusedError(429, "often", "Too many requests. Please wait a moment.")
        body = await _body(request, protocol.Enter)
        entered = await run_in_threadpool(
            self.store.enter, body.parameters, request.cookies.get(COOKIE)
        )
        reply = JSONResponse(entered.status)
        if entered.session:
            reply.set_cookie(
                COOKIE,
                entered.session,
                max_age=90 * 24 * 3600,
                httponly=True,
                samesite="lax",
                secure=request.url.scheme == "https",
            )
        return reply

    async def consent(self, request: Request) -> Response:
        body = await self._given(request, protocol.Consent)
        return await self._done(request, self.store.consent, body.version, body.agreed)

    async def deal(self, request: Request) -> Response:
        body = await self._given(request, protocol.Deal)
        return await self._done(request, partial(self.store.deal, force=body.force), body.device)

    async def answers(self, request: Request) -> Response:
        if "x-mnemo" not in request.headers:
            # What a closing page sends has no headers of its own.
            if request.headers.get("sec-fetch-site") != "same-origin":
                raise RefusedError(403, "origin", "This request did not come from the page.")
            body = await _body(request, protocol.Answers)
            # Without a cookie, the series' token is known to its participant alone.
            return await self._done(request, self.store.answers, body)
        body = await self._given(request, protocol.Answers)
        return await self._done(request, self.store.answers, body)

    async def finish(self, request: Request) -> Response:
        body = await self._given(request, protocol.Finish)
        return await self._done(request, self.store.finish, body.series)

    async def withdraw(self, request: Request) -> Response:
        _own_page(request)
        if not self._guesses.allows(request.client.host if request.client else ""):
            raise RefusedError(429, "often", "Too many requests. Please wait a moment.")
        body = await _body(request, protocol.Withdraw)
        return JSONResponse({"deleted": await run_in_threadpool(self.store.withdraw, body.code)})

    async def image(self, request: Request) -> Response:
        given = request.path_params
        session = _session(request)
        path = await run_in_threadpool(self.store.image, session, given["series"], given["place"])
        return FileResponse(path, headers={"Cache-Control": "private, max-age=86400, immutable"})

    async def plan(self, request: Request) -> Response:
        self._administrator(request)
        made = await run_in_threadpool(self.store.plan, request.path_params["series"])
        images = self.store.experiment.images
        return JSONResponse(
            {
                "participant": made.participant,
                "number": made.number,
                "trials": [
                    {
                        "image": trial.image,
                        "role": trial.role,
                        "practice": trial.practice,
                        "lag": trial.lag,
                        "photograph": trial.photograph,
                        "side": trial.side,
                        "key": images[trial.image].key,
                        "alpha": images[trial.image].alpha,
                    }
                    for trial in made.trials
                ],
            }
        )

    def _administrator(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        known = hmac.compare_digest(token.encode(), self._admin_token.encode())
        if scheme.lower() != "bearer" or not known:
            raise RefusedError(401, "token", "The administrator's token is needed.")

    async def _given(self, request: Request, kind: type[Body]) -> Body:
        _own_page(request)
        if not self._sessions.allows(_session(request)):
            raise RefusedError(429, "often", "Too many requests. Please wait a moment.")
        return await _body(request, kind)

    async def _done(self, request: Request, step: Callable[..., Any], *given: Any) -> Response:
        session = request.cookies.get(COOKIE)
        return JSONResponse(await run_in_threadpool(step, session, *given))


def _session(request: Request) -> str:
    found = request.cookies.get(COOKIE)
    if not found:
        raise RefusedError(401, "session", "Please load the page again.")
    return found


def _own_page(request: Request) -> None:
    """Refuse what another site has a participant's browser send."""
    origin, host = request.headers.get("origin"), request.headers.get("host", "")
    own = origin is None or origin.partition("://")[2] == host
    if "x-mnemo" not in request.headers or not own:
        raise RefusedError(403, "origin", "This request did not come from the page.")


async def _body(request: Request, kind: type[Body]) -> Body:
    given = bytearray()
    async for part in request.stream():
        given += part
        if len(given) > LARGEST:
            raise RefusedError(413, "large", "This request is too large.")
    try:
        return kind.model_validate_json(bytes(given))
    except ValidationError as why:
        raise RefusedError(400, "body", "This request is not as it should be.") from why


async def _refused(request: Request, why: RefusedError) -> Response:
    told = {"error": why.code, "message": str(why), **why.more}
    return JSONResponse(told, status_code=why.status)


async def _unavailable(request: Request, why: Exception) -> Response:
    LOGGER.error("the database can't be used: %s", why.__cause__)
    told = {"error": "unavailable", "message": "The server is busy. Nothing is lost."}
    return JSONResponse(told, status_code=503)


async def _missing(request: Request, why: Exception) -> Response:
    return JSONResponse({"error": "missing", "message": "There is no such page."}, status_code=404)
