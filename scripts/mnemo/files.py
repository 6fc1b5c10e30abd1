"""Atomic writing of files: a file appears complete or not at all."""

import errno
import os
import re
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mnemo.errors import MnemoError

#: How the name of an unfinished file ends: the id of the process that writes it, and its machine.
#: Machine names may contain dots and dashes, but no @.
WRITER = re.compile(r"\.(?P<process>\d+)@(?P<machine>[^@]+)\.partial$")


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
        MnemoError: The disk or the user's quota is full.
    """
    path = Path(path)
    # Two machines may share a name (localhost), and two containers on a machine a process id.
    unique = secrets.token_hex(4)
    partial = path.with_name(f".{path.name}.{unique}.{os.getpid()}@{socket.gethostname()}.partial")
    try:
        yield partial
        partial.replace(path)
    except OSError as why:
        if why.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise MnemoError(
                f"{path} could not be written: {os.strerror(why.errno)}. Finished files are kept: "
                "free some space and run the same command again."
            ) from why
        raise
    finally:
        partial.unlink(missing_ok=True)
