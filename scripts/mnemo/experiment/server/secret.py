"""The secrets of a server, in files that only their owner may read, and what is made of them."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from mnemo import files
from mnemo.errors import MnemoError
from mnemo.experiment.server.database import STUDY, Database

#: Environment variable with the administrator's token, in place of the file.
VARIABLE = "MNEMO_ADMIN_TOKEN"
#: Characters of the administrator's token, at least.
SHORTEST = 16

# 32 letters and digits, without those that are mistaken for each other.
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class Secrets(NamedTuple):
    """The secrets of one experiment.

    Attributes:
        salt: Key of all hashes and codes of participants.
        token: The administrator's token.
    """

    salt: bytes
    token: str

    def person(self, source: str, identifier: str) -> str:
        """Return the hash by which a person is known; the ID itself is not stored.

        Args:
            source: Where the ID is from.
            identifier: The ID.

        Returns:
            HMAC-SHA256 of both under the salt, in hexadecimal.
        """
        return hmac.new(self.salt, f"{source}|{identifier}".encode(), hashlib.sha256).hexdigest()

    def code(self, purpose: str, participant: int) -> str:
        """Return a code that only this participant is told.

        Args:
            purpose: What the code is for.
            participant: Number of the participant.

        Returns:
            16 letters and digits in groups of four.
        """
        digest = hmac.new(self.salt, f"{purpose}|{participant}".encode(), hashlib.sha256).digest()
        letters = [_LETTERS[byte % len(_LETTERS)] for byte in digest[:16]]
        return "-".join("".join(letters[place : place + 4]) for place in range(0, 16, 4))


def hashed(code: str) -> str:
    """Return the hash under which a code or the token of a session is stored.

    Args:
        code: The code; spaces, dashes and case don't matter.

    Returns:
        Its sha256, in hexadecimal.
    """
    plain = code.replace("-", "").replace(" ", "").upper()
    return hashlib.sha256(plain.encode()).hexdigest()


def prepare(data: Path, database: Database) -> Secrets:
    """Read the secrets of an experiment; make them at the first start.

    Args:
        data: The folder that they are in.
        database: The database, which knows which salt its hashes were made with.

    Returns:
        The secrets.

    Raises:
        MnemoError: The salt is gone or another one, the token is too short, or a file can't be
            written.
    """
    path = data / "salt"
    with database.writing() as connection:
        known = connection.execute(sa.select(STUDY.c.salt)).scalar_one()
        if known and not path.exists():
            raise MnemoError(
                f"{path} is missing: without it, participants who come again would be taken for "
                "others. Put it back. If you deleted it to make the answers anonymous, the "
                "experiment is over: export it, or begin anew with another --data and --database."
            )
        salt = bytes.fromhex(_kept(path, secrets.token_hex(32)))
        fingerprint = _fingerprint(salt)
        _check(path, known or fingerprint, salt)
        connection.execute(sa.update(STUDY).values(salt=fingerprint))
    token = administrator(data)
    if len(token) < SHORTEST:
        raise MnemoError(
            f"the administrator's token has {len(token)} characters, which can be guessed: give "
            f"{VARIABLE} or {data / 'admin-token'} at least {SHORTEST}."
        )
    return Secrets(salt, token)


def stored(data: Path, database: Database) -> Secrets:
    """Read the secrets of an experiment that is served by another process.

    Args:
        data: The folder that they are in.
        database: The database, which is only read.

    Returns:
        The secrets, with a token of the administrator that nobody knows.

    Raises:
        MnemoError: The salt is gone or another one.
    """
    path = data / "salt"
    with database.reading() as connection:
        known = connection.execute(sa.select(STUDY.c.salt)).scalar_one()
    try:
        salt = bytes.fromhex(path.read_text(encoding="ascii"))
    except (OSError, ValueError) as why:
        raise MnemoError(
            f"{path} can't be read ({why}), and all codes are made with it: put it back, or give "
            "its folder with --data. If you deleted it, the answers are anonymous, and nobody can "
            "be paid by code any more."
        ) from why
    _check(path, known, salt)
    return Secrets(salt, secrets.token_urlsafe(24))


def _fingerprint(salt: bytes) -> str:
    return hashlib.sha256(b"fingerprint" + salt).hexdigest()


def _check(path: Path, known: str | None, salt: bytes) -> None:
    if known != _fingerprint(salt):
        raise MnemoError(
            f"{path} is not the salt that the database was begun with: put the right file back, or "
            "give its folder with --data."
        )


def administrator(data: Path) -> str:
    """Return the administrator's token; make it if there is none.

    Args:
        data: The folder that it is in, unless the environment has it.

    Returns:
        The token.

    Raises:
        MnemoError: The file can't be read or written.
    """
    return os.environ.get(VARIABLE) or _kept(data / "admin-token", secrets.token_urlsafe(24))


def _kept(path: Path, new: str) -> str:
    """Read a file; if it isn't there, create it, readable by its owner only."""
    try:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text(encoding="ascii").strip()
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(new + "\n")
            file.flush()
            os.fsync(file.fileno())
        return new
    except (OSError, ValueError) as why:
        if isinstance(why, OSError):
            raise files.refused(path, why) from why
        raise MnemoError(f"{path} is not as Mnemo wrote it: put it back.") from why
