"""The server's answers to a browser: the page, its requests, and the images of a running series."""

import json
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Generic, ParamSpec, TypeVar

import anyio
import anyio.to_thread
import sqlalchemy as sa
from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from mnemo.experiment.server import (
    admin,
    answering,
    dealing,
    protocol,
    recruitment,
    security,
    store,
    texts,
)
from mnemo.experiment.server.database import CONNECTIONS, SERIES, UnavailableError
from mnemo.experiment.server.middleware import Mistakes, Protected
from mnemo.experiment.server.recruitment import Visitor
from mnemo.experiment.server.refusals import RefusedError
from mnemo.experiment.server.served import Served
from mnemo.experiment.server.store import Standing

SESSION, BACK = "mnemo_session", "mnemo_back"
#: Seconds that a browser keeps its session.
REMEMBERED = 90 * 24 * 3600

#: Place of an image in its series; Starlette's own numbers may have more digits than Python reads.
_PLACE = re.compile(r"[0-9]{1,6}")
_VENDORED = re.compile(r"(jspsych|@jspsych/[a-z0-9-]+)/.+")

P = ParamSpec("P")
K = TypeVar("K")
V = TypeVar("V")
B = TypeVar("B", bound=BaseModel)


def make(served: Served) -> Starlette:
    """Return the application that serves an experiment.

    Args:
        served: The experiment.

    Returns:
        The application.
    """
    experiment = Participants(served)
    mistakes = Mistakes(served.texts.words)

    def post(path: str, does: Callable[[Request], Awaitable[Response]]) -> Route:
        return Route(f"/api/{path}", does, methods=["POST"])

    return Starlette(
        routes=[
            Route("/", _index),
            Route("/health", _health),
            post("enter", experiment.enter),
            post("consent", experiment.consent),
            post("series", experiment.series),
            post("answers", experiment.answers),
            post("finish", experiment.finish),
            post("withdraw", experiment.withdraw),
            Route("/images/{series}/{place}", experiment.image),
            Mount("/page/vendor", _Vendor(directory=texts.PAGE / "node_modules", check_dir=False)),
            Mount("/page", _Page(directory=texts.PAGE, check_dir=False)),
            *admin.routes(served),
        ],
        middleware=[Middleware(Protected, headers=security.headers(served.recruitment))],
        exception_handlers={
            RefusedError: mistakes.refused,
            UnavailableError: mistakes.unavailable,
            HTTPException: mistakes.unknown,
            Exception: mistakes.failed,
        },
    )


class Recent(Generic[K, V]):
    """What was looked up most recently, so that it need not be looked up for each image."""

    def __init__(self, most: int) -> None:
        """Remember at most so many."""
        self._most = most
        self._kept: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        """Return what is known of a key, or None."""
        return self._kept.get(key)

    def put(self, key: K, value: V) -> None:
        """Remember a key."""
        self._kept[key] = value
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def drop(self, holds: Callable[[V], bool]) -> None:
        """Forget every value of which something holds."""
        for key in [key for key, value in self._kept.items() if holds(value)]:
            del self._kept[key]


class Threads:
    """Threads in which the database is used, so that the server goes on meanwhile."""

    def __init__(self, most: int) -> None:
        """Use at most so many."""
        self._most = most
        self._limiter: anyio.CapacityLimiter | None = None

    async def run(self, does: Callable[P, V], *args: P.args, **named: P.kwargs) -> V:
        """Call a function in a thread."""
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(self._most)
        return await anyio.to_thread.run_sync(partial(does, *args, **named), limiter=self._limiter)


class Participants:
    """The requests of participants."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._threads = Threads(CONNECTIONS)
        # For each series its participant and images, as long as it is running.
        self._images: Recent[str, tuple[int, list[str]]] = Recent(5_000)
        self._sessions: Recent[str, int] = Recent(50_000)
        # A class that plays in one room has one address.
        self._enters = security.Rate(20, 400)
        self._withdrawals = security.Rate(0.2, 20)
        self._requests = security.Rate(10, 100)

    async def enter(self, request: Request) -> Response:
        """Recognise or take up a participant."""
        security.check_origin(request.headers)
        self._enters.check(security.address(request))
        sent = await _parsed(request, protocol.Enter)
        session = request.cookies.get(SESSION)
        if session and not sent.parameters:
            # The page was loaded again, and has taken the parameters out of its address.
            known = await self._threads.run(store.participant_of, self._served, session)
            if known is not None:
                return await self._standing(known, _back(request))
        visitor = recruitment.visitor(
            sent.parameters, self._served.recruitment, demo=self._served.experiment.demo
        )
        if visitor.preview:
            return JSONResponse(self._status("preview", {}, None))
        entered = await self._threads.run(store.enter, self._served, visitor, session)
        if entered is None:
            return JSONResponse(self._status("full", visitor.back, None))
        token, participant = entered
        self._sessions.put(token, participant)
        response = await self._standing(participant, visitor.back)
        self._remember(request, response, token, visitor)
        return response

    async def consent(self, request: Request) -> Response:
        """Store whether a participant takes part."""
        participant = await self._participant(request)
        sent = await _parsed(request, protocol.Consent)
        await self._threads.run(
            store.consent, self._served, participant, sent.version, agreed=sent.agreed
        )
        return await self._standing(participant, _back(request))

    async def series(self, request: Request) -> Response:
        """Deal the next series."""
        participant = await self._participant(request)
        sent = await _parsed(request, protocol.Begin)
        dealt = await self._threads.run(
            dealing.deal, self._served, participant, sent.device, force=sent.force
        )
        self._images.drop(lambda found: found[0] == participant)
        self._images.put(dealt.token, (participant, dealt.images))
        return JSONResponse(dealing.shown(self._served, dealt))

    async def answers(self, request: Request) -> Response:
        """Store answers."""
        beacon = request.headers.get("content-type", "").startswith("text/plain")
        participant = await self._participant(request, beacon=beacon)
        sent = await _parsed(request, protocol.Answers)
        receipt = await self._threads.run(answering.receive, self._served, participant, sent)
        stored = {"received": receipt.received, "events": receipt.events}
        if receipt.closed:
            raise RefusedError("closed", **stored)
        return JSONResponse(stored)

    async def finish(self, request: Request) -> Response:
        """Judge a series."""
        participant = await self._participant(request)
        sent = await _parsed(request, protocol.Finish)
        result = await self._threads.run(answering.finish, self._served, participant, sent.series)
        self._images.drop(lambda found: found[0] == participant)
        standing = await self._threads.run(store.standing, self._served, participant)
        status = self._status(standing.state, _back(request), standing)
        verdict = {"valid": result.verdict.valid}
        return JSONResponse({**status, "verdict": verdict, "score": result.score})

    async def withdraw(self, request: Request) -> Response:
        """Delete a participant's answers."""
        security.check_origin(request.headers)
        with self._withdrawals.failures(security.address(request)):
            sent = await _parsed(request, protocol.Withdraw)
            deleted = await self._threads.run(store.withdraw, self._served, sent.code)
        self._images.drop(lambda found: True)
        return JSONResponse({"deleted": deleted})

    async def image(self, request: Request) -> Response:
        """Send an image of a running series to the browser that plays it."""
        session = request.cookies.get(SESSION)
        participant = await self._known(session)
        series, place = request.path_params["series"], request.path_params["place"]
        if not (protocol.TOKEN.fullmatch(series) and _PLACE.fullmatch(place)):
            raise RefusedError("missing")
        found = self._images.get(series)
        if found is None:
            found = await self._threads.run(_running, self._served, series)
            if found is not None:
                self._images.put(series, found)
        if found is None or found[0] != participant or int(place) >= len(found[1]):
            raise RefusedError("missing")
        stimulus = self._served.experiment.images[found[1][int(place)]]
        return FileResponse(
            self._served.folder / stimulus.file,
            headers={"cache-control": "private, max-age=31536000, immutable"},
        )

    async def _participant(self, request: Request, *, beacon: bool = False) -> int:
        """Return whose session a request that changes something is of."""
        security.check_origin(request.headers, beacon=beacon)
        session = request.cookies.get(SESSION)
        participant = await self._known(session)
        self._requests.check(str(participant))
        return participant

    async def _known(self, session: str | None) -> int:
        if not session or len(session) != 64:
            raise RefusedError("session")
        participant = self._sessions.get(session)
        if participant is None:
            participant = await self._threads.run(store.participant_of, self._served, session)
            if participant is None:
                raise RefusedError("session")
            self._sessions.put(session, participant)
        return participant

    async def _standing(self, participant: int, back: Mapping[str, str]) -> JSONResponse:
        standing = await self._threads.run(store.standing, self._served, participant)
        return JSONResponse(self._status(standing.state, back, standing))

    def _status(
        self, state: str, back: Mapping[str, str], standing: Standing | None
    ) -> dict[str, Any]:
        """Describe to the page where a participant stands."""
        served, settings = self._served, self._served.experiment.settings
        written, played = served.texts, standing.finished if standing else 0
        completion, codes = None, {}
        if standing:
            codes = {
                name: served.secrets.code(name, standing.participant)
                for name in ("withdrawal", "payment")
            }
            if ending := store.ending(standing):
                completion = recruitment.completion(
                    served.recruitment, ending, back, codes["payment"]
                )
        dealt = standing.dealt if standing else 0
        return {
            "state": state,
            "kind": settings.kind,
            "title": written.title,
            "demo": served.experiment.demo,
            "texts": {
                "consent": written.consent,
                "instructions": written.instructions,
                # It says what the images are for, which comes after the task.
                "debriefing": written.debriefing if dealt else "",
                "words": written.words,
            },
            "consent_version": written.version,
            "series_played": played,
            "series_left": settings.most_series - dealt,
            "most_series": settings.most_series,
            "pay": settings.pay,
            "earned": standing.earned if standing else 0.0,
            "currency": served.recruitment.currency,
            "seconds": settings.seconds,
            "code": codes.get("withdrawal"),
            "completion": completion,
            "interrupted": standing.interrupted if standing else False,
        }

    def _remember(
        self, request: Request, response: Response, session: str, visitor: Visitor
    ) -> None:
        """Set the cookies: who the browser is, and how it is sent back."""
        framed = self._served.recruitment.source == "mturk"
        # Within a frame of another site, a cookie must say that it is meant to be there.
        where = "SameSite=None; Secure; Partitioned" if framed else "SameSite=Lax"
        if not framed and request.url.scheme == "https":
            where += "; Secure"
        back = json.dumps(visitor.back).encode().hex()
        for name, value in ((SESSION, session), (BACK, back)):
            response.headers.append(
                "set-cookie",
                f"{name}={value}; Path=/; Max-Age={REMEMBERED}; HttpOnly; {where}",
            )


def _running(served: Served, token: str) -> tuple[int, list[str]] | None:
    """Look up the images of a running series."""
    with served.database.reading() as connection:
        found = connection.execute(
            sa.select(SERIES.c.participant, SERIES.c.plan).where(
                SERIES.c.token == token, SERIES.c.state == "running"
            )
        ).one_or_none()
    return None if found is None else (found.participant, found.plan["images"])


async def _parsed(request: Request, kind: type[B]) -> B:
    try:
        return kind.model_validate_json(await security.body(request))
    except ValidationError as why:
        raise RefusedError("invalid") from why


def _back(request: Request) -> dict[str, str]:
    """Read how a visitor is sent back from the visitor's own browser."""
    try:
        found = json.loads(bytes.fromhex(request.cookies.get(BACK, "")))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict) or not all(isinstance(x, str) for x in found.values()):
        return {}
    return found


class _Files(StaticFiles):
    """Files that are missing if the whole folder is, as that of libraries not yet installed is."""

    async def check_config(self) -> None:
        """Let the folder be missing."""

    async def get_response(self, path: str, scope: Any) -> Response:
        if not self.serves(path):
            raise HTTPException(404)
        response = await super().get_response(path, scope)
        response.headers.setdefault("cache-control", "no-cache")
        return response

    def serves(self, path: str) -> bool:
        """Return whether a path may be asked for."""
        raise NotImplementedError


class _Page(_Files):
    """The page's own files."""

    def serves(self, path: str) -> bool:
        return path.split("/")[0] not in ("node_modules", "package.json", "package-lock.json")


class _Vendor(_Files):
    """The libraries that the page uses."""

    def serves(self, path: str) -> bool:
        return _VENDORED.fullmatch(path) is not None


async def _index(_request: Request) -> Response:
    path = texts.PAGE / "index.html"
    if not path.is_file():
        raise RefusedError("missing")
    return FileResponse(path, headers={"cache-control": "no-cache"})


async def _health(_request: Request) -> Response:
    return JSONResponse({"ok": True})
