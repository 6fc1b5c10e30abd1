"""Fit one hyperplane of the grid, and test it on held-out seeds."""

from typing import TYPE_CHECKING

from mnemo import latents, logs, scores, tables
from mnemo.directions import hyperplanes

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
grid, params = snakemake.wildcards, snakemake.params
scores = scores.read(snakemake.input.scores, ["image", "score"])
tiled = grid.space == "w_plus"
images = scores["image"].to_numpy()
fitted = hyperplanes.fit(
    latents.gather(snakemake.input.latents, "w" if tiled else grid.space, images),
    scores["score"].to_numpy(),
    threshold=grid.threshold,
    layers=params.layers if tiled else 1,
    validation=params.validation,
    folds=params.folds,
    repeats=params.repeats,
    permutations=params.permutations,
    regularisation=params.regularisation,
    seed=params.seed,
    confidence=params.confidence,
)
provenance = tables.Provenance.of(snakemake.rule, params.items())
tables.write(
    snakemake.output.hyperplane,
    hyperplanes.HYPERPLANES,
    hyperplanes.row(grid.space, grid.assessor, grid.shape, fitted),
    provenance,
)
tables.write(
    snakemake.output.held_out,
    hyperplanes.HELD_OUT,
    hyperplanes.held_out(images, fitted),
    provenance,
)
