"""Measure how far an edit at each alpha is from the reference set."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow.parquet as pq

from mnemo import logs, tables
from mnemo.errors import MnemoError
from mnemo.features import table
from mnemo.results import realness

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
files = snakemake.input


def count(paths: Iterable[str]) -> int:
    """Count the rows of tables."""
    return sum(pq.read_metadata(path).num_rows for path in paths)


# A shard of photographs none of which can be used has no rows.
edited, photographs = (
    [path for path in paths if pq.read_metadata(path).num_rows]
    for paths in (files.edited, files.photographs)
)
if params.references[1:] and not photographs:
    raise MnemoError(
        "None of the photographs of realness.reference can be read: the logs of the rule "
        "read_reference say why. Correct that, or set it to null."
    )
for_photographs = [name for name in params.references if name != "generator"]
if for_photographs and (usable := count(photographs)) < 2 * params.groups:
    raise MnemoError(
        f"of the photographs that realness is measured against, {usable} can be used, and "
        f"realness.groups {params.groups} needs {2 * params.groups}: add photographs, or set "
        "realness.reference to null"
    )
parts = []
for name in params.references:
    of_generator = name == "generator"
    part = realness.compare(
        table.read(edited),
        table.read(files.reference if of_generator else photographs)[None],
        table.read(files.floor)[None] if of_generator else None,
        neighbours=params.neighbours,
        groups=params.groups,
        seed=params.seed,
        confidence=params.confidence,
    )
    parts.append(part.assign(reference=name))
tables.write(
    snakemake.output.realness,
    realness.REALNESS,
    pd.concat(parts).assign(edit=snakemake.wildcards.edit, features=params.features),
    tables.Provenance.of(snakemake.rule, params.items()),
)
