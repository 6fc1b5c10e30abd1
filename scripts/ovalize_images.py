"""Find the face in each image of a shard, and cut it out as an oval."""

from typing import TYPE_CHECKING

from mnemo import images, logs, tables
from mnemo.faces import ovals

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
shard, pixels = images.read(snakemake.input.images)
found = ovals.detect(pixels, params.detection_height, params.preset)
cut = (
    ovals.ovalize(image, face, preset=params.preset)
    for image, face in zip(pixels, found, strict=True)
)
tables.write_parts(
    snakemake.output.images,
    ovals.OVALS,
    ovals.parts(shard, found, cut, params.format),
    tables.Provenance.of(snakemake.rule, params.items()),
)
