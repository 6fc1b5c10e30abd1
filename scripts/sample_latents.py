"""Draw the latents of one shard of a set."""

from typing import TYPE_CHECKING

from mnemo import generators, latents, logs, tables

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
drawn = latents.draw(
    generators.load(params.generator, snakemake.input.weights),
    snakemake.wildcards.base,
    range(*params.seeds),
    params.truncation_psi,
)
tables.write(
    snakemake.output.latents,
    tables.LATENTS,
    drawn,
    tables.Provenance.of(snakemake.rule, params.items()),
)
