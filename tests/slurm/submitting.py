"""A checkout from which the tiny study goes to SLURM."""

import sys
from pathlib import Path

from tests.slurm.cluster import Cluster
from tests.support.checkout import Checkout

SNAKEMAKE = Path(__file__).with_name("impatient.py")
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
        return self.cluster.command(
            # The profile comes after the files of the config, which would take targets for more.
            *(sys.executable, SNAKEMAKE, "--configfile", *STUDY),
            *("--profile", "profiles/slurm", *arguments),
        )

    def environment(self) -> dict[str, str]:
        return {**self.cluster.environment(), "PYTHONPATH": "", "HOME": str(self.home)}
