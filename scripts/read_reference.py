"""Read one shard of the photographs that realness is measured against."""

from typing import TYPE_CHECKING

from mnemo import images, logs, tables
from mnemo.photos import folder, reference

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
start, stop = params.places
tables.write_parts(
    snakemake.output.images,
    images.IMAGES,
    reference.rows(folder.pictures(params.folder)[start:stop], start, params.size, params.format),
    tables.Provenance.of(snakemake.rule, params.items()),
)
