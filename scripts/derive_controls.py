"""Find the directions of an edit's controls."""

from typing import TYPE_CHECKING

import numpy as np

from mnemo import latents, logs, scores, tables
from mnemo.edits import controls

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
tiles = params.layers if params.space == "w_plus" else 1
space = "w" if params.space == "w_plus" else params.space
fitted = scores.read(inputs.scores, ["image", "score"])
rows = latents.gather(inputs.latents, space, fitted["image"].to_numpy())
normals = {
    "random": controls.random(params.images, rows.shape[1], params.seed),
    "permuted": controls.permuted(
        params.images,
        rows,
        fitted["score"].to_numpy(),
        threshold=params.threshold,
        inverse_penalty=tiles * params.regularisation,
        seed=params.seed,
    ),
}
for path in inputs.brightness:
    plane = np.array(tables.read(path, ["normal"]).to_pylist()[0]["normal"])
    along = np.array(tables.read(inputs.direction, ["normal"]).to_pylist()[0]["normal"])
    # It moves to the side that the edit moves to.
    side = -1 if plane @ along < 0 else 1
    normals["brightness"] = side * np.sqrt(tiles) * plane.reshape(tiles, -1)[:1]
tables.write(
    snakemake.output.directions,
    controls.DIRECTIONS,
    {"control": list(normals), "normals": [each.tolist() for each in normals.values()]},
    tables.Provenance.of(snakemake.rule, params.items()),
)
