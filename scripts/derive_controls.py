"""Find the directions of an edit's controls."""

from typing import TYPE_CHECKING

import numpy as np

from mnemo import latents, logs, scores, tables
from mnemo.edits import controls

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
layers = params.layers if params.space == "w_plus" else 1
fitted = scores.read(inputs.scores, ["image", "score"])
rows = latents.gather(inputs.latents, params.space, fitted["image"].to_numpy())
normals = {
    "random": controls.random(params.images, rows.shape[1], params.seed),
    "permuted": controls.permuted(
        params.images,
        rows,
        fitted["score"].to_numpy(),
        threshold=params.threshold,
        estimator=params.estimator,
        regularisation=params.regularisation,
        layers=layers,
        seed=params.seed,
    ),
}
for path in inputs.brightness:
    plane, along = (
        np.array(tables.read(each, ["normal"])["normal"][0].as_py())
        for each in (path, inputs.direction)
    )
    normals["brightness"] = controls.beside(along, plane, layers)
tables.write(
    snakemake.output.directions,
    controls.DIRECTIONS,
    {"control": list(normals), "normals": [each.tolist() for each in normals.values()]},
    tables.Provenance.of(snakemake.rule, params.items()),
)
