"""Find the face in each image of a shard, and cut it out as an oval."""

from typing import TYPE_CHECKING

from mnemo import faces, images, logs, tables

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
shard, pixels = images.read(snakemake.input.images)
found = faces.detect(pixels, params.detection_height, params.preset)
ovals = (
    faces.ovalize(image, face, preset=params.preset)
    for image, face in zip(pixels, found, strict=True)
)
tables.write(
    snakemake.output.images,
    tables.OVALS,
    faces.table(shard, found, ovals, params.format),
    tables.Provenance.of(snakemake.rule, params.items()),
)
