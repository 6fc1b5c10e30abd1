"""A folder of an experiment with small images, and participants who play it by the protocol."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from PIL import Image
from starlette.testclient import TestClient
from tests.support import experiments
from tests.support.experiments import ALPHAS, SHORT

from mnemo.experiment import folder
from mnemo.experiment.folder import Photograph, Picture
from mnemo.experiment.server import app
from mnemo.experiment.server.served import Served
from mnemo.experiment.settings import ForcedChoice, MemoryGame
from mnemo.experiment.stimuli import Experiment

#: Two short series for each participant.
GAME = MemoryGame(**{**vars(SHORT), "most_series": 2})
PAIRS = ForcedChoice(**{**vars(experiments.PAIRS), "most_series": 2})
HEADERS = {"X-Mnemo": "1"}
DEVICE = {"width": 1280, "height": 800, "pixel_ratio": 1, "refresh_hz": 60, "touch": False}


def pictures(first: int, count: int) -> Iterator[Picture]:
    """Make images of some seeds, each at all alphas, that differ in their pixels."""
    for seed in range(first, first + count):
        for place, alpha in enumerate(ALPHAS):
            pixels = np.random.default_rng((seed, place)).integers(0, 256, (8, 8, 3), np.uint8)
            buffer = BytesIO()
            Image.fromarray(pixels).save(buffer, format="png")
            yield Picture(f"{seed:07d}", seed, alpha, "memorable", buffer.getvalue())


def export(place: Path, **changes: Any) -> Experiment:
    """Export a memory game of two short series, a demonstration."""
    given: dict[str, Any] = {"name": "people", "study": "faces", "demo": True, **changes}
    return folder.export(place, GAME, pictures(0, 30), pictures(1000, 27), **given)


def export_pairs(place: Path) -> Experiment:
    """Export a forced choice of two short series, a demonstration."""
    return folder.export(
        place,
        PAIRS,
        pictures(0, 20),
        pictures(1000, 3),
        name="pairs",
        study="faces",
        vigilance=pictures(2000, 8),
        photographs=[Photograph(each.content) for each in pictures(3000, 7)],
        demo=True,
    )


def answer(trial: int, given: str = "new", **more: Any) -> dict[str, Any]:
    """Return the answer to a trial as the page sends it."""
    rt = 512.5 if given == "old" else None
    return {"trial": trial, "answer": given, "rt": rt, "shown_ms": 600.0, **more}


def visitor(site: Served) -> TestClient:
    return TestClient(app.make(site), headers=HEADERS)


def begin(browser: TestClient, **parameters: str) -> dict[str, Any]:
    """Come, consent, and have a series dealt."""
    status = browser.post("/api/enter", json={"parameters": parameters}).json()
    if status["state"] == "consent":
        agreed = {"version": status["consent_version"], "agreed": True}
        assert browser.post("/api/consent", json=agreed).json()["state"] == "ready"
    made: dict[str, Any] = browser.post("/api/series", json={"device": DEVICE}).json()
    return made


def send(browser: TestClient, series: str, *answers: dict[str, Any], **more: Any) -> Any:
    body = {"series": series, "answers": list(answers), **more}
    return browser.post("/api/answers", json=body)


def rows(site: Served, table: sa.Table) -> list[Any]:
    with site.database.reading() as db:
        return list(db.execute(sa.select(table)))
