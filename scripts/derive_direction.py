"""Derive a direction from a hyperplane's normal, holding attributes constant."""

from typing import TYPE_CHECKING

import numpy as np

from mnemo import logs, tables
from mnemo.directions import conditions, table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params, output = snakemake.input, snakemake.params, snakemake.output
columns = ["space", "normal", "layers", "intercept"]
plane, *held = (
    tables.read(path, columns).to_pylist()[0] for path in (inputs.hyperplane, *inputs.held)
)
normals = dict(
    zip(params.direction["hold"], (np.array(each["normal"]) for each in held), strict=True)
)
condition = conditions.project(np.array(plane["normal"]), normals, preset=params.preset)
provenance = tables.Provenance.of(snakemake.rule, params.items())
row = table.row(
    params.direction,
    params.generator,
    provenance.weights[params.generator_weights],
    condition.normal,
    plane["layers"],
    intercept=None if held else plane["intercept"],
    kept=condition.kept,
)
tables.write(output.direction, table.DIRECTIONS, row, provenance)
rows = conditions.rows(params.direction["name"], condition)
tables.write(output.conditions, conditions.CONDITIONS, rows, provenance)
