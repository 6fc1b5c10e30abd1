"""Join the parts of one public table."""

from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.results import schemas

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
tables.merge(
    snakemake.input.parts,
    snakemake.output.table,
    schemas.of(snakemake.wildcards.table),
    tables.Provenance.of(snakemake.rule, snakemake.params.items()),
)
