"""The photographs that a study measures realness against: how many there are, and enough of them.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

from mnemo.errors import MnemoError
from mnemo.features.registry import REALNESS
from mnemo.photos import folder
from mnemo.study.config import Config


def check(config: Config) -> None:
    """Make sure that the folder of a study's reference has pictures enough, before any work starts.

    Args:
        config: The study.

    Raises:
        MnemoError: The folder is missing, is a file, can't be read, or has no pictures, or fewer
            than there are features.
    """
    if config.realness.folder is None:
        return
    key, features = "realness.reference", config.realness.features
    try:
        count = len(folder.pictures(config.realness.folder))
    except MnemoError as why:
        raise MnemoError(f"{key}: {why}. Name a folder of photographs, or null for none.") from why
    if count < (dim := REALNESS[features].dim):
        fewer = [f"{name} ({each.dim:,})" for name, each in REALNESS.items() if each.dim <= count]
        other = f", choose {' or '.join(fewer)} for realness.features" if fewer else ""
        raise MnemoError(
            f"{key}: {config.realness.folder} has {count:,} pictures, and {features} has {dim:,} "
            "features: against fewer images than features, a Fréchet distance is mostly bias. Add "
            f"at least {dim - count:,} pictures{other}, or set {key} to null."
        )


def count(config: Config) -> int:
    """Return the number of pictures of a study's reference; 0 if it has none."""
    return len(folder.pictures(config.realness.folder)) if config.realness.folder else 0
