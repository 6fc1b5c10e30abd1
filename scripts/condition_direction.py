"""Take out of an edit's normal what would change the attributes that the edit holds."""

from typing import TYPE_CHECKING

import numpy as np

from mnemo import logs, tables
from mnemo.directions import conditions, table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
edit, params, output = snakemake.wildcards.edit, snakemake.params, snakemake.output
hyperplane, *held = (
    tables.read(path, ["space", "normal", "layers"]).to_pylist()[0]
    for path in (snakemake.input.hyperplane, *snakemake.input.held)
)
normals = [np.array(plane["normal"]) for plane in held]
condition = conditions.project(
    np.array(hyperplane["normal"]),
    dict(zip(params.attributes, normals, strict=True)),
    preset=params.preset,
)
direction = conditions.direction(edit, hyperplane["space"], hyperplane["layers"], condition)
provenance = tables.Provenance.of(snakemake.rule, params.items())
tables.write(output.direction, table.DIRECTIONS, direction, provenance)
tables.write(output.conditions, conditions.CONDITIONS, conditions.rows(edit, condition), provenance)
