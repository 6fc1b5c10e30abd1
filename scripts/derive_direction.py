"""Derive a direction from a hyperplane's normal, holding attributes constant."""

from typing import TYPE_CHECKING

import numpy as np

from mnemo import logs, tables
from mnemo.directions import conditions, jackknife, table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params, output = snakemake.input, snakemake.params, snakemake.output
name = params.direction["name"]
own = conditions.read(inputs.hyperplane, inputs.refits)
planes = map(conditions.read, inputs.held, inputs.held_refits)
held = dict(zip(params.direction["hold"], planes, strict=True))
conditions.check(name, held)
normals = {attribute: plane.normal for attribute, plane in held.items()}
condition = conditions.project(own.normal, normals, preset=params.preset)
provenance = tables.Provenance.of(snakemake.rule, params.items())
row = table.row(
    params.direction,
    params.generator,
    provenance.weights[params.generator_weights],
    np.tile(condition.normal, own.layers) / np.sqrt(own.layers),
    own.layers,
    intercept=None if held else own.intercept,
    kept=condition.kept,
)
tables.write(output.direction, table.DIRECTIONS, row, provenance)
fits = conditions.refitted(own.fits, [plane.fits for plane in held.values()], params.preset)
rows = jackknife.rows_of_direction(name, own.layers, fits)
tables.write(output.refits, jackknife.DIRECTION_REFITS, rows, provenance)
