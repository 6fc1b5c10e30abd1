"""People's answers after Psych-DS (psych-ds.github.io): CSV beside a description in JSON-LD."""

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from mnemo import tables
from mnemo.crates import layout
from mnemo.experiment import psych_ds

#: The tables of answers, and what their files are called.
_TABLES = ("trials", "participants")


def write(folder: Path) -> None:
    """Write a dataset for each experiment of a crate whose tables have answers.

    Args:
        folder: The crate's folder, with its tables.
    """
    held = {
        name: tables.read(path)
        for name in _TABLES
        if (path := folder / layout.TABLES / f"{name}.parquet").is_file()
    }
    for experiment in held["trials"]["experiment"].unique().to_pylist() if held else []:
        of_experiment = {
            name: table.filter(pc.equal(table["experiment"], experiment))
            for name, table in held.items()
        }
        _write_one(folder / layout.ANSWERS / experiment, experiment, of_experiment)


def _write_one(dataset: Path, experiment: str, held: dict[str, pa.Table]) -> None:
    (dataset / "data").mkdir(parents=True)
    kind = held["trials"]["kind"][0].as_py()
    for name, table in held.items():
        frame = table.to_pandas(integer_object_nulls=True)
        frame.to_csv(dataset / "data" / psych_ds.file_name(kind, name), index=False)
    psych_ds.describe(
        dataset,
        experiment,
        f"Answers of participants in the {kind} {experiment}.",
        [table.schema for table in held.values()],
        identifier=f"#{experiment}",
        simulated=pc.any(held["trials"]["simulated"]).as_py(),
    )
