"""Embed the faces of one shard of images with a face-recognition network."""

from typing import TYPE_CHECKING

import numpy as np

from mnemo import features, images, logs, tables
from mnemo.features import table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
extractor = features.load(snakemake.wildcards.embedder, *snakemake.input.weights)
shard, pixels = images.read(snakemake.input.images)
embeddings = extractor.extract(pixels)
# An image without a face has no embedding.
absent = np.isnan(embeddings).any(axis=1)
tables.write(
    snakemake.output.embeddings,
    table.FEATURES,
    {**tables.place(shard), "features": tables.lists(embeddings, absent)},
    tables.Provenance.of(snakemake.rule, snakemake.params.items()),
)
