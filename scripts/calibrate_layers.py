"""Find the steps with which one part of the layers changes the image by a wanted amount."""

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from mnemo import logs, tables
from mnemo.edits import calibration, rows, steps
from mnemo.generators import loading
from mnemo.inversion import perceptual, rendered
from mnemo.latents import layered

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
generator = loading.load(inputs.weights, params.generator)
direction = tables.read(inputs.direction, ["space", "normal"]).to_pylist()[0]
faces = pa.concat_tables(map(tables.read, inputs.latents)).slice(0, params.first)
change = rendered.mean_change(
    faces,
    rows.units(np.array(direction["normal"]), direction["space"], generator.layers),
    snakemake.wildcards.layer,
    generator,
    perceptual.load(params.perceptual, *inputs.perceptual),
    chosen=params.chosen,
    psi=params.truncation_psi,
    cutoff=params.truncation_cutoff,
    noise=params.noise,
    rows=params.rows,
    format=params.format,
)
spread = calibration.spread(layered(faces, generator.layers))
found = calibration.steps_of_change(change, params.levels, params.size, spread)
columns = calibration.columns(found, params.size)
provenance = tables.Provenance.of(snakemake.rule, params.items())
tables.write(snakemake.output.steps, steps.STEPS, columns, provenance)
