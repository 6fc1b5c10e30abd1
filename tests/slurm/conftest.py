"""One cluster for all tests of this folder, and a checkout that runs on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.slurm.cluster import Cluster
from tests.slurm.submitting import Submitting
from tests.workflow.conftest import fetched

__all__ = ["fetched"]


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A SLURM cluster that is up; a test that breaks a part of it mends it."""
    with Cluster(tmp_path_factory.mktemp("slurm")) as booted:
        yield booted


@pytest.fixture(scope="session")
def submitted(
    fetched: None, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Submitting:
    """A checkout in which the tiny study has been run whole through SLURM."""
    home = tmp_path_factory.mktemp("home")
    path = tmp_path_factory.mktemp("submitted") / "mnemo"
    made = Submitting(path, cluster, home).check_out()
    (path / "told").write_text(made.run("--slurm-keep-successful-logs"))
    return made


@pytest.fixture
def again(submitted: Submitting, tmp_path: Path) -> Submitting:
    """A copy of that checkout, to change."""
    return submitted.copy(tmp_path / "mnemo")
