"""Join the parts of one public table."""

from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.results import joined

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params, name = snakemake.input, snakemake.params, snakemake.wildcards.table
shares = joined.shares(inputs.directions, params.edits, params.layers)
tables.write_parts(
    snakemake.output.table,
    joined.schema(name),
    joined.parts(inputs.parts, name, shares),
    tables.Provenance.of(snakemake.rule, params.items()),
)
