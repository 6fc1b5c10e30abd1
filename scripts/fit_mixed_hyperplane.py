"""Fit one hyperplane of the grid on latents whose layers differ, and test it on held-out seeds."""

from typing import TYPE_CHECKING

from mnemo import logs, scores, tables
from mnemo.directions import hyperplane_tables, hyperplanes, jackknife, mixed
from mnemo.directions.planes import Plane

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, output = snakemake.input, snakemake.output
grid, params = snakemake.wildcards, snakemake.params
scores = scores.read(inputs.scores, ["image", "score"])
images = scores["image"].to_numpy()
fitted = hyperplanes.fit(
    mixed.gather(inputs.latents, images),
    scores["score"].to_numpy(),
    threshold=grid.threshold,
    validation=params.validation,
    regularisation=params.regularisation,
    folds=params.folds,
    repeats=params.repeats,
    permutations=params.permutations,
    seed=params.seed,
    confidence=params.confidence,
)
provenance = tables.Provenance.of(snakemake.rule, params.items())
plane = Plane(grid.space, grid.assessor, grid.shape, grid.threshold)
row = hyperplane_tables.row(plane, fitted)
tables.write(output.hyperplane, hyperplane_tables.HYPERPLANES, row, provenance)
hits = hyperplane_tables.held_out(images, fitted)
tables.write(output.held_out, hyperplane_tables.HELD_OUT, hits, provenance)
# In thousands of dimensions, the jackknife's linear regressions would need more images than there
# are, and more memory than the latents.
tables.write(output.refits, jackknife.REFITS, jackknife.rows(plane, None), provenance)
