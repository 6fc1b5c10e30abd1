"""Fit one hyperplane of the grid, and test it on held-out seeds."""

from typing import TYPE_CHECKING

from mnemo import latents, logs, scores, tables
from mnemo.directions import hyperplanes, jackknife, refits

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, output = snakemake.input, snakemake.output
grid, params = snakemake.wildcards, snakemake.params
scores = scores.read(inputs.scores, ["image", "score"])
images, values = scores["image"].to_numpy(), scores["score"].to_numpy()
points = latents.gather(inputs.latents, grid.space, images)
settings = {
    "threshold": grid.threshold,
    "layers": params.layers if grid.space == "w_plus" else 1,
    "validation": params.validation,
    "regularisation": params.regularisation,
}
fitted = hyperplanes.fit(
    points,
    values,
    **settings,
    folds=params.folds,
    repeats=params.repeats,
    permutations=params.permutations,
    seed=params.seed,
    confidence=params.confidence,
)
without = refits.fit(points, values, refits.groups_of(images, params.seed), **settings)
reliability = jackknife.reliability(jackknife.normals(without))
provenance = tables.Provenance.of(snakemake.rule, params.items())
row = hyperplanes.row(grid.space, grid.assessor, grid.shape, fitted, reliability)
tables.write(output.hyperplane, hyperplanes.HYPERPLANES, row, provenance)
hits = hyperplanes.held_out(images, fitted)
tables.write(output.held_out, hyperplanes.HELD_OUT, hits, provenance)
rows = jackknife.rows(grid.space, grid.assessor, grid.shape, grid.threshold, without)
tables.write(output.refits, jackknife.REFITS, rows, provenance)
