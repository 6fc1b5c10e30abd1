"""Move one shard of images in one part of the layers, at all levels."""

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from mnemo import latents, logs, tables
from mnemo.edits import layers, rows, steps

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
direction = tables.read(inputs.direction, ["space", "normal"]).to_pylist()[0]
along = rows.units(np.array(direction["normal"]), direction["space"], params.layers)
start, stop = params.faces
moved = layers.edit(
    pa.concat_tables(map(tables.read, inputs.latents)).slice(start, stop - start),
    along,
    snakemake.wildcards.layer,
    steps.of_part(params.steps, inputs.steps),
    chosen=params.chosen,
    rows=range(*params.rows),
)
tables.write(
    snakemake.output.latents,
    latents.LATENTS,
    moved,
    tables.Provenance.of(snakemake.rule, params.items()),
)
