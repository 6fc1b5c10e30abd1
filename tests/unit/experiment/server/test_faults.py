"""Whatever fails in mid-series: what was acknowledged is stored, and the participant goes on."""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx2
import psycopg
import pytest
import sqlalchemy as sa
from tests.support.postgresql import Cluster
from tests.support.process import serving
from tests.support.served import (
    DEVICE,
    GAME,
    HEADERS,
    answer,
    begin,
    export,
    rows,
    send,
    visitor,
)

from mnemo.experiment.server import database, served
from mnemo.experiment.server import export as exporting
from mnemo.experiment.server.database import ANSWERS, SERIES, TABLES
from mnemo.experiment.server.served import Served

TRIALS = GAME.practice + GAME.length
#: Holds SQLite's lock until it is told to go on.
HOLD = """\
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("faults") / "experiment"
    export(place)
    return place


@pytest.fixture
def site(
    folder: Path, tmp_path: Path, url: str | None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Served]:
    """An experiment whose server waits a second for a lock, so that tests need not wait longer."""
    monkeypatch.setattr(database, "PATIENCE", 1.0)
    opened = served.serve(folder, url=url, data=tmp_path)
    yield opened
    opened.database.close()


def given(trial: int, seed: int = 0) -> dict[str, Any]:
    """Return an answer that differs between trials and between participants."""
    return answer(trial, "old" if (trial * 7 + seed) % 3 == 0 else "new")


def stored(site: Served) -> dict[str, list[Any]]:
    """Return all that is stored, by table."""
    return {name: sorted(map(str, rows(site, table))) for name, table in TABLES.tables.items()}


def unavailable(reply: httpx2.Response) -> bool:
    """Tell whether a reply asks to try again, as the page does."""
    return (
        reply.status_code == 503
        and reply.json()["error"] == "unavailable"
        and float(reply.headers["retry-after"]) > 0
    )


class Player:
    """A participant whose browser sends each answer until it is acknowledged, a few at a time."""

    def __init__(self, address: str, number: int) -> None:
        self.number, self.acknowledged = number, -1
        self._browser = httpx2.Client(
            base_url=address, headers=HEADERS, timeout=30, trust_env=False
        )
        self.series = begin(self._browser, participant=f"person-{number}")["series"]

    def play(self, killed: threading.Event) -> None:
        """Answer the whole series; once the server was killed, send all from the first answer."""
        sent, again = 0, False
        while sent < TRIALS:
            count = min(TRIALS - sent, 1 + (sent + self.number) % 3)
            batch = [given(trial, self.number) for trial in range(sent, sent + count)]
            reply = self._ask("answers", {"series": self.series, "answers": batch})
            self.acknowledged, sent = reply["received"], sent + count
            if killed.is_set() and not again:
                sent, again = 0, True
        assert self._ask("finish", {"series": self.series})["score"]
        self._browser.close()

    def _ask(self, what: str, body: Any) -> dict[str, Any]:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                reply = self._browser.post(f"/api/{what}", json=body)
            except httpx2.TransportError:
                time.sleep(0.05)
                continue
            if reply.status_code == 200:
                found: dict[str, Any] = reply.json()
                return found
            assert reply.status_code in (429, 503), reply.text
            time.sleep(0.1)
        raise TimeoutError(what)


def test_a_server_that_is_killed_in_mid_series_has_lost_nothing_that_it_acknowledged(
    folder: Path, tmp_path: Path, url: str | None
) -> None:
    killed = threading.Event()
    with serving(folder, tmp_path, url) as server, ThreadPoolExecutor(6) as pool:
        players = [Player(server.address, number) for number in range(6)]
        playing = [pool.submit(player.play, killed) for player in players]
        while sum(player.acknowledged + 1 for player in players) < 3 * TRIALS:
            time.sleep(0.001)
        server.kill()
        killed.set()
        known = {player.series: player.acknowledged for player in players}
        assert any(trial < TRIALS - 1 for trial in known.values())
        found = received(folder, tmp_path, url)
        assert all(found[series] >= trial for series, trial in known.items())
        server.start()
        for each in playing:
            each.result()
    trials = exporting.trials(folder, data=tmp_path, database=url)
    site = served.reading(folder, data=tmp_path, url=url)
    series = rows(site, SERIES)
    site.database.close()
    # Each is there once, as it was sent.
    numbers = {row.token: row.participant for row in series}
    for player in players:
        own = trials[trials["participant"] == f"p{numbers[player.series]:05d}"]
        assert own["trial"].tolist() == list(range(TRIALS))
        expected = [given(trial, player.number)["answer"] for trial in range(TRIALS)]
        assert own["answer"].tolist() == expected
    assert {row.state for row in series} == {"finished"}
    assert not any(row.refused for row in series)


def received(folder: Path, data: Path, url: str | None) -> dict[str, int]:
    """Read up to which trial the answers to each series are stored, while nobody serves them."""
    site = served.reading(folder, data=data, url=url)
    with site.database.reading() as db:
        found = db.execute(
            sa.select(SERIES.c.token, sa.func.count(ANSWERS.c.trial), sa.func.max(ANSWERS.c.trial))
            .join_from(SERIES, ANSWERS)
            .group_by(SERIES.c.token)
        ).all()
    site.database.close()
    assert all(count == last + 1 for _, count, last in found)
    return {token: last for token, _, last in found}


@contextmanager
def held(site: Served) -> Iterator[None]:
    """Lock the database from another process, or from another session of PostgreSQL."""
    url = site.database.engine.url
    if url.get_backend_name() == "sqlite":
        other = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(url.database)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert other.stdout
        assert other.stdout.readline() == b"held\n"
        yield
        other.communicate()
        return
    place = url.set(drivername="postgresql").render_as_string()
    with psycopg.connect(place) as connection:
        connection.execute("LOCK TABLE answers, participants IN EXCLUSIVE MODE")
        yield


def test_while_another_process_locks_the_database_answers_are_asked_for_again(
    site: Served,
) -> None:
    browser, stranger = visitor(site), visitor(site)
    made = begin(browser)
    assert send(browser, made["series"], given(0)).json()["received"] == 0
    before = stored(site)
    with held(site):
        assert unavailable(send(browser, made["series"], given(1), given(2)))
        assert unavailable(stranger.post("/api/enter", json={}))
        # What only reads goes on.
        assert browser.get(made["images"][0]).is_success
        assert browser.get("/health").is_success
        assert stored(site) == before
    assert send(browser, made["series"], given(1), given(2)).json()["received"] == 2
    assert stranger.post("/api/enter", json={}).is_success


@contextmanager
def small_disk(size: str) -> Iterator[Path]:
    """Mount a disk of some megabytes."""
    if os.geteuid() != 0 or sys.platform != "linux":
        pytest.skip("only root can mount a disk that is small enough to fill")
    place = Path(tempfile.mkdtemp(prefix="mnemo-", dir="/tmp"))
    try:
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", place]).returncode:
            pytest.skip("this machine mounts no disk that is small enough to fill")
        try:
            yield place
        finally:
            subprocess.run(["umount", "--lazy", place], check=True)
    finally:
        place.rmdir()


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Fill a disk to its last byte, and free it again."""
    filler = disk / "filler"
    with pytest.raises(OSError, match="No space left"):
        filler.write_bytes(bytes(shutil.disk_usage(disk).free + 1))
    assert not shutil.disk_usage(disk).free
    yield
    filler.unlink()


def outlives_a_full_disk(site: Served, disk: Path) -> None:
    browser = visitor(site)
    made = begin(browser, participant="ada")
    series, last = made["series"], -1
    with filled(disk):
        # What fits where there is room already is stored.
        while (reply := send(browser, series, given(last + 1), given(last + 2))).is_success:
            last = reply.json()["received"]
        assert unavailable(reply)
        assert unavailable(send(browser, series, given(last + 1), given(last + 2)))
        # No half of what was sent is there, and what was acknowledged is.
        assert sorted(row.trial for row in rows(site, ANSWERS)) == list(range(last + 1))
        assert browser.get(made["images"][0]).is_success
    for trial in range(TRIALS):
        assert send(browser, series, given(trial)).is_success
    assert browser.post("/api/finish", json={"series": series}).is_success
    assert [row.answer for row in sorted(rows(site, ANSWERS), key=lambda row: row.trial)] == [
        given(trial)["answer"] for trial in range(TRIALS)
    ]


def test_on_a_full_disk_no_half_of_anything_is_stored_and_all_goes_on_once_there_is_room(
    folder: Path,
) -> None:
    with small_disk("2m") as disk:
        site = served.serve(folder, data=disk)
        outlives_a_full_disk(site, disk)
        site.database.close()


def test_on_a_full_disk_of_postgresql_too(
    folder: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with small_disk("24m") as disk:
        cluster: Cluster = request.getfixturevalue("postgresql")
        cluster.own(disk)
        cluster.execute(f"CREATE TABLESPACE small LOCATION '{disk}'")
        url = cluster.create("small")
        try:
            site = served.serve(folder, data=tmp_path, url=url)
            outlives_a_full_disk(site, disk)
            site.database.close()
        finally:
            cluster.execute(f"DROP DATABASE {sa.make_url(url).database} WITH (FORCE)")
            cluster.execute("DROP TABLESPACE small")
            # After a power cut, it would look for the disk otherwise.
            cluster.execute("CHECKPOINT")


def test_a_postgresql_that_loses_power_in_mid_series_is_waited_for(
    folder: Path, tmp_path: Path, postgresql: Cluster
) -> None:
    site = served.serve(folder, data=tmp_path, url=postgresql.empty())
    browser = visitor(site)
    series = begin(browser)["series"]
    assert send(browser, series, *map(given, range(5))).json()["received"] == 4
    postgresql.cut()
    try:
        assert unavailable(send(browser, series, given(5)))
        assert unavailable(visitor(site).post("/api/enter", json={}))
    finally:
        postgresql.start()
    assert [row.trial for row in rows(site, ANSWERS)] == list(range(5))
    assert send(browser, series, *map(given, range(TRIALS))).json()["received"] == TRIALS - 1
    assert browser.post("/api/finish", json={"series": series}).is_success
    site.database.close()


def test_two_tabs_that_answer_the_same_trials_at_once_store_one_answer_to_each(
    site: Served,
) -> None:
    tabs = [visitor(site), visitor(site)]
    series = begin(tabs[0], participant="ada")["series"]
    assert begin(tabs[1], participant="ada")["error"] == "running"
    both = [
        (tab, name, trial)
        for trial in range(20)
        for tab, name in zip(tabs, ("old", "new"), strict=True)
    ]
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda each: send(each[0], series, answer(each[2], each[1])), both))
    assert all(reply.is_success for reply in replies)
    assert sorted(row.trial for row in rows(site, ANSWERS)) == list(range(20))
    # Of each two, the one that came later is counted, and changes nothing.
    assert [row.refused for row in rows(site, SERIES)] == [20]


def test_two_tabs_that_both_take_over_leave_one_series_running(site: Served) -> None:
    tabs = [visitor(site), visitor(site)]
    for tab in tabs:
        begin(tab, participant="ada")
    take = {"device": DEVICE, "force": True}
    with ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(lambda tab: tab.post("/api/series", json=take), tabs))
    # Two are all that a participant may play.
    assert sorted(reply.status_code for reply in replies) == [200, 403]
    assert sorted((row.number, row.state) for row in rows(site, SERIES))[0] == (0, "interrupted")


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Set the clock of the server ahead, or back, by some seconds."""

    def set_to(ahead: float) -> None:
        monkeypatch.setattr(database, "time", SimpleNamespace(time=lambda: time.time() + ahead))

    return set_to


def test_a_clock_that_jumps_loses_no_answer_and_closes_no_series(
    site: Served, set_clock: Callable[[float], None]
) -> None:
    year = 365 * 24 * 3600
    browser = visitor(site)
    for number in range(2):
        made = begin(browser, participant="ada")
        assert made["number"] == number
        for trial, repeat in enumerate(each["repeat"] for each in made["trials"]):
            # Ahead, back, and to a time before 1970.
            set_clock((year, -year, 0.0, -80 * year)[trial % 4])
            reply = send(browser, made["series"], answer(trial, "old" if repeat else "new"))
            assert reply.json()["received"] == trial
        status = browser.post("/api/finish", json={"series": made["series"]}).json()
        assert status["verdict"]["valid"]
    token = {"Authorization": f"Bearer {site.secrets.token}"}
    assert browser.get("/admin", headers=token).is_success
    assert len(rows(site, ANSWERS)) == TRIALS + GAME.length
    table = exporting.collect(site.experiment, site.database).trials.to_pandas()
    assert table.equals(table.sort_values(["participant", "series", "trial"]))


def test_a_clock_that_is_set_back_leaves_no_series_running_for_ever(
    site: Served, set_clock: Callable[[float], None]
) -> None:
    browser = visitor(site)
    begin(browser, participant="ada")
    set_clock(-3600)
    # An hour from now is no longer than a minute ago: who has left the series gets the next.
    assert begin(visitor(site), participant="ada")["number"] == 1
