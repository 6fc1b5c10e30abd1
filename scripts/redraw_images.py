"""Redraw images of a crate's sets from their seeds, measure them again, and compare."""

from pathlib import Path
from typing import TYPE_CHECKING

from mnemo import logs, tables
from mnemo.crates.opening import Crate
from mnemo.generators import loading
from mnemo.verify import machines, redrawing

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
params = snakemake.params
crate, results = Crate(params.crate), Path(snakemake.output.redrawn).parent
away = machines.differences(crate.environment, Path(snakemake.scriptdir).parent)
models = redrawing.load(
    loading.load(snakemake.input.generator, params.generator),
    params.scorers,
    params.differences,
    params.extractors,
)
rows = redrawing.redraw(
    models,
    params.settings,
    results,
    redrawing.unpacked(crate, results / "images"),
    count=params.wanted,
    exact=away.exact,
)
tables.write(
    snakemake.output.redrawn,
    redrawing.REDRAWN,
    redrawing.sorted_rows(rows),
    tables.Provenance.of(snakemake.rule, params.items()),
)
