"""Answers a second, and their latency, with 50 participants at a time, against plain references.

Participants send one answer in each request; the page sends ten. Flat out, each sends the next one
as soon as the last is acknowledged; at the game's pace, one for each image, every 1.4 s. The
references take the same requests on the same web server: one acknowledges and keeps nothing; the
other commits each body to SQLite as safely as Mnemo does (synchronous = FULL), and checks nothing.
Each server has a process of its own, and the participants another one, so that two cores are
enough. PostgreSQL is left out where it is not installed. Fails where Mnemo takes fewer answers flat
out than come at the game's pace. Usage:

    python benchmarks/server.py [rounds]
"""

import json
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

import numpy as np

# The script's own folder would hide the modules of other names in it.
sys.path[0] = str(Path(__file__).parents[1])

from tests.support import postgresql, process  # noqa: E402
from tests.support.served import DEVICE, HEADERS, answer, pictures  # noqa: E402

from mnemo.experiment import folder  # noqa: E402
from mnemo.experiment.server.app import SESSION  # noqa: E402
from mnemo.experiment.settings import MemoryGame  # noqa: E402

PEOPLE = 50
#: Answers of each participant in a round, flat out and at the game's pace.
FLAT_OUT, PACED = 60, 10
GAME = MemoryGame(most_series=1)
#: Seconds from one image to the next.
PERIOD = (GAME.image_ms + GAME.blank_ms) / 1000
REFERENCE = """\
import socket, sqlite3, sys, threading
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse
from starlette.routing import Route

path, listener = sys.argv[1:]
turn = threading.Lock()
if path:
    database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"):
        database.execute(statement)
    database.execute("CREATE TABLE bodies (body)")

def keep(body):
    with turn:
        database.execute("INSERT INTO bodies VALUES (?)", (body,))

async def answers(request):
    body = await request.body()
    if path:
        await run_in_threadpool(keep, body)
    return JSONResponse({"received": 0, "events": -1})

async def health(request):
    return JSONResponse({"ok": True})

app = Starlette(routes=[
    Route("/api/answers", answers, methods=["POST"]), Route("/health", health),
])
config = uvicorn.Config(app, access_log=False, log_config=None, lifespan="off", ws="none")
uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(listener))])
"""


class Browser:
    """A participant's connection, and the series that is played."""

    def __init__(self, address: str) -> None:
        self._connection = HTTPConnection(address.removeprefix("http://"), timeout=60)
        self._headers = {**HEADERS, "Content-Type": "application/json"}
        self._series = 32 * "0"

    def begin(self) -> None:
        """Come, consent, and have a series dealt."""
        status, cookie = self._post("enter", {})
        self._headers["Cookie"] = f"{SESSION}={cookie}"
        self._post("consent", {"version": status["consent_version"], "agreed": True})
        self._series = self._post("series", {"device": DEVICE})[0]["series"]

    def send(self, trials: range, period: float = 0.0) -> list[float]:
        """Send answers, one in each period; return the seconds that each took."""
        # They do not begin all in the same moment.
        due = time.perf_counter() + period * np.random.default_rng().random()
        took = []
        for trial in trials:
            time.sleep(max(0.0, due - time.perf_counter()))
            start = time.perf_counter()
            self._post("answers", {"series": self._series, "answers": [answer(trial)]})
            took.append(time.perf_counter() - start)
            due += period
        return took

    def _post(self, what: str, body: object) -> tuple[dict[str, str], str]:
        self._connection.request("POST", f"/api/{what}", json.dumps(body), self._headers)
        reply = self._connection.getresponse()
        content = reply.read()
        if reply.status != 200:
            sys.exit(f"/api/{what}: {reply.status} {content.decode()}")
        cookies = reply.headers.get_all("set-cookie", [])
        cookie = next((each for each in cookies if each.startswith(SESSION)), "=;")
        return json.loads(content), cookie.partition("=")[2].partition(";")[0]


class Round(NamedTuple):
    """Answers a second flat out, and the seconds of each, flat out and at the game's pace."""

    rate: float
    flat_out: list[float]
    paced: list[float]


def play(address: str, *, begins: bool) -> Round:
    """Have 50 participants play."""
    browsers = [Browser(address) for _ in range(PEOPLE)]
    with ThreadPoolExecutor(PEOPLE) as pool:

        def everybody(does: Callable[[Browser], list[float]]) -> list[float]:
            return [seconds for took in pool.map(does, browsers) for seconds in took]

        if begins:
            for browser in browsers:
                browser.begin()
        start = time.perf_counter()
        flat_out = everybody(lambda browser: browser.send(range(FLAT_OUT)))
        rate = len(flat_out) / (time.perf_counter() - start)
        later = range(FLAT_OUT, FLAT_OUT + PACED)
        paced = everybody(lambda browser: browser.send(later, PERIOD))
    return Round(rate, flat_out, paced)


def percentile(seconds: list[float], percent: float) -> float:
    """Return a percentile in milliseconds."""
    return 1000 * float(np.percentile(seconds, percent))


def main() -> None:
    """Print rates and latencies of each server, and the rate as a share of the references'."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with ExitStack() as stack:
        made = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        experiment = made / "experiment"
        folder.export(
            experiment, GAME, pictures(0, 60), pictures(1000, 87), name="people", study="faces"
        )

        def reference(name: str, path: str) -> str:
            running = process.running(REFERENCE, [path], made / f"{name}.log")
            return stack.enter_context(running).address

        def ours(name: str, url: str | None) -> str:
            (made / name).mkdir()
            return stack.enter_context(process.serving(experiment, made / name, url)).address

        servers = {
            "nothing kept": reference("nothing", ""),
            "one commit": reference("commit", str(made / "reference.sqlite")),
            "mnemo, SQLite": ours("sqlite", None),
        }
        if not postgresql.missing():
            cluster = stack.enter_context(postgresql.running())
            servers["mnemo, PostgreSQL"] = ours("postgresql", cluster.create())
        found = defaultdict(list)
        for _ in range(rounds):
            for name, address in servers.items():
                found[name].append(play(address, begins=name.startswith("mnemo")))

    print(f"{PEOPLE} participants at a time, {rounds} rounds; milliseconds until acknowledged\n")
    print(f"{'':18} {'flat out':>21} {'':>12} {'at the game’s pace':>20}")
    print(f"{'':18} {'a second':>9} {'50 %':>6} {'99 %':>6} {'of commits':>12} ", end="")
    print(f"{'50 %':>12} {'99 %':>6}")
    rates = {name: np.array([each.rate for each in played]) for name, played in found.items()}
    for name, played in found.items():
        flat_out, paced = ([s for each in played for s in each[part]] for part in (1, 2))
        ratio = float(np.median(rates[name] / rates["one commit"]))
        print(
            f"{name:18} {np.median(rates[name]):9.0f} {percentile(flat_out, 50):6.0f} "
            f"{percentile(flat_out, 99):6.0f} {ratio:12.2f} {percentile(paced, 50):13.1f} "
            f"{percentile(paced, 99):6.1f}"
        )
    slowest = min(np.median(rates[name]) for name in rates if name.startswith("mnemo"))
    needed = PEOPLE / PERIOD
    print(f"\nat least the {needed:.0f} answers a second of the game’s pace: {slowest >= needed}")
    sys.exit(bool(slowest < needed))


if __name__ == "__main__":
    main()
