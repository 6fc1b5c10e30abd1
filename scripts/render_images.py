"""Render one shard of latents."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from mnemo import images, logs, synthesis, tables
from mnemo.generators import loading

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
generator = loading.load(snakemake.input.weights, params.generator)


def render(part: pa.Table) -> Mapping[str, Any]:
    rendered = synthesis.render(
        part, generator, params.truncation_psi, cutoff=params.truncation_cutoff, noise=params.noise
    )[:, slice(*params.rows)]
    names = part["image"].to_pylist()
    pixels = [
        images.encode(image, name, params.format)
        for image, name in zip(rendered, names, strict=True)
    ]
    return {**tables.place(part), "pixels": pixels}


tables.write_parts(
    snakemake.output.images,
    tables.IMAGES,
    map(render, tables.parts(tables.read(snakemake.input.latents), params.at_once)),
    tables.Provenance.of(snakemake.rule, params.items()),
)
