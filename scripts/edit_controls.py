"""Move the images of an edit's controls, one shard of all controls and alphas together."""

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from mnemo import latents, logs, tables
from mnemo.edits import controls

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
faces = pa.concat_tables(map(tables.read, inputs.latents)).slice(0, params.faces)
normals = {
    row["control"]: np.array(row["normals"]) for row in tables.read(inputs.directions).to_pylist()
}
moved = controls.edit(
    faces, normals, params.variants, params.space, layers=params.layers, chosen=params.chosen
)
first, end = params.rows
tables.write(
    snakemake.output.latents,
    latents.LATENTS,
    moved.slice(first, end - first),
    tables.Provenance.of(snakemake.rule, params.items()),
)
