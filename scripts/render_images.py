"""Render one shard of latents."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from mnemo import generators, images, latents, logs, tables

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
generator = generators.load(params.generator, snakemake.input.weights)


def render(part: pa.Table) -> Mapping[str, Any]:
    rendered = generator.render(latents.renderable(part, generator, params.truncation_psi))
    names = part["image"].to_pylist()
    pixels = [images.encode(image, name) for image, name in zip(rendered, names, strict=True)]
    return {**tables.place(part), "pixels": pixels}


tables.write_parts(
    snakemake.output.images,
    tables.IMAGES,
    map(render, tables.parts(tables.read(snakemake.input.latents))),
    tables.Provenance.of(snakemake.rule, params.items()),
)
