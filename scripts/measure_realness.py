"""Measure how far an edit at each alpha is from each reference."""

from typing import TYPE_CHECKING

import pandas as pd

from mnemo import logs, tables
from mnemo.features import table
from mnemo.results import inception_score, realness

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

logs.to(snakemake.log[0])
inputs, params = snakemake.input, snakemake.params
parts = []
for name in params.references:
    own = name == "generator"
    reference = table.read(inputs.reference if own else inputs.photographs).get(None, ([], []))
    if not own:
        realness.check_photographs(len(reference[0]), params.groups)
    part = realness.compare(
        table.read(inputs.edited),
        reference,
        table.read(inputs.floor)[None] if own else None,
        neighbours=params.neighbours,
        groups=params.groups,
        seed=params.seed,
        confidence=params.confidence,
    )
    if inputs.edited_logits:
        scores = inception_score.measure(
            table.read(inputs.edited_logits),
            table.read(inputs.reference_logits if own else inputs.photographs_logits)[None],
            table.read(inputs.floor_logits)[None] if own else None,
            confidence=params.confidence,
        )
        part = part.merge(scores, on="alpha")
    else:
        part = part.assign(**inception_score.UNKNOWN)
    parts.append(part.assign(reference=name))
tables.write(
    snakemake.output.realness,
    realness.REALNESS,
    pd.concat(parts).assign(edit=snakemake.wildcards.edit, features=params.features),
    tables.Provenance.of(snakemake.rule, params.items()),
)
