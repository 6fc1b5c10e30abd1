"""Draw the latents of one shard of a set, each layer's from a seed of its own."""

import os
from typing import TYPE_CHECKING

from mnemo import latents, logs, tables
from mnemo.generators import loading, mixing

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

# Mapping z to w is too little work for a GPU, for which jobs that render may be waiting.
os.environ["CUDA_VISIBLE_DEVICES"] = ""
logs.to(snakemake.log[0])
params = snakemake.params
drawn = mixing.draw(
    loading.load(snakemake.input.weights, params.generator),
    "fit",
    range(*params.seeds),
    params.truncation_psi,
)
tables.write(
    snakemake.output.latents,
    latents.LATENTS,
    drawn,
    tables.Provenance.of(snakemake.rule, params.items()),
)
