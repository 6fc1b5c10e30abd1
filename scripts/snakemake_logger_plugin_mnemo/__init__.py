"""Snakemake's logger plugin `mnemo`: one line that tells how far the run is; the rest in a file.

Snakemake finds it by the name of its folder: snakemake --logger mnemo
"""

import os
import sys
import threading
import time
from logging import LogRecord
from pathlib import Path

from snakemake_interface_logger_plugins.base import LogHandlerBase

#: Seconds between two lines where they can't replace each other.
PERIOD = 20


class LogHandler(LogHandlerBase):
    """Shows progress on what was standard error, which goes to a log file with standard output."""

    writes_to_stream = False  # so that Snakemake writes its own messages too: to the log file
    writes_to_file = False
    has_filter = True
    has_formatter = True
    needs_rulegraph = False

    def __post_init__(self) -> None:
        """Send all that this process and its jobs print to a log file."""
        # Imported here, because Snakemake finds this plugin whichever checkout it runs.
        from mnemo.plan.progress import Progress

        log = Path("logs", time.strftime("%Y-%m-%d-%H%M%S.log"))
        self.progress, self.ended = Progress(log), threading.Event()
        if self.common_settings.dryrun:
            self.ended.set()
            return
        log.parent.mkdir(exist_ok=True)
        self.outputs = [os.dup(1), os.dup(2)]
        self.screen = os.fdopen(os.dup(2), "w")
        with log.open("a") as file:
            self._redirect(file.fileno(), file.fileno())
        self.ticker = threading.Thread(target=self._tick, daemon=True)

    def emit(self, record: LogRecord) -> None:
        """Show what a record tells.

        Args:
            record: One of Snakemake's.
        """
        if self.ended.is_set():
            return
        waits = not self.progress.plan
        if news := self.progress.read(record):
            self._show(f"{news}\n")
        if waits and self.progress.plan:
            self._show(
                f"{len(self.progress.plan)} steps to do; all messages go to {self.progress.log}\n"
            )
            self.ticker.start()

    def close(self) -> None:
        """Show how the run ended, and give standard output and error back."""
        if not self.ended.is_set():
            self.ended.set()
            self._redirect(*self.outputs)
            if told := self.progress.end(time.time()):
                self._show(f"{told}\n")
        super().close()

    def _redirect(self, *outputs: int) -> None:
        """Let standard output and error go elsewhere."""
        sys.stdout.flush()
        sys.stderr.flush()
        for number, output in enumerate(outputs, start=1):
            os.dup2(output, number)

    def _tick(self) -> None:
        """Show the line again and again until the run ends."""
        while not self.ended.wait(1 if self.screen.isatty() else PERIOD):
            self.acquire()
            line = self.progress.line(time.time())
            self._show(line if self.screen.isatty() else f"{line}\n")
            self.release()

    def _show(self, text: str) -> None:
        """Write in place of the line that is there."""
        if self.screen.isatty():
            columns = os.get_terminal_size(self.screen.fileno()).columns or 80
            text = "\r\x1b[K" + (text if text.endswith("\n") else text[: columns - 1])
        self.screen.write(text)
        self.screen.flush()
