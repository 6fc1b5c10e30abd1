"""Read a direction that another program wrote, for a study's edits."""

from pathlib import Path
from typing import TYPE_CHECKING

from mnemo import interop, logs, tables
from mnemo.directions import table

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params, source = snakemake.params, Path(snakemake.input.file)
provenance = tables.Provenance.of(snakemake.rule, params.items())
[sha256] = provenance.weights.values()
component = params.direction.get("component")
found = interop.read_direction(
    source,
    z_dim=params.z_dim,
    w_dim=params.w_dim,
    layers=params.layers,
    space=params.direction["space"],
    weights=sha256,
    allow_foreign=params.direction["allow_foreign"],
    component=component,
)
row = table.row(
    params.direction,
    params.generator,
    sha256,
    found.rows.ravel(),
    len(found.rows),
    norm=found.norm,
    foreign=found.foreign,
    source=source.name if component is None else f"{source.name}, component {component}",
)
tables.write(snakemake.output.direction, table.DIRECTIONS, row, provenance)
