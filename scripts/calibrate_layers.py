"""Find the steps with which one part of the layers changes the image by a wanted amount."""

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from mnemo import logs, tables
from mnemo.edits import calibration, layers, rows, steps
from mnemo.generators import loading, synthesis
from mnemo.images import Pixels
from mnemo.inversion import change, perceptual
from mnemo.latents import layered

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
generator = loading.load(inputs.weights, params.generator)
distance = perceptual.load(params.perceptual, *inputs.perceptual)
direction = tables.read(inputs.direction, ["space", "normal"]).to_pylist()[0]
along = rows.units(np.array(direction["normal"]), direction["space"], generator.layers)
faces = pa.concat_tables(map(tables.read, inputs.latents)).slice(0, params.first)
settings = {"cutoff": params.truncation_cutoff, "noise": params.noise}


def render(latents: pa.Table) -> list[Pixels]:
    """Render images, as they are once they are stored."""
    rendered = synthesis.render(latents, generator, params.truncation_psi, **settings)
    return [change.stored(image, params.format) for image in rendered[:, slice(*params.rows)]]


originals = render(faces)


def mean_change(step: float) -> float:
    """Measure the mean image change at a step."""
    moved = layers.edit(faces, along, snakemake.wildcards.layer, [step], chosen=params.chosen)
    pairs = zip(originals, render(moved), strict=True)
    changes = [change.distances(distance, image, [edited])[0] for image, edited in pairs]
    return float(np.mean(changes))


spread = calibration.spread(layered(faces, generator.layers))
found = calibration.steps_of_change(mean_change, params.levels, params.size, spread)
tables.write(
    snakemake.output.steps,
    steps.STEPS,
    calibration.columns(found, params.size),
    tables.Provenance.of(snakemake.rule, params.items()),
)
