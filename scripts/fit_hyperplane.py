"""Fit one hyperplane of the grid, and test it on held-out seeds."""

from typing import TYPE_CHECKING

from mnemo import latents, logs, scores, tables
from mnemo.directions import hyperplanes, jackknife, refits

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
grid, params = snakemake.wildcards, snakemake.params
scores = scores.read(snakemake.input.scores, ["image", "score"])
tiled = grid.space == "w_plus"
images = scores["image"].to_numpy()
values = scores["score"].to_numpy()
points = latents.gather(snakemake.input.latents, "w" if tiled else grid.space, images)
layers = params.layers if tiled else 1
fitted = hyperplanes.fit(
    points,
    values,
    threshold=grid.threshold,
    layers=layers,
    validation=params.validation,
    folds=params.folds,
    repeats=params.repeats,
    permutations=params.permutations,
    regularisation=params.regularisation,
    seed=params.seed,
    confidence=params.confidence,
)
without = refits.fit(
    points,
    values,
    refits.groups_of(images, params.seed),
    threshold=grid.threshold,
    layers=layers,
    validation=params.validation,
    regularisation=params.regularisation,
)
provenance = tables.Provenance.of(snakemake.rule, params.items())
normals = without and without.moved(without.coefficients)
reliability = jackknife.reliability(normals)
row = hyperplanes.row(grid.space, grid.assessor, grid.shape, fitted, reliability)
tables.write(snakemake.output.hyperplane, hyperplanes.HYPERPLANES, row, provenance)
hits = hyperplanes.held_out(images, fitted)
tables.write(snakemake.output.held_out, hyperplanes.HELD_OUT, hits, provenance)
named = grid.space, grid.assessor, grid.shape, grid.threshold
tables.write(snakemake.output.refits, jackknife.REFITS, jackknife.rows(*named, without), provenance)
