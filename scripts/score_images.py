"""Score one shard of images with one assessor, which is loaded once for all of them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mnemo import assessors, images, logs, scores, tables

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
wildcards = snakemake.wildcards
inputs, preset = snakemake.input, snakemake.params.preset
assessor = assessors.load(wildcards.assessor, *inputs.trained, *inputs.weights, preset=preset)


def score(path: str) -> Mapping[str, Any]:
    shard, pixels = images.read(path)
    return scores.scored(shard, wildcards.assessor, wildcards.shape, assessor.score(pixels))


tables.write_parts(
    snakemake.output.scores,
    scores.SCORES,
    map(score, inputs.images),
    tables.Provenance.of(snakemake.rule, snakemake.params.items()),
)
