"""Render one shard of latents."""

from typing import TYPE_CHECKING

from mnemo import generators, images, latents, logs, tables

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
shard = tables.read(snakemake.input.latents)
generator = generators.load(params.generator, snakemake.input.weights)
rendered = generator.render(latents.renderable(shard, generator, params.truncation_psi))
names = shard["image"].to_pylist()
pixels = [images.encode(image, name) for image, name in zip(rendered, names, strict=True)]
tables.write(
    snakemake.output.images,
    tables.IMAGES,
    {**tables.place(shard), "pixels": pixels},
    tables.Provenance.of(snakemake.rule, params.items()),
)
