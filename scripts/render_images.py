"""Render one shard of latents."""

from typing import TYPE_CHECKING

from mnemo import images, logs, tables
from mnemo.generators import loading, synthesis

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
generator = loading.load(snakemake.input.weights, params.generator)
settings = {"cutoff": params.truncation_cutoff, "noise": params.noise}
rendered = (
    (
        part,
        synthesis.render(part, generator, params.truncation_psi, **settings)[
            :, slice(*params.rows)
        ],
    )
    for part in tables.parts(tables.read(snakemake.input.latents), params.at_once)
)
tables.write_parts(
    snakemake.output.images,
    images.IMAGES,
    images.encode_while_rendering(rendered, params.format, snakemake.threads),
    tables.Provenance.of(snakemake.rule, params.items()),
)
