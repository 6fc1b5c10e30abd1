"""Read one shard of a set's latents from the user's file."""

from typing import TYPE_CHECKING

from mnemo import latents, logs, tables
from mnemo.generators import loading
from mnemo.photos import imported

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
sizes = {"z_dim": params.z_dim, "w_dim": params.w_dim, "layers": params.layers}
shard = imported.table(
    imported.read(
        snakemake.input.file, params.space, params.expected, **sizes, counted=params.counted
    ),
    loading.load(snakemake.input.weights, params.generator),
    snakemake.wildcards.base,
    params.images,
    range(*params.places),
    params.truncation_psi,
    cutoff=params.truncation_cutoff,
    class_index=params.class_index,
)
tables.write(
    snakemake.output.latents,
    latents.LATENTS,
    shard,
    tables.Provenance.of(snakemake.rule, params.items()),
)
