"""Join the latents of one shard of photographs."""

from typing import TYPE_CHECKING

from mnemo import latents, logs, tables

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
tables.write_parts(
    snakemake.output.latents,
    latents.LATENTS,
    map(tables.read, snakemake.input.latents),
    tables.Provenance.of(snakemake.rule, snakemake.params.items()),
)
