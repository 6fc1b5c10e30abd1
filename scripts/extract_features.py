"""Extract the features of one shard of images, with a network loaded once for all of them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mnemo import features, images, logs, tables
from mnemo.features import table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
extractor = features.load(snakemake.wildcards.features, *snakemake.input.weights)


def extract(path: str) -> Mapping[str, Any]:
    shard, pixels = images.read(path)
    return {**tables.place(shard), "features": tables.lists(extractor.extract(pixels))}


tables.write_parts(
    snakemake.output.features,
    table.FEATURES,
    map(extract, snakemake.input.images),
    tables.Provenance.of(snakemake.rule, snakemake.params.items()),
)
