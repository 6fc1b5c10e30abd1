"""Both databases that the server writes to."""

from collections.abc import Iterator

import pytest
from tests.support import postgresql as databases
from tests.support.postgresql import Cluster


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Cluster]:
    """A PostgreSQL of the tests' own."""
    if missing := databases.missing():
        pytest.skip(missing)
    with databases.running() as cluster:
        yield cluster


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str | None:
    """URL of an empty database; None for SQLite in the folder of the answers."""
    if request.param == "sqlite":
        return None
    cluster: Cluster = request.getfixturevalue("postgresql")
    return cluster.empty()
