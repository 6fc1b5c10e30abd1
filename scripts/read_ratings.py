"""Read people's ratings of the set fit, once all of them are found to be right."""

from typing import TYPE_CHECKING

from mnemo import logs, scores, tables
from mnemo.ratings import images, read, table
from mnemo.ratings.games import Exclusion

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
output, params, wildcards = snakemake.output, snakemake.params, snakemake.wildcards
known = images.of_seeds(*params.seeds) if params.seeds else images.of_latents(*params.latents)
ratings = read.read(
    params.file,
    params.score,
    known,
    others=params.others,
    simulated=params.simulated,
    exclude=Exclusion(**params.exclude) if params.exclude else None,
    least=params.least,
    seed=params.seed,
)
provenance = tables.Provenance.of(snakemake.rule, params.items())
tables.write(output.ratings, table.RATINGS, table.columns(ratings, wildcards.people), provenance)
rated = table.scores(ratings, wildcards.people, wildcards.shape)
tables.write(output.scores, scores.SCORES, rated, provenance)
