"""Compare edits, assessors, shapes and hyperplanes on the same images."""

from pathlib import Path
from typing import TYPE_CHECKING

from mnemo import logs, scores, tables
from mnemo.results import contrasts, joined

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
held_out = {
    "/".join(Path(path).with_suffix("").parts[-4:]): tables.read(path).to_pandas()
    for path in inputs.held_out
}
columns = ["edit", "image", "assessor", "shape", "alpha", "score"]
# A set of controls has the name of one of the edits that share it.
shared = {
    name: scores.read([path for path in inputs.controls if f"/controls/{name}/" in path], columns)
    for name in dict.fromkeys(params.controls.values())
}
measured = contrasts.measure(
    scores.read(inputs.scores, columns),
    scores.read(inputs.fit_scores, ["image", "assessor", "shape", "score"]),
    held_out,
    controls={edit: shared[name] for edit, name in params.controls.items()},
    shares=joined.shares(inputs.directions, params.edits, params.layers),
    **params.pairs,
    confidence=params.confidence,
)
tables.write(
    snakemake.output.contrasts,
    contrasts.CONTRASTS,
    measured,
    tables.Provenance.of(snakemake.rule, params.items()),
)
