"""Measure how far an edit at each alpha is from the reference set."""

from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.features import table
from mnemo.results import realness

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
measured = realness.compare(
    table.read(snakemake.input.edited),
    table.read(snakemake.input.reference)[None],
    table.read(snakemake.input.floor)[None],
    neighbours=params.neighbours,
    groups=params.groups,
    seed=params.seed,
    confidence=params.confidence,
)
tables.write(
    snakemake.output.realness,
    realness.REALNESS,
    measured.assign(edit=snakemake.wildcards.edit, features=params.features, reference="generator"),
    tables.Provenance.of(snakemake.rule, params.items()),
)
