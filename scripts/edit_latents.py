"""Move one shard of a set's latents along a direction."""

from typing import TYPE_CHECKING

import numpy as np

from mnemo import latents, logs, tables
from mnemo.edits.move import move

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
direction = tables.read(snakemake.input.direction, ["space", "normal", "scale"]).to_pylist()[0]
moved = move(
    tables.read(snakemake.input.latents),
    direction["scale"] * np.array(direction["normal"]),
    direction["space"],
    snakemake.wildcards.edit,
    float(snakemake.wildcards.alpha),
    layers=params.layers,
    chosen=params.chosen,
)
tables.write(
    snakemake.output.latents,
    latents.LATENTS,
    moved,
    tables.Provenance.of(snakemake.rule, params.items()),
)
