"""Read a direction that another program wrote, for a study's edits."""

from pathlib import Path
from typing import TYPE_CHECKING

from mnemo import interop, logs, tables
from mnemo.directions import table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
source = Path(snakemake.input.direction)
provenance = tables.Provenance.of(snakemake.rule, params.items())
[sha256] = provenance.weights.values()
direction = interop.read_direction(
    source,
    z_dim=params.z_dim,
    w_dim=params.w_dim,
    layers=params.layers,
    space=params.space,
    weights=sha256,
    allow_foreign=params.allow_foreign,
)
tables.write(
    snakemake.output.direction,
    table.DIRECTIONS,
    interop.row(direction, source.name),
    provenance,
)
