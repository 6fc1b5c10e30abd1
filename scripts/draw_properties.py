"""Lay out the same images under several edits, each at its lowest and highest alpha."""

from typing import TYPE_CHECKING

from mnemo import logs, scores
from mnemo.report import catalogue, pages, pictures

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
scored = scores.read(inputs.scores, ["edit", "image", "alpha", "score"])
page = catalogue.side_by_side(
    [catalogue.Edit(**edit) for edit in params.edits],
    params.images,
    pictures.gather(inputs.images, params.images),
    catalogue.by_place(scored, params.images),
    params.classes,
)
pages.save(page, snakemake.output.page)
