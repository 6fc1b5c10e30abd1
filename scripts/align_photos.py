"""Cut the face, or the centre, out of each of a person's photographs."""

from pathlib import Path
from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.faces.alignment import Landmarks
from mnemo.photos import align, private, table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
names = {private.key(place): name for place, name in enumerate(private.read(params.private))}
rows = align.rows(
    [Path(params.folder, names[image]) for image in params.images],
    params.images,
    Landmarks(*snakemake.input.landmarks) if params.alignment == "ffhq" else None,
    params.resolution,
    params.detection_height,
    params.format,
    params.rows,
)
# Whoever gets the results need not know where the photographs are.
settings = {**dict(params.items()), "folder": None, "private": None, "listing": None}
tables.write_parts(
    snakemake.output.aligned,
    table.ALIGNED,
    align.some(rows) if params.alone else rows,
    tables.Provenance.of(snakemake.rule, settings.items()),
)
