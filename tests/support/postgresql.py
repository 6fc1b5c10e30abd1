"""A PostgreSQL that the tests start for themselves, and may stop as a power cut would."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

#: Seconds that it may take to start, or to recover what a power cut left.
PATIENCE = 60.0


@cache
def programs() -> Path | None:
    """Return the folder with the newest `initdb` and `postgres`; None if there are none."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    # Debian keeps them out of the path, one folder for each version.
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return debian[-1].parent if debian else None


def missing() -> str:
    """Say what is missing to start it here; nothing if it can be."""
    if programs() is None:
        return "PostgreSQL is not installed: apt-get install postgresql, or make test-browser"
    return ""


class Cluster:
    """A PostgreSQL with its files in a folder, reached by a socket in it alone."""

    def __init__(self, place: Path) -> None:
        self._place, self._numbers = place, count()
        self._user: dict[str, Any] = {}
        if os.geteuid() == 0:
            # It refuses to run as root.
            owner = pwd.getpwnam("postgres" if _exists("postgres") else "nobody")
            os.chown(place, owner.pw_uid, owner.pw_gid)
            self._user = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        self._run("initdb", "-D", "data", "--username=mnemo", "--auth=trust", "--no-sync")
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with (self._place / "log").open("a") as log:
            self._process = subprocess.Popen(
                [
                    *(str(_program("postgres")), "-D", "data", "-k", str(self._place)),
                    # What it acknowledges is on the disk; fsync is on unless it is turned off.
                    *("-c", "listen_addresses=", "-c", "shared_buffers=32MB"),
                    *("-c", "recovery_init_sync_method=syncfs"),
                ],
                cwd=self._place,
                stdout=log,
                stderr=log,
                **self._user,
            )
        end = time.monotonic() + PATIENCE
        while not self._answers():
            log_text = (self._place / "log").read_text()
            assert self._process.poll() is None, log_text
            assert time.monotonic() < end, log_text
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._address("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def cut(self) -> None:
        """Stop it at once: it has to recover from its log of changes when it starts."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(PATIENCE)

    def create(self, tablespace: str = "pg_default") -> str:
        """Create an empty database.

        Returns:
            Its URL.
        """
        name = f"study{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TABLESPACE {tablespace}")
        return self._url(name)

    def empty(self) -> str:
        """Empty the database that is there from the start, which takes less time than a new one.

        Returns:
            Its URL.
        """
        self.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        return self._url("postgres")

    def execute(self, statement: str) -> None:
        """Execute a statement as the owner of everything, in the database that `empty` empties."""
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def own(self, place: Path) -> None:
        """Make a folder its own."""
        if self._user:
            os.chown(place, self._user["user"], self._user["group"])

    def _url(self, name: str) -> str:
        return f"postgresql+psycopg://mnemo@/{name}?host={self._place}"

    def _address(self, name: str) -> str:
        return f"host={self._place} user=mnemo dbname={name}"

    def _run(self, program: str, *words: str) -> None:
        subprocess.run(
            [str(_program(program)), *words],
            cwd=self._place,
            check=True,
            capture_output=True,
            **self._user,
        )


@contextmanager
def running() -> Iterator[Cluster]:
    """Start one that lasts as long as the context."""
    # pytest's folders may be read by their owner only, and a socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="mnemo-", dir="/tmp") as made:
        cluster = Cluster(Path(made))
        try:
            yield cluster
        finally:
            cluster.cut()


def _program(name: str) -> Path:
    found = programs()
    assert found is not None, missing()
    return found / name


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True
