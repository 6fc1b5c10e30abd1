"""What keeps requests out: headers, sizes and rates."""

import hmac
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request

from mnemo.experiment.server.protocol import LARGEST
from mnemo.experiment.server.recruitment import FRAMES, Recruitment
from mnemo.experiment.server.refusals import RefusedError


def headers(recruitment: Recruitment) -> dict[str, str]:
    """Return the headers of every response.

    Args:
        recruitment: Where participants come from; Mechanical Turk shows the page in a frame.

    Returns:
        The headers.
    """
    framed = recruitment.source == "mturk"
    policy = {
        "default-src": "'self'",
        "img-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        # Where the form at the end is sent, and where that may send the browser on.
        "form-action": " ".join(("'self'", *(FRAMES if framed else ()))),
        "frame-ancestors": " ".join(FRAMES) if framed else "'none'",
    }
    return {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
        "cross-origin-resource-policy": "same-origin",
    }


def check_origin(given: Headers, *, beacon: bool = False) -> None:
    """Refuse a request that changes something, unless the page itself sent it.

    Args:
        given: Headers of the request.
        beacon: Whether the browser sent it as the page was closed, without headers of ours.

    Raises:
        RefusedError: It comes from elsewhere.
    """
    check_site(given)
    if given.get("sec-fetch-site") is None if beacon else given.get("x-mnemo") != "1":
        raise RefusedError("forbidden")


def check_site(given: Headers) -> None:
    """Refuse a request of which the browser says that another site sent it.

    Args:
        given: Headers of the request.

    Raises:
        RefusedError: It comes from elsewhere.
    """
    site, origin = given.get("sec-fetch-site"), given.get("origin")
    if site not in (None, "same-origin"):
        raise RefusedError("forbidden")
    if origin is not None and not _is_of(origin, given.get("host")):
        raise RefusedError("forbidden")


def _is_of(origin: str, host: str | None) -> bool:
    """Return whether an origin is that of a host and port; one that can't be read is not."""
    try:
        return urlsplit(origin).netloc == host
    except ValueError:
        return False


async def body(request: Request) -> bytes:
    """Read the body of a request, up to the largest that is taken.

    Args:
        request: The request.

    Returns:
        Its body.

    Raises:
        RefusedError: It is too large.
    """
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and int(length) > LARGEST:
        raise RefusedError("large")
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > LARGEST:
            raise RefusedError("large")
    return bytes(read)


def same(given: str, secret: str) -> bool:
    """Compare a secret in a time that does not tell where it differs."""
    return hmac.compare_digest(given.encode(), secret.encode())


def address(request: Request) -> str:
    """Return where a request comes from, by which its rate is limited; empty if it is not known."""
    return request.client.host if request.client else ""


class Rate:
    """A limit of how often something may happen, in memory only."""

    #: Keys that are remembered.
    KEYS = 100_000

    def __init__(self, each_second: float, at_once: int) -> None:
        """Allow so many a second on average, and so many at once."""
        self._each_second, self._at_once = each_second, at_once
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def check(self, key: str) -> None:
        """Count one more.

        Args:
            key: Whose it is.

        Raises:
            RefusedError: It is one too many.
        """
        left, seconds = self._now(key)
        if left < 1:
            raise RefusedError("often")
        self._left[key] = (left - 1, seconds)
        self._left.move_to_end(key)
        if len(self._left) > self.KEYS:
            self._left.popitem(last=False)

    @contextmanager
    def failures(self, key: str) -> Iterator[None]:
        """Count only what is refused within."""
        if self._now(key)[0] < 1:
            raise RefusedError("often")
        try:
            yield
        except RefusedError:
            self.check(key)
            raise

    def _now(self, key: str) -> tuple[float, float]:
        seconds = time.monotonic()
        left, before = self._left.get(key, (float(self._at_once), seconds))
        return min(self._at_once, left + (seconds - before) * self._each_second), seconds
