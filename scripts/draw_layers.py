"""Lay out the layers by their effect, each with faces and the means at its levels."""

from typing import TYPE_CHECKING

import numpy as np

from mnemo import logs, tables
from mnemo.edits.rows import alike, units
from mnemo.report import layers, pages

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
direction = tables.read(inputs.direction, ["space", "normal"]).to_pylist()[0]
along = units(np.array(direction["normal"]), direction["space"], params.layers)
levels, effects = (
    frame[frame["assessor"] == params.assessor]
    for frame in (tables.read(path).to_pandas() for path in (inputs.layers, inputs.effects))
)
scores = tables.frame(inputs.scores, ["edit", "image", "alpha", "score"])
cards = layers.cards(params.parts, levels, effects, scores, inputs.images, params.images)
page = layers.page(cards, params.images, params.assessor, params.confidence, alike=alike(along))
pages.save(page, snakemake.output.page)
