"""An experiment that the real server serves, and what its database holds."""

import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mnemo.experiment import folder
from mnemo.experiment.folder import Photograph, Picture
from mnemo.experiment.server import run, served
from mnemo.experiment.settings import MemoryGame, Settings
from tests.support.paths import ROOT

ALPHAS = (-0.1, 0.0, 0.1)
PATIENCE = 30.0  # seconds that the server may take to start


class Site:
    """A server, and what its database holds.

    Attributes:
        url: Where it is.
    """

    def __init__(self, url: str, data: Path) -> None:
        self.url, self._data = url, data

    def answers(self, series: str, least: int = 0) -> list[dict[str, Any]]:
        """Return the answers to a series that are in the database, in the order of its trials.

        What a page sends while it closes comes a moment later: wait for as many as are expected.
        """
        end = time.monotonic() + 5
        while True:
            found = self.rows(
                "SELECT answers.* FROM answers JOIN series ON answers.series = series.id "
                "WHERE series.token = ? ORDER BY trial",
                series,
            )
            if len(found) >= least or time.monotonic() > end:
                return found
            time.sleep(0.05)

    def events(self, series: str) -> list[str]:
        """Return what happened around a series."""
        found = self.rows(
            "SELECT events.kind FROM events JOIN series ON events.series = series.id "
            "WHERE series.token = ? ORDER BY seq",
            series,
        )
        return [each["kind"] for each in found]

    def state(self, series: str) -> str:
        """Return the state of a series."""
        return str(self.rows("SELECT state FROM series WHERE token = ?", series)[0]["state"])

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Return what a query finds in the database."""
        path = self._data / "answers.sqlite"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, values)]


class Process(Site):
    """A server in a process of its own, which can be killed."""

    def __init__(self, place: Path, data: Path) -> None:
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        super().__init__(f"http://127.0.0.1:{port}", data)
        options = ("--data", str(data), "--port", str(port))
        self._command = ("-m", "mnemo.experiment", "serve", str(place), *options)
        self.start()

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        log = self._data / "server.log"
        self._log = log.open("a")
        self._process = subprocess.Popen(
            [sys.executable, *self._command],
            env={"PYTHONPATH": str(ROOT / "scripts"), "PATH": "/usr/bin:/bin"},
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        end = time.monotonic() + PATIENCE
        while not self._answers():
            assert self._process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=1):
                return True
        except OSError:
            return False

    def kill(self) -> None:
        """End the server as a power cut would."""
        self._process.kill()
        self._process.wait()
        self._log.close()


@contextmanager
def serving(place: Path, recruitment: str = "", data: Path | None = None) -> Iterator[Site]:
    """Serve the experiment of a folder within this process, which is quick to start."""
    (place / "recruitment.yaml").write_text(recruitment)
    ready = served.serve(place, data=data)
    try:
        with run.running(ready) as url:
            yield Site(url, data or place / "answers")
    finally:
        ready.database.close()


def export(place: Path, settings: Settings) -> Path:
    """Write the folder of an experiment, with just the images that its settings need."""
    series = settings.most_series
    others: dict[str, Any]
    if isinstance(settings, MemoryGame):
        count = series * (settings.fillers + settings.vigilance)
        fillers = count + settings.practice_fillers + settings.practice_vigilance
        others = {}
    else:
        fillers = settings.practice
        count = series * settings.length + settings.practice
        others = {
            "vigilance": pictures(20_000, series * settings.vigilance, (None,)),
            "photographs": [Photograph(encoded(10**7 + each)) for each in range(count)],
        }
    folder.export(
        place,
        settings,
        pictures(0, series * settings.targets),
        pictures(10_000, fillers),
        name="people",
        study="faces",
        demo=True,
        **others,
    )
    return place


def pictures(first: int, count: int, alphas: tuple[float | None, ...] = ALPHAS) -> list[Picture]:
    return [
        Picture(
            f"{seed:07d}",
            seed,
            alpha,
            None if alpha is None else "memorable",
            encoded(10 * seed + number),
        )
        for seed in range(first, first + count)
        for number, alpha in enumerate(alphas)
    ]


def encoded(number: int) -> bytes:
    """Encode an image of its own for each number."""
    random = np.random.default_rng(number)
    pixels = random.integers(0, 256, (6, 6, 3), dtype=np.uint8)
    buffer = BytesIO()
    Image.fromarray(pixels).resize((64, 64), Image.Resampling.BICUBIC).save(buffer, format="PNG")
    return buffer.getvalue()
