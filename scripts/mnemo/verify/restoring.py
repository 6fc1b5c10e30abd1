"""Taking measurements out of a crate, and checking that they are of the study's images."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from mnemo import keys, tables
from mnemo.crates import layout
from mnemo.crates.opening import Crate
from mnemo.errors import MnemoError

#: Folders of sets in which a set is of several alphas.
_SEVERAL = ("controls", "layers")
_PLACE = [field.name for field in tables.PLACE]


def restore(crate: Crate, restored: Mapping[str, str], results: Path) -> None:
    """Copy files of a crate to where a study's results have them, and check all others.

    Args:
        crate: The crate.
        restored: Its files, by their path in the results.
        results: The folder of the results.

    Raises:
        MnemoError: A file is missing, or was changed since it was published.
    """
    for target, name in restored.items():
        crate.copy(name, results / target)
    for name in set(crate.files) - set(restored.values()):
        crate.check(name)


def check_places(
    results: Path, restored: Mapping[str, str], seeds: Mapping[str, tuple[int, int]]
) -> None:
    """Check that what was measured is of the images of its set, edit and alpha.

    Args:
        results: The folder of the results.
        restored: As for `restore`.
        seeds: The first seed, and the number of images, of each set that is drawn from seeds.

    Raises:
        MnemoError: A row is of another image; the error names it.
    """
    for target, name in restored.items():
        path = results / target
        base, *edit = _set(target)
        if not name.startswith(f"{layout.MEASUREMENTS}/") or base not in seeds:
            continue
        if not set(_PLACE) <= set(pq.read_schema(path).names):
            continue
        rows = tables.read(path, _PLACE).to_pandas()
        first, count = seeds[base]
        known = {keys.of_seed(seed) for seed in range(first, first + count)}
        wrong = (rows["set"] != base) | ~rows["image"].isin(known)
        wrong |= rows.duplicated(_PLACE)
        if edit and edit[0] in _SEVERAL:
            # Its images are of several alphas.
            wrong |= rows["alpha"].isna()
        elif edit:
            wrong |= (rows["edit"] != edit[0]) | (rows["alpha"] != float(edit[1]))
        else:
            wrong |= rows["edit"].notna() | rows["alpha"].notna()
        _refuse(name, rows, wrong, f"image {{image}}, edit {{edit}}, alpha {{alpha}} of {base}")


def _set(target: str) -> list[str]:
    """Return the steps of the set that a file of measurements is of."""
    steps = target.split("/")
    found = (index for index, step in enumerate(steps) if step in layout.MEASURED)
    place = next(found, 0)
    return steps[:place] or [""]


def _refuse(name: str, rows: pd.DataFrame, wrong: pd.Series, row: str) -> None:
    if wrong.any():
        place = int(np.flatnonzero(wrong)[0])
        found = row.format(**{name: rows[name].iloc[place] for name in _PLACE})
        raise MnemoError(
            f"row {place} of {name} is of {found}, which the study of this crate ({layout.CONFIG}) "
            "has not there, or has twice. The crate was changed: ask its authors."
        )
