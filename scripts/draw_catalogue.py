"""Lay out images of an edit over alpha, ranked by the change of their score."""

from typing import TYPE_CHECKING

from mnemo import logs, scores
from mnemo.report import catalogue, pages, pictures, ranking

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
edit = catalogue.Edit(**params.edit)
scored = scores.read(inputs.scores, ["edit", "image", "alpha", "score"])
ranked = ranking.effects(scored, edit.alphas)
chosen = ranking.choose(ranked, params.shown)
wanted = {image for part in chosen.values() for image in part.index}
page = catalogue.page(
    edit,
    chosen,
    len(ranked),
    pictures.gather(inputs.images, wanted),
    catalogue.by_place(scored, wanted),
    params.classes,
)
pages.save(page, snakemake.output.page)
