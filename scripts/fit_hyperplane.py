"""Fit one hyperplane of the grid, and test it on held-out seeds."""

from typing import TYPE_CHECKING

from mnemo import latents, logs, scores, tables
from mnemo.directions import hyperplane_tables, hyperplanes, jackknife, refits
from mnemo.directions.planes import Plane

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, output = snakemake.input, snakemake.output
grid, params = snakemake.wildcards, snakemake.params
scores = scores.read(inputs.scores, ["image", "score"])
images, values = scores["image"].to_numpy(), scores["score"].to_numpy()
points = latents.gather(inputs.latents, grid.space, images)
plane = Plane(grid.space, grid.assessor, grid.shape, grid.threshold, params.estimator)
settings = {
    "threshold": plane.threshold,
    "estimator": plane.estimator,
    "layers": params.layers if grid.space == "w_plus" else 1,
    "validation": params.validation,
}
fitted = hyperplanes.fit(
    points,
    values,
    **settings,
    regularisation=params.regularisation,
    folds=params.folds,
    repeats=params.repeats,
    permutations=params.permutations,
    seed=params.seed,
    confidence=params.confidence,
)
groups = refits.groups_of(images, params.seed)
without = refits.fit(points, values, groups, **settings, regularisation=fitted.regularisation)
reliability = jackknife.reliability(jackknife.normals(without))
provenance = tables.Provenance.of(snakemake.rule, params.items())
row = hyperplane_tables.row(plane, fitted, reliability)
tables.write(output.hyperplane, hyperplane_tables.HYPERPLANES, row, provenance)
hits = hyperplane_tables.held_out(images, fitted)
tables.write(output.held_out, hyperplane_tables.HELD_OUT, hits, provenance)
tables.write(output.refits, jackknife.REFITS, jackknife.rows(plane, without), provenance)
