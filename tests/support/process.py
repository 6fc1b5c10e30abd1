"""The server of an experiment in a process of its own, which can be killed."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.support.paths import ROOT

from mnemo.experiment.server import run

PATIENCE = 60.0  # seconds that the server may take to start

# The command `serve` but for the libraries of the page, which no participant asks for here.
_SERVE = """\
import socket, sys
from mnemo.experiment.server import run, served
folder, data, url, listener = sys.argv[1:]
ready = served.serve(folder, data=data, url=url or None)
run.server(ready).run(sockets=[socket.socket(fileno=int(listener))])
"""


class Process:
    """A server at a port that stays its own.

    Attributes:
        address: Where it is, as a URL without a slash at its end.
    """

    def __init__(self, program: str, words: Sequence[str], log: Path) -> None:
        self._command, self._log = [sys.executable, "-c", program, *words], log
        with run.listen("127.0.0.1", 0) as free:
            self._port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self._port}"
        self.start()

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        # Until it accepts, requests wait in the queue of the port.
        with run.listen("127.0.0.1", self._port) as listener, self._log.open("a") as log:
            self._process = subprocess.Popen(
                [*self._command, str(listener.fileno())],
                env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
                pass_fds=[listener.fileno()],
                stdout=log,
                stderr=log,
            )
        end = time.monotonic() + PATIENCE
        while not self._answers():
            assert self._process.poll() is None, self._log.read_text()
            assert time.monotonic() < end, self._log.read_text()
            time.sleep(0.05)

    def kill(self) -> None:
        """End the server by SIGKILL, in the midst of whatever it does."""
        self._process.kill()
        self._process.wait()

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/health", timeout=5):
                return True
        except OSError:
            return False


def serving(folder: Path, data: Path, url: str | None) -> AbstractContextManager[Process]:
    """Serve an experiment in a process that lasts no longer than the context."""
    return running(_SERVE, [str(folder), str(data), url or ""], data / "server.log")


@contextmanager
def running(program: str, words: Sequence[str], log: Path) -> Iterator[Process]:
    """Run a program that serves at a socket, whose number is its last argument."""
    server = Process(program, words, log)
    try:
        yield server
    finally:
        server.kill()
