"""Draw the first photographs of a study, recovered and edited, with their scores."""

from pathlib import Path
from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.figures import photos, pictures, strip, style
from mnemo.report import pages

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, output, params = snakemake.input, snakemake.output, snakemake.params
wanted = pictures.first(inputs.recovered, params.shown)
shards = [*inputs.aligned, *inputs.recovered, *inputs.edited]
scores = tables.frame(inputs.scores, ["image", "alpha", "score"])
figure = photos.draw(
    strip.gather(shards, params.shape, wanted), scores, params.quality, params.assessor
)
style.save(figure, output.figure)
page = pages.picture(
    f"Photographs edited by {snakemake.wildcards.edit}", Path(output.figure).read_bytes()
)
pages.save(page, output.page)
