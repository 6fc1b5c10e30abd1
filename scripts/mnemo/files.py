"""Atomic writing of files: a file appears complete or not at all."""

import errno
import os
import re
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mnemo.errors import MnemoError

#: How the name of an unfinished file ends: the id of the process that writes it, and its machine.
#: Machine names may contain dots and dashes, but no @.
WRITER = re.compile(r"\.(?P<process>\d+)@(?P<machine>[^@]+)\.partial$")

_FULL = "Finished files are kept: free some space and run the same command again."
_DENIED = "Allow writing there, or move the folder to another disk; then run the command again."
_REMEDIES = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), _FULL),
    **dict.fromkeys((errno.EROFS, errno.EACCES, errno.EPERM), _DENIED),
}


@contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """Write to a temporary path, which is renamed to the final path once the file is complete.

    Several processes, on one machine or many, may write the same file at the same time: each
    writes its own complete copy, and the last to finish replaces the others.

    Args:
        path: The final path; its folder must exist.

    Yields:
        The temporary path, in the same folder.

    Raises:
        MnemoError: The disk or the user's quota is full, or nothing can be written there.
    """
    path = Path(path)
    # Two machines may share a name (localhost), and two containers on a machine a process id.
    unique = secrets.token_hex(4)
    partial = path.with_name(f".{path.name}.{unique}.{os.getpid()}@{socket.gethostname()}.partial")
    try:
        yield partial
        partial.replace(path)
    except OSError as why:
        remedy = _REMEDIES.get(why.errno or 0)
        # It may be another file, read meanwhile, that this user may not open.
        if remedy == _FULL or (remedy and why.filename in (None, str(partial))):
            raise refused(path, why) from why
        raise
    finally:
        # On a read-only disk, even this fails.
        with suppress(OSError):
            partial.unlink()


def refused(path: str | Path, why: OSError) -> MnemoError:
    """Return the error that a file or folder can't be written, with the remedy.

    Args:
        path: Where it goes.
        why: What the system answered.

    Returns:
        The error, to be raised.
    """
    reason = os.strerror(why.errno) if why.errno else str(why)
    return MnemoError(
        f"{path} could not be written: {reason}. {_REMEDIES.get(why.errno or 0, _DENIED)}"
    )
