"""The database of an experiment: its tables, and how it is opened and written to.

SQLite is embedded and the default; PostgreSQL serves by URL. Everything that must never happen is
a constraint: a series dealt twice, an answer stored twice, two edits of one image shown to one
participant.
"""

import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from mnemo.errors import MnemoError
from mnemo.experiment.stimuli import Experiment

#: Seconds that a transaction waits for another one.
PATIENCE = 5.0
#: Threads that use the database at the same time, at most.
CONNECTIONS = 8
#: Key of the lock that dealing takes in PostgreSQL.
LOCK = 0x6D6E656D6F

_MIGRATIONS = Path(__file__).with_name("migrations")
_PRAGMAS = (
    "journal_mode = WAL",
    # A commit is on the disk, even if the power fails.
    "synchronous = FULL",
    "foreign_keys = ON",
)
TABLES = sa.MetaData()

#: The one experiment that the database is of.
STUDY = sa.Table(
    "study",
    TABLES,
    sa.Column("id", sa.Integer, sa.CheckConstraint("id = 1"), primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    # Fingerprint of the salt of all hashes, which is kept elsewhere.
    sa.Column("salt", sa.String(64)),
)

PARTICIPANTS = sa.Table(
    "participants",
    TABLES,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("source", sa.String(20), nullable=False),
    # Keyed hash of who it is; null for those who came without any ID.
    sa.Column("person", sa.String(64), unique=True),
    # Hash of the code by which the participant can have everything deleted.
    sa.Column("withdrawal", sa.String(64), nullable=False, unique=True),
    sa.Column("entered_at", sa.Float, nullable=False),
    sa.Column("consent_version", sa.String(64)),
    sa.Column("consented_at", sa.Float),
    sa.Column("declined_at", sa.Float),
    sa.Column("withdrawn_at", sa.Float),
)

SESSIONS = sa.Table(
    "sessions",
    TABLES,
    sa.Column("hash", sa.String(64), primary_key=True),
    sa.Column("participant", sa.ForeignKey("participants.number"), nullable=False),
    sa.Column("created_at", sa.Float, nullable=False),
)

SERIES = sa.Table(
    "series",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("token", sa.String(32), nullable=False, unique=True),
    sa.Column("participant", sa.ForeignKey("participants.number"), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    # A series that is running has not been finished; once the participant begins another one, it
    # is interrupted.
    sa.Column(
        "state",
        sa.String(20),
        sa.CheckConstraint("state IN ('running', 'finished', 'interrupted')"),
        nullable=False,
    ),
    # Whether it is valid, and why not, once it is finished.
    sa.Column("valid", sa.Boolean),
    sa.Column("reason", sa.Text),
    # Its trials, and its images in the order in which the browser knows them.
    sa.Column("plan", sa.JSON, nullable=False),
    sa.Column("trials", sa.Integer, nullable=False),
    sa.Column("device", sa.JSON, nullable=False),
    sa.Column("dealt_at", sa.Float, nullable=False),
    sa.Column("heard_at", sa.Float, nullable=False),
    sa.Column("finished_at", sa.Float),
    # Answers that came for a trial that had another one already.
    sa.Column("refused", sa.Integer, nullable=False, server_default="0"),
    sa.UniqueConstraint("participant", "number"),
)

#: The images that were dealt: of each key, a participant is never dealt two.
DEALT = sa.Table(
    "dealt",
    TABLES,
    sa.Column("participant", sa.ForeignKey("participants.number"), primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("series", sa.ForeignKey("series.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("token", sa.String(20), nullable=False),
    sa.Column("target", sa.Boolean, nullable=False),
)

ANSWERS = sa.Table(
    "answers",
    TABLES,
    sa.Column("series", sa.ForeignKey("series.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("trial", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("answer", sa.String(5)),
    sa.Column("rt", sa.Float),
    sa.Column("presses", sa.Integer, nullable=False),
    sa.Column("planned_ms", sa.Float),
    sa.Column("onset_ms", sa.Float),
    sa.Column("offset_ms", sa.Float),
    sa.Column("shown_ms", sa.Float),
    sa.Column("long_frames", sa.Integer, nullable=False),
    sa.Column("hidden", sa.Boolean, nullable=False),
    sa.Column("received_at", sa.Float, nullable=False),
)

#: What happened around a series, such as a tab that was hidden.
EVENTS = sa.Table(
    "events",
    TABLES,
    sa.Column("series", sa.ForeignKey("series.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("at_ms", sa.Float, nullable=False),
)


class UnavailableError(MnemoError):
    """The database can't be read or written at the moment; nothing has been stored."""

    def __init__(self) -> None:
        super().__init__(
            "the database can't be used at the moment: it is locked, its disk is full, or its "
            "server is away. Try again."
        )


class Database:
    """A database that is open.

    Attributes:
        engine: Its connections.
    """

    def __init__(self, url: str, *, reads: bool = False) -> None:
        """Prepare to connect; nothing is created yet.

        Args:
            url: A URL of SQLAlchemy, or the path of an SQLite file.
            reads: Whether nothing may be written.

        Raises:
            MnemoError: The URL is none of SQLite or PostgreSQL, or its driver is missing.
        """
        self.engine = _engine(url, reads)
        self._sqlite = self.engine.dialect.name == "sqlite"
        # Threads that wait here are served in turn; those that wait in SQLite sleep and retry.
        self._turn = threading.Lock()

    @contextmanager
    def reading(self, *, as_of_one_moment: bool = False) -> Iterator[sa.Connection]:
        """Read within one transaction.

        Args:
            as_of_one_moment: Whether no query may see what was written after the first one. In
                SQLite, none ever does.

        Yields:
            A connection.

        Raises:
            UnavailableError: The database can't be read.
        """
        with _available(), self.engine.begin() as connection:
            if as_of_one_moment and not self._sqlite:
                connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield connection

    @contextmanager
    def writing(self, *, alone: bool = False) -> Iterator[sa.Connection]:
        """Write within one transaction, which is on the disk when this ends.

        Args:
            alone: Whether no other transaction that asks for the same may run meanwhile. In SQLite,
                no other ever writes.

        Yields:
            A connection.

        Raises:
            UnavailableError: The database can't be written, so that nothing was.
        """
        with self._in_turn(), _available():
            writer = self.engine.execution_options(writes=True)
            with writer.begin() as connection:
                if alone and not self._sqlite:
                    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
                yield connection

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if not self._sqlite:
            yield
            return
        if not self._turn.acquire(timeout=PATIENCE):
            raise UnavailableError
        try:
            yield
        finally:
            self._turn.release()

    def insert(self, table: sa.Table) -> Any:
        """Return an insertion that leaves out the rows whose primary key is there already.

        Args:
            table: The table.

        Returns:
            The statement.
        """
        if self._sqlite:
            from sqlalchemy.dialects.sqlite import insert
        else:
            from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]
        return insert(table).on_conflict_do_nothing(index_elements=list(table.primary_key))

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def open_for(url: str, experiment: Experiment) -> Database:
    """Open the database of an experiment; create it, or bring it to this version, if need be.

    Args:
        url: A URL of SQLAlchemy, or the path of an SQLite file.
        experiment: The experiment.

    Returns:
        The database.

    Raises:
        MnemoError: The database is of another experiment or of a newer version, or it can't be
            opened.
    """
    database = Database(url)
    writer = database.engine.execution_options(writes=True)
    with _opening(database) as shown, writer.begin() as connection:
        _migrate(connection, shown)
        _claim(connection, experiment, shown)
    return database


def open_reading(url: str, experiment: Experiment) -> Database:
    """Open the database of an experiment to read it only, be it served meanwhile or not.

    Args:
        url: A URL of SQLAlchemy, or the path of an SQLite file.
        experiment: The experiment.

    Returns:
        The database.

    Raises:
        MnemoError: There is none; it is of another experiment or version; or it can't be opened.
    """
    database = Database(url, reads=True)
    with _opening(database) as shown:
        absent = (
            f"there are no answers in {shown}: serve the experiment first, or say where its "
            "answers are with --data or --database."
        )
        file = database.engine.url.database
        if database.engine.dialect.name == "sqlite" and not (file and Path(file).is_file()):
            raise MnemoError(absent)
        with database.reading() as connection:
            found, known = _version(connection, shown)
            if found is None:
                raise MnemoError(absent)
            if found != known[0]:
                raise MnemoError(
                    f"the database {shown} has the version {found}, which is older than this "
                    f"Mnemo's {known[0]}: serve it once, which brings it up to date."
                )
            _check(connection.execute(sa.select(STUDY)).one(), experiment, shown)
    return database


@contextmanager
def _opening(database: Database) -> Iterator[str]:
    """Report why a database can't be used, and close it then."""
    shown = database.engine.url.render_as_string(hide_password=True)
    try:
        yield shown
    except (SQLAlchemyError, UnavailableError) as why:
        database.close()
        reason = why.__cause__ if isinstance(why, UnavailableError) else why
        raise MnemoError(
            f"the database {shown} can't be used ({_reason(reason)}): mend it, or give another "
            "one with --database."
        ) from why
    except BaseException:
        database.close()
        raise


def now() -> float:
    """Return the time as the tables store it, in seconds since 1970."""
    return time.time()


def _engine(url: str, reads: bool) -> sa.Engine:
    if "://" not in url:
        url = f"sqlite:///{Path(url).absolute()}"
    try:
        made = sa.make_url(url)
        name = made.get_backend_name()
        if name == "postgresql":
            read_only = " -c default_transaction_read_only=on" if reads else ""
            if "+" not in made.drivername:
                made = made.set(drivername="postgresql+psycopg")
            return sa.create_engine(
                made,
                pool_size=CONNECTIONS,
                pool_timeout=PATIENCE,
                pool_pre_ping=True,
                connect_args={
                    "options": f"-c lock_timeout={PATIENCE:.0f}s{read_only}",
                    "connect_timeout": int(PATIENCE),
                },
            )
        if name != "sqlite":
            raise MnemoError(
                f"{made.render_as_string()} is no database that Mnemo writes to: give a URL "
                "that starts with sqlite:// or postgresql+psycopg://."
            )
        engine = sa.create_engine(made, connect_args={"timeout": PATIENCE}, pool_size=CONNECTIONS)
    except (ArgumentError, NoSuchModuleError, ImportError) as why:
        raise MnemoError(
            f"--database {url.split('@')[-1]} is no URL of a database: give one such as "
            "postgresql+psycopg://user:password@host/name."
        ) from why
    pragmas = ["query_only = ON"] if reads else _PRAGMAS
    sa.event.listen(engine, "connect", partial(_configure, pragmas))
    sa.event.listen(engine, "begin", _begin)
    return engine


def _configure(pragmas: Iterable[str], connection: Any, _record: Any) -> None:
    # SQLAlchemy begins transactions, not Python's driver.
    connection.isolation_level = None
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    # A transaction that reads before it writes would fail at once if another had written between.
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _available() -> Iterator[None]:
    """Report what can pass by itself: a lock, a full disk, a server that is away."""
    try:
        yield
    except sa.exc.TimeoutError as why:
        raise UnavailableError from why
    except DBAPIError as why:
        if isinstance(why, sa.exc.OperationalError | sa.exc.InternalError):
            raise UnavailableError from why
        raise


def _version(connection: sa.Connection, shown: str) -> tuple[str | None, list[str]]:
    """Return the version of a database, None if it is empty, and those that are known.

    The newest version comes first.
    """
    found = MigrationContext.configure(
        connection, opts={"version_table": "mnemo_version"}
    ).get_current_revision()
    script = ScriptDirectory(str(_MIGRATIONS))
    known = [each.revision for each in script.walk_revisions()]
    if found is None and sa.inspect(connection).get_table_names():
        raise MnemoError(
            f"the database {shown} holds tables of something else: give an empty one with "
            "--database."
        )
    if found is not None and found not in known:
        raise MnemoError(
            f"the database {shown} has the version {found}, which is newer than this Mnemo: serve "
            "it with the version of Mnemo that made it, or a newer one."
        )
    return found, known


def _migrate(connection: sa.Connection, shown: str) -> None:
    _version(connection, shown)
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _claim(connection: sa.Connection, experiment: Experiment, shown: str) -> None:
    """Write down which experiment the database is of, or check that it is this one."""
    found = connection.execute(sa.select(STUDY)).one_or_none()
    if found is None:
        connection.execute(
            sa.insert(STUDY).values(id=1, digest=experiment.digest, name=experiment.name)
        )
    else:
        _check(found, experiment, shown)


def _check(found: Any, experiment: Experiment, shown: str) -> None:
    if found.digest != experiment.digest:
        raise MnemoError(
            f"the database {shown} holds answers to another experiment ({found.name}), or "
            "to other images or settings. Serve the folder that it was begun with, or give another "
            "database with --database."
        )


def _reason(why: BaseException | None) -> str:
    return str(getattr(why, "orig", None) or why).strip().split("\n")[0]
