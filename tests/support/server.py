"""A web server for the tests, which can do what servers and networks do to a download."""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread


@dataclass
class Site:
    """What the server gives at every path, and how.

    Attributes:
        content: The file.
        etag: Its ETag.
        modified: Its date, in seconds since 1970.
        ranges: Whether a part can be asked for.
        heeds_if_range: Whether a part of another version than the one asked for is withheld.
        answers: What the next requests get instead of the file: a status; or after how many bytes
            the connection ends (`cut`), breaks (`reset`) or falls silent (`stall`).
        changes_to: Content, ETag and date after the next request.
        promised: A false Content-Length.
        pace: Seconds before each piece of 100,000 bytes.
        retry_after: Seconds that a refusal asks to be left alone for.
        moved: Whether each path only leads to another.
        url: Where the server is.
        asked: The headers of the requests that came.
        paths: Their paths.
        sent: Bytes of content that were sent.
        at_once: Most requests that were served at the same time.
    """

    content: bytes = b""
    etag: str | None = '"1"'
    modified: int | None = None
    ranges: bool = True
    heeds_if_range: bool = True
    answers: list[int | tuple[str, int]] = field(default_factory=list)
    changes_to: tuple[bytes, str | None, int | None] | None = None
    promised: int | None = None
    pace: float = 0
    retry_after: int | None = None
    moved: bool = False
    url: str = ""
    asked: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    sent: int = 0
    at_once: int = 0
    serving: int = 0
    lock: Lock = field(default_factory=Lock)

    def version(self) -> dict[str, str]:
        """Give the headers that tell this version of the file from others."""
        told = {} if self.etag is None else {"ETag": self.etag}
        if self.modified is not None:
            told["Last-Modified"] = formatdate(self.modified, usegmt=True)
        return told


class _Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        with self.site.lock:
            self.site.serving += 1
            self.site.at_once = max(self.site.at_once, self.site.serving)
        try:
            self.answer()
        except OSError:  # the client went away
            self.close_connection = True
        finally:
            with self.site.lock:
                self.site.serving -= 1

    def answer(self) -> None:
        site = self.site
        if site.moved and not self.path.startswith("/moved"):
            self.head(302, {"Location": f"/moved{self.path}"})
            return
        site.asked.append(dict(self.headers.items()))
        site.paths.append(self.path)
        fault = site.answers.pop(0) if site.answers else ("", len(site.content) + 1)
        if isinstance(fault, int):
            wait = {"Retry-After": str(site.retry_after)} if site.retry_after else {}
            self.head(fault, {"Content-Length": "0", **wait})
            return
        start = self.start()
        whole, version = site.content, site.version()
        if site.changes_to:
            (site.content, site.etag, site.modified), site.changes_to = site.changes_to, None
        if start is not None and start >= len(whole):
            self.head(416, {"Content-Range": f"bytes */{len(whole)}", "Content-Length": "0"})
            return
        part = whole[start or 0 :]
        length = {"Content-Length": str(len(part) if site.promised is None else site.promised)}
        if start is None:
            self.head(200, {**length, **version})
        else:
            covered = f"bytes {start}-{len(whole) - 1}/{len(whole)}"
            version.pop("Last-Modified", None)  # RFC 9110, section 15.3.7
            self.head(206, {**length, **version, "Content-Range": covered})
        self.body(part, *fault)

    def start(self) -> int | None:
        """Tell from which byte on the file is to be sent; None for all of it."""
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        same = self.headers["If-Range"] in self.site.version().values()
        if not self.site.ranges or not wanted or (self.site.heeds_if_range and not same):
            return None
        return int(wanted[1])

    def body(self, part: bytes, fault: str, until: int) -> None:
        for first in range(0, min(until, len(part)), 100_000):
            piece = part[first : min(first + 100_000, until)]
            time.sleep(self.site.pace)
            # Counted first: whoever has received the last piece may look at once.
            self.site.sent += len(piece)
            self.wfile.write(piece)
        if fault == "stall":
            time.sleep(1)
        if fault == "reset":
            # Without lingering, close sends a reset in place of an orderly end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            self.connection.close()

    def head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    """Serve a site for the time of the block."""
    handler = type("Handler", (_Handler,), {"site": site})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        site.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()
