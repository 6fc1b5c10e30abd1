"""Draw the first photographs of a study as they were, aligned and recovered."""

from pathlib import Path
from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.figures import inversions, pictures, style
from mnemo.report import pages

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, output = snakemake.input, snakemake.output
wanted = pictures.first(inputs.recovered, snakemake.params.shown)
shown = inversions.gather(inputs.aligned, inputs.recovered, wanted)
figure = inversions.draw(shown, tables.read(inputs.inversions).to_pandas())
style.save(figure, output.figure)
page = pages.picture("Photographs and their inversions", Path(output.figure).read_bytes())
pages.save(page, output.page)
