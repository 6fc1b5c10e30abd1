"""Draw the first images of an edit over alpha, with their scores."""

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from mnemo import logs, tables
from mnemo.figures import strip, style
from mnemo.report import pages

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
pictures = pd.concat(
    strip.gather(snakemake.input[shape], shape, params.images) for shape in params.shapes
)
# Of photographs some can't be used, so that there are more candidates than are shown.
shown = pictures["image"].isin(pictures["image"].drop_duplicates().head(params.shown))
pictures = pictures[shown]
scores = tables.frame(snakemake.input.scores, ["image", "shape", "alpha", "score"])
figure = strip.draw(pictures, scores, params.quality, params.assessor)
style.save(figure, snakemake.output.figure)
page = pages.picture(
    f"Images of the edit {snakemake.wildcards.edit}", Path(snakemake.output.figure).read_bytes()
)
pages.save(page, snakemake.output.page)
