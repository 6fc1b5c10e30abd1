"""Measure what each part of the layers does to the scores."""

from typing import TYPE_CHECKING

import numpy as np

from mnemo import logs, scores, tables
from mnemo.edits import steps
from mnemo.edits.rows import units
from mnemo.results import layers

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
direction = tables.read(inputs.direction, ["space", "normal"]).to_pylist()[0]
along = units(np.array(direction["normal"]), direction["space"], params.layers)
moves = steps.table(params.parts, along, direction["space"], params.equal_steps, inputs.steps)
columns = ["edit", "alpha", "image", "assessor", "shape", "score"]
named = {"edit": "layer", "alpha": "step"}
measured, effects = layers.measure(
    scores.read(inputs.edited, columns).rename(columns=named),
    scores.read(inputs.unedited, columns[2:]),
    tables.frame(inputs.changes, ["edit", "alpha", "image", "image_change"]).rename(columns=named),
    moves,
    confidence=params.confidence,
)
provenance = tables.Provenance.of(snakemake.rule, params.items())
measured = measured.assign(perceptual_by=params.perceptual)
tables.write(snakemake.output.layers, layers.LAYERS, measured, provenance)
tables.write(snakemake.output.effects, layers.LAYER_EFFECTS, effects, provenance)
