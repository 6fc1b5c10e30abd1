"""Cut the face, or the centre, out of each of a person's photographs."""

from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.faces.alignment import Landmarks
from mnemo.photos import align, table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
tables.write_parts(
    snakemake.output.aligned,
    table.ALIGNED,
    align.rows(
        snakemake.input.photos,
        params.images,
        Landmarks(*snakemake.input.landmarks) if params.alignment == "ffhq" else None,
        params.resolution,
        params.detection_height,
        params.format,
    ),
    tables.Provenance.of(snakemake.rule, params.items()),
)
