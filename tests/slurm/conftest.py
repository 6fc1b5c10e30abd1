"""One cluster for all tests of this folder, and a checkout that runs on it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.slurm.cluster import Cluster
from tests.support.checkout import Checkout
from tests.workflow.conftest import fetched

__all__ = ["fetched"]
STUDY = ("tests/data/study.yaml", "tests/slurm/study.yaml")


class Submitting(Checkout):
    """A checkout on the cluster's login node, from which the tiny study goes to SLURM.

    Args:
        path: Where the checkout is.
        cluster: The cluster.
        home: The user's home.
    """

    def __init__(self, path: Path, cluster: Cluster, home: Path):
        super().__init__(path)
        self.cluster = cluster
        self.home = home

    def command(self, *arguments: str) -> list[str]:
        # The profile is that of a cluster where jobs take minutes.
        sooner = "--slurm-init-seconds-before-status-checks=5"
        return self.cluster.command(
            *(sys.executable, "-m", "snakemake", "--profile", "profiles/slurm"),
            *("--configfile", *STUDY, sooner, *arguments),
        )

    def environment(self) -> dict[str, str]:
        return {**self.cluster.environment(), "PYTHONPATH": "", "HOME": str(self.home)}


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


@pytest.fixture(scope="session")
def local(fetched: None, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout in which the same study has been run whole without SLURM."""
    made = Checkout(tmp_path_factory.mktemp("local") / "mnemo").check_out()
    made.run("--configfile", *STUDY)
    return made
