"""List the faces that were found in one shard of images, without the ovals."""

from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.faces import ovals

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
tables.write(
    snakemake.output.faces,
    ovals.FACES,
    tables.read(snakemake.input.images, ovals.FACES.names),
    tables.Provenance.of(snakemake.rule, snakemake.params.items()),
)
