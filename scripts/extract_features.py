"""Extract the features of one shard of images."""

from typing import TYPE_CHECKING

from mnemo import features, images, logs, tables

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
extractor = features.load(snakemake.wildcards.features, snakemake.input.weights[0])
shard, pixels = images.read(snakemake.input.images)
tables.write(
    snakemake.output.features,
    tables.FEATURES,
    {**tables.place(shard), "features": tables.lists(extractor.extract(pixels))},
    tables.Provenance.of(snakemake.rule, snakemake.params.items()),
)
