"""Files that appear whole or not at all."""

import errno
import os
import re
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mnemo.errors import MnemoError

#: How the name of a file that is being written ends: who writes it, on which machine. Names of
#: machines may have dots and dashes, and no @.
WRITER = re.compile(r"\.(?P<process>\d+)@(?P<machine>[^@]+)\.partial$")


@contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """Give a path to write to, and give the file its name once it is written.

    Of several that write the same file at once, on whatever machines, each writes all of it, and
    the last to end gives its content.

    Args:
        path: Where the file goes; its folder must exist.

    Yields:
        A path beside it, for the time of writing.

    Raises:
        MnemoError: The disk is full, or the user's share of it.
    """
    path = Path(path)
    # Machines may share a name (localhost), and containers of one machine a process id.
    unique = secrets.token_hex(4)
    partial = path.with_name(f".{path.name}.{unique}.{os.getpid()}@{socket.gethostname()}.partial")
    try:
        yield partial
        partial.replace(path)
    except OSError as why:
        if why.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise MnemoError(
                f"{path} could not be written: {os.strerror(why.errno)}. Nothing is lost: make "
                "room and run the same command again."
            ) from why
        raise
    finally:
        partial.unlink(missing_ok=True)
