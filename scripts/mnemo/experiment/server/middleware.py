"""What every response has, and what every mistake becomes."""

import logging
import time
from collections.abc import Mapping

from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mnemo.experiment.server.refusals import REFUSALS, RefusedError

LOG = logging.getLogger("mnemo.experiment.server")

_STATUSES = {404: "missing", 405: "method"}


class Protected:
    """Adds the security headers, and logs each request without its query and its address."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app, self._headers = app, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path, start = scope["path"], time.perf_counter()

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                found = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    found.setdefault(name, value)
                if path.startswith(("/api", "/admin")):
                    found["cache-control"] = "no-store"
                # An image says only which series it is of; there are a hundred of each.
                if not path.startswith(("/images/", "/page/")):
                    LOG.info(
                        "%s %s %d %.0f ms",
                        scope["method"],
                        path.encode("unicode_escape").decode()[:200],
                        message["status"],
                        1000 * (time.perf_counter() - start),
                    )
            await send(message)

        await self._app(scope, receive, sent)


def refusal(words: Mapping[str, str], code: str, more: Mapping[str, object]) -> JSONResponse:
    """Return the response to a request that is refused.

    Args:
        words: The words of the page, which may have a sentence of their own for it.
        code: Why, of `REFUSALS`.
        more: What else the page is told.

    Returns:
        The response.
    """
    status, message = REFUSALS[code]
    content = {"error": code, "message": words.get(f"error_{code}", message), **more}
    wait = {"retry-after": "2"} if status in (429, 503) else None
    return JSONResponse(content, status, headers=wait)


class Mistakes:
    """Turns what is raised into a response."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = words

    async def refused(self, _request: Request, why: Exception) -> JSONResponse:
        """Answer a request that is refused."""
        assert isinstance(why, RefusedError)
        return refusal(self._words, why.code, why.more)

    async def unavailable(self, _request: Request, why: Exception) -> JSONResponse:
        """Answer while the database can't be used."""
        LOG.warning("the database is not available: %s", why.__cause__ or why)
        return refusal(self._words, "unavailable", {})

    async def unknown(self, _request: Request, why: Exception) -> JSONResponse:
        """Answer a request for what isn't there."""
        status = why.status_code if isinstance(why, HTTPException) else 500
        return refusal(self._words, _STATUSES.get(status, "invalid"), {})

    async def failed(self, _request: Request, why: Exception) -> JSONResponse:
        """Answer when something is wrong with the server itself."""
        LOG.error("a request failed", exc_info=why)
        kind = "unavailable" if isinstance(why, SQLAlchemyError) else "failed"
        return refusal(self._words, kind, {})
