"""Pick the latents of the images of an edit that figures show."""

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from mnemo import latents, logs, scores, tables
from mnemo.report import ranking

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
wanted = set(params.images)
if inputs.scores:
    scored = scores.read(inputs.scores, ["edit", "image", "alpha", "score"])
    chosen = ranking.choose(ranking.effects(scored, params.alphas), params.catalogue)
    wanted.update(image for part in chosen.values() for image in part.index)
keys = pa.array(sorted(wanted))
tables.write_parts(
    snakemake.output.latents,
    latents.LATENTS,
    (shard.filter(pc.is_in(shard["image"], keys)) for shard in map(tables.read, inputs.latents)),
    tables.Provenance.of(snakemake.rule, params.items()),
)
