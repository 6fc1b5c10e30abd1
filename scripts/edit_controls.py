"""Move the images of an edit's controls, one shard of all controls and alphas together."""

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mnemo import latents, logs, tables
from mnemo.edits import controls

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
faces = pa.concat_tables(map(tables.read, inputs.latents))
# Of photographs some may have no latent.
faces = faces.filter(pc.is_in(faces["image"], pa.array(params.images)))
places = pc.index_in(faces["image"], pa.array(params.images)).to_numpy()
normals = {
    row["control"]: np.array(row["normals"]) for row in tables.read(inputs.directions).to_pylist()
}
[scale] = tables.read(inputs.direction, ["scale"])["scale"].to_pylist()
normals = {
    name: scale * (rows if len(rows) == 1 else rows[places]) for name, rows in normals.items()
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
