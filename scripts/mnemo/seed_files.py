"""Files of seeds: a table with a column `seed`, for images that a study is to draw again."""

from pathlib import Path

import numpy as np
import pandas as pd

from mnemo import tables
from mnemo.errors import MnemoError

#: NumPy's RandomState takes no seed from here on.
END = 2**32


def read(path: str | Path) -> list[int] | None:
    """Read the seeds of images.

    Args:
        path: A CSV or parquet file.

    Returns:
        The seeds, in the order of the file; None of a file of another kind, or without a column
        `seed`, or with latents beside it.

    Raises:
        MnemoError: The file is damaged, or a seed is none, or is there twice; the message names the
            row.
    """
    path = Path(path)
    column = _column(path)
    if column is None:
        return None
    numbers = pd.to_numeric(column, errors="coerce")
    for what, wrong in {
        f"no whole number from 0 to {END - 1}": ~(
            numbers.between(0, END - 1) & (numbers == np.floor(numbers))
        ),
        "there twice": numbers.duplicated(),
    }.items():
        if wrong.any():
            row = int(np.argmax(wrong))
            raise MnemoError(
                f"{path}, row {row + 1} of the seeds: {column.iloc[row]!r} is {what}. Correct it."
            )
    return [int(seed) for seed in numbers]


def _column(path: Path) -> "pd.Series | None":
    if path.suffix == ".parquet":
        with tables.opened(path, []) as file:
            names = {*file.schema_arrow.names}
        if "seed" not in names or {"z", "w", "w_plus"} & names:
            return None
        return pd.Series(tables.read(path, ["seed"])["seed"].to_pylist())
    if path.suffix != ".csv":
        return None
    try:
        column: pd.Series = pd.read_csv(path, dtype=str, skipinitialspace=True)["seed"]
    except (OSError, ValueError) as why:
        raise MnemoError(f"{path} can't be read ({why}): save it as CSV in UTF-8.") from why
    except KeyError:
        raise MnemoError(f"{path} has no column called seed: name it so.") from None
    return column
