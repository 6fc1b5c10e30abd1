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
from mnemo.experiment.settings import MemoryGame, Settings
from tests.support.paths import ROOT

ALPHAS = (-0.1, 0.0, 0.1)
PATIENCE = 30.0  # seconds that the server may take to start


class Site:
    """A server in a process of its own.

    Attributes:
        url: Where it is.
    """

    def __init__(self, place: Path) -> None:
        self._folder = place
        with closing(socket.socket()) as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self.start()

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        self._log = (self._folder / "server.log").open("a")
        command = ["-m", "mnemo.experiment", "serve", str(self._folder), "--port", str(self._port)]
        self._process = subprocess.Popen(
            [sys.executable, *command],
            env={"PYTHONPATH": str(ROOT / "scripts"), "PATH": "/usr/bin:/bin"},
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        end = time.monotonic() + PATIENCE
        while not self._answers():
            log = (self._folder / "server.log").read_text()
            assert self._process.poll() is None, log
            assert time.monotonic() < end, log
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

    def answers(self, series: str, least: int = 0) -> list[dict[str, Any]]:
        """Return the answers to a series that are in the database, in the order of its trials.

        What a page sends while it closes comes a moment later: wait for as many as are expected.
        """
        end = time.monotonic() + 5
        while True:
            found = self._rows(
                "SELECT answers.* FROM answers JOIN series ON answers.series = series.id "
                "WHERE series.token = ? ORDER BY trial",
                series,
            )
            if len(found) >= least or time.monotonic() > end:
                return found
            time.sleep(0.05)

    def events(self, series: str) -> list[str]:
        """Return what happened around a series."""
        found = self._rows(
            "SELECT events.kind FROM events JOIN series ON events.series = series.id "
            "WHERE series.token = ? ORDER BY seq",
            series,
        )
        return [each["kind"] for each in found]

    def state(self, series: str) -> str:
        """Return the state of a series."""
        return str(self._rows("SELECT state FROM series WHERE token = ?", series)[0]["state"])

    def _rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        path = self._folder / "answers" / "answers.sqlite"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, values)]


@contextmanager
def serving(place: Path, settings: Settings, recruitment: str = "") -> Iterator[Site]:
    """Serve an experiment with just the images that its settings need."""
    export(place, settings)
    (place / "recruitment.yaml").write_text(recruitment)
    site = Site(place)
    try:
        yield site
    finally:
        site.kill()


def export(place: Path, settings: Settings) -> None:
    """Write the folder of an experiment."""
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
