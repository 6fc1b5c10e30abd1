"""Embed the faces of one shard of images, with a network loaded once for all of them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mnemo import features, images, logs, tables
from mnemo.features import table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
extractor = features.load(snakemake.wildcards.embedder, *snakemake.input.weights)


def embed(path: str) -> Mapping[str, Any]:
    shard, pixels = images.read(path)
    embeddings = extractor.extract(pixels)
    # An image without a face has no embedding.
    absent = np.isnan(embeddings).any(axis=1)
    return {**tables.place(shard), "features": tables.lists(embeddings, absent)}


tables.write_parts(
    snakemake.output.embeddings,
    table.FEATURES,
    map(embed, snakemake.input.images),
    tables.Provenance.of(snakemake.rule, snakemake.params.items()),
)
