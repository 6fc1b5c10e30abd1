"""The weights that a crate says it was made with, against those of the catalogue."""

import csv
from collections.abc import Mapping

from mnemo import hashes
from mnemo.crates import layout
from mnemo.crates.opening import Crate
from mnemo.errors import MnemoError


def check(crate: Crate, known: Mapping[str, str]) -> None:
    """Check the digests of a crate's weights.

    Args:
        crate: The crate.
        known: The published sha256 of each weights file of its study, or the file's path where
            none is published, by name.

    Raises:
        MnemoError: The crate lacks weights that its study uses, or names others than those that
            their publisher gives.
    """
    rows = csv.DictReader(crate.read(layout.WEIGHTS).decode().splitlines())
    said = {row["name"]: row["sha256"] for row in rows}
    for name, reference in known.items():
        here = hashes.known(reference)
        if name not in said:
            raise MnemoError(
                f"{layout.WEIGHTS} of {crate.path} has no {name}, which its study uses"
            )
        if here is not None and said[name] != here:
            raise MnemoError(
                f"{layout.WEIGHTS} of {crate.path} says that {name} has the sha256 "
                f"{said[name] or '(none)'}, but the publisher's file has {here}. The study was "
                "made with other weights, or the crate was changed: ask its authors."
            )
