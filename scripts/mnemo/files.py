"""Files that appear whole or not at all."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mnemo.errors import MnemoError


@contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """Give a path to write to, and give the file its name once it is written.

    Args:
        path: Where the file goes; its folder must exist.

    Yields:
        A path beside it, for the time of writing.

    Raises:
        MnemoError: The disk is full, or the user's share of it.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
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
