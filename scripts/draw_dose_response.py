"""Draw how one assessor's scores of an edit follow alpha."""

from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.figures import dose_response, style

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, assessor = snakemake.input, snakemake.wildcards.assessor
scores = tables.frame(inputs.scores, ["shape", "alpha", "score"])
means, slopes, *controls = (
    table[table["assessor"] == assessor]
    for table in (
        tables.read(path).to_pandas() for path in (inputs.means, inputs.slopes, *inputs.controls)
    )
)
figure = dose_response.draw(
    scores, means, slopes, controls[0] if controls else None, snakemake.params.confidence
)
style.save(figure, snakemake.output.figure)
