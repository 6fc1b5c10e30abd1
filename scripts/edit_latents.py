"""Move one shard of a set's latents along the normal of a hyperplane."""

from typing import TYPE_CHECKING

import numpy as np

from mnemo import latents, logs, tables

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
hyperplane = tables.read(snakemake.input.hyperplane, ["space", "normal"]).to_pylist()[0]
moved = latents.move(
    tables.read(snakemake.input.latents),
    np.array(hyperplane["normal"]),
    hyperplane["space"],
    snakemake.wildcards.edit,
    float(snakemake.wildcards.alpha),
)
tables.write(
    snakemake.output.latents,
    tables.LATENTS,
    moved,
    tables.Provenance.of(snakemake.rule, snakemake.params.items()),
)
