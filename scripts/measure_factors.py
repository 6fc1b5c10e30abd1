"""Measure the visual factors of one shard of images, each image decoded once for all of them."""

from typing import TYPE_CHECKING

import numpy as np

from mnemo import images, logs, scores, tables
from mnemo.assessors import factors

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
shards = []
for path in snakemake.input.images:
    shard, pixels = images.read(path)
    values = np.array([factors.measure(image, params.factors) for image in pixels], np.float32)
    shards.append((shard, values.reshape(len(shard), len(params.factors))))
provenance = tables.Provenance.of(snakemake.rule, params.items())
for place, (factor, output) in enumerate(zip(params.factors, snakemake.output, strict=True)):
    rows = (
        scores.scored(shard, factor, snakemake.wildcards.shape, values[:, place])
        for shard, values in shards
    )
    tables.write_parts(output, scores.SCORES, rows, provenance)
