"""Logging of a job, to its rule's log file and to the terminal."""

import logging
import sys
from types import TracebackType

from mnemo.errors import MnemoError


def to(path: str) -> None:
    """Send logging, warnings and the error that ends the job to `path` and to the terminal.

    A `MnemoError` is logged as its message alone, because the user can fix it; any other exception
    is logged with its traceback.

    Args:
        path: The rule's log file; it is overwritten.
    """
    # Logs may be written and read in different languages, and names of files have any bytes.
    log = logging.FileHandler(path, mode="w", encoding="utf-8", errors="backslashreplace")
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
        handlers=[log, logging.StreamHandler()],
        force=True,
    )
    logging.captureWarnings(True)

    def record(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        logger = logging.getLogger("mnemo")
        if isinstance(error, MnemoError):
            logger.critical("%s", error)
        else:
            logger.critical("stopped", exc_info=(kind, error, trace))

    sys.excepthook = record
