"""Compare all edits at equal gain and at equal image change, and all directions."""

from typing import TYPE_CHECKING

from mnemo import logs, scores, tables
from mnemo.results import cosines, identity_distances, joined, method_contrasts, methods
from mnemo.results.responses import Responses

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
columns = ["image", "assessor", "shape", "score"]
responses = Responses(
    scores.read(inputs.scores, ["edit", "alpha", *columns]),
    scores.read(inputs.fit_scores, columns),
    tables.frame(inputs.changes, ["edit", "alpha", "image", "image_change"]),
    params.compared,
    faces=identity_distances.read(inputs.embeddings),
    gain=params.gain,
    change=params.change,
    threshold=params.threshold,
    resamples=params.resamples,
    seed=params.seed,
)
realness = tables.frame(inputs.realness, methods.READ) if inputs.realness else None
measured = methods.measure(responses, realness=realness, confidence=params.confidence)
contrasts = method_contrasts.measure(responses, params.pairs, confidence=params.confidence)
shares = joined.shares(inputs.directions, params.edits, params.layers)
seconds = methods.seconds(inputs.benchmarks, params.compared)
measured = measured.assign(
    moved=measured["alpha"] * measured["edit"].map(shares),
    seconds=measured["edit"].map(seconds),
    perceptual_by=params.perceptual,
)
provenance = tables.Provenance.of(snakemake.rule, params.items())
tables.write(snakemake.output.methods, methods.METHODS, measured, provenance)
tables.write(
    snakemake.output.method_contrasts, method_contrasts.METHOD_CONTRASTS, contrasts, provenance
)
between = cosines.measure(cosines.read(inputs.directions))
tables.write(snakemake.output.cosines, cosines.COSINES, between, provenance)
