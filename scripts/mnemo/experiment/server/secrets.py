"""What must not be known: the salt of participants' hashes, the administrator's token, codes."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from mnemo import files
from mnemo.errors import MnemoError

#: The environment variable with the administrator's token, in place of the file.
TOKEN = "MNEMO_ADMIN_TOKEN"
#: Shortest token that is accepted.
SHORTEST = 16

# Without letters and digits that are mistaken for each other.
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


def kept(path: Path) -> str:
    """Read a secret from a file that only its owner can read; make it if there is none.

    Args:
        path: The file.

    Returns:
        The secret, 64 hexadecimal digits if it was made here.

    Raises:
        MnemoError: The file can't be read or written, or is empty.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            found = path.read_text(encoding="utf-8").strip()
        else:
            found = secrets.token_hex(32)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(found + "\n")
    except OSError as why:
        raise files.refused(path, why) from why
    if not found:
        raise MnemoError(
            f"{path} is empty: put back what was in it. If there are no answers yet, delete it."
        )
    return found


def admin_token(folder: Path) -> str:
    """Return the administrator's token: that of the environment, or else the folder's own.

    Args:
        folder: The folder of the answers.

    Returns:
        The token.

    Raises:
        MnemoError: The token of the environment is too short, or the file can't be read.
    """
    given = os.environ.get(TOKEN)
    if given is None:
        return kept(folder / "admin-token")
    if len(given) < SHORTEST:
        raise MnemoError(f"{TOKEN} must have at least {SHORTEST} characters")
    return given


def hashed(salt: str, *words: str) -> str:
    """Return the keyed hash of some words, in hexadecimal digits (HMAC-SHA256)."""
    return hmac.new(salt.encode(), "\0".join(words).encode(), hashlib.sha256).hexdigest()


def code(salt: str, participant: int) -> str:
    """Return the code by which a participant can have everything deleted."""
    number = int(hashed(salt, "withdrawal", str(participant)), 16)
    letters = []
    for _ in range(12):
        number, letter = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[letter])
    text = "".join(letters)
    return "-".join(text[place : place + 4] for place in (0, 4, 8))
