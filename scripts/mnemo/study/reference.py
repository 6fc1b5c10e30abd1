"""The photographs that a study measures realness against: how many there are, and enough of them.

This module imports nothing heavy, because the Snakefile reads it on machines that have only
Snakemake.
"""

from functools import cache

from mnemo.errors import MnemoError
from mnemo.features.registry import REALNESS
from mnemo.photos import folder
from mnemo.study.config import Config
from mnemo.study.sections.measures import OWN


def check(config: Config) -> None:
    """Make sure that the reference has photographs enough, before any work starts.

    Args:
        config: The study.

    Raises:
        MnemoError: The folder is missing, is a file, can't be read, or has no pictures, or fewer
            than there are features.
    """
    if config.realness.reference is None:
        return
    key, features = "realness.reference", config.realness.features
    try:
        found = count(config)
    except MnemoError as why:
        raise MnemoError(f"{key}: {why}. Name a folder of photographs, or null for none.") from why
    if found < (dim := REALNESS[features].dim):
        fewer = [f"{name} ({each.dim:,})" for name, each in REALNESS.items() if each.dim <= found]
        other = f", choose {' or '.join(fewer)} for realness.features" if fewer else ""
        raise MnemoError(
            f"{key}: {config.realness.reference} has {found:,} pictures, and {features} has "
            f"{dim:,} features: against fewer images than features, a Fréchet distance is mostly "
            f"bias. Add at least {dim - found:,} pictures{other}, or set {key} to null."
        )


def count(config: Config) -> int:
    """Return the number of photographs that realness is measured against; 0 for none."""
    if config.realness.folder:
        return len(_listed(config.realness.folder))
    own = config.photos.count if config.photos else None
    return own or 0 if config.realness.reference == OWN else 0


#: A study's sets are looked up often, and a folder may have 100,000 pictures.
_listed = cache(folder.pictures)
