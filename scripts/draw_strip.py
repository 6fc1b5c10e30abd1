"""Draw the first images of an edit over alpha, with their scores."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from mnemo import logs, tables
from mnemo.figures import pictures, strip, style
from mnemo.report import pages

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
# Which photographs can be used is known from their images alone.
wanted = params.images or pictures.first(snakemake.input[params.shapes[0]], params.shown)
gathered = pd.concat(strip.gather(snakemake.input[shape], shape, wanted) for shape in params.shapes)
scores = tables.frame(snakemake.input.scores, ["image", "shape", "alpha", "score"])
figure = strip.draw(gathered, scores, params.quality, params.assessor)
style.save(figure, snakemake.output.figure)
page = pages.picture(
    f"Images of the edit {snakemake.wildcards.edit}", Path(snakemake.output.figure).read_bytes()
)
pages.save(page, snakemake.output.page)
