"""Contrasts and findings: what differs on the same images, and what of the study holds.

Needs the scores of the set fit and of all edits, held_out/, and the tables that the findings are read
from; makes contrasts.parquet and findings.parquet.
"""


rule measure_contrasts:
    """Compare edits, assessors, shapes and hyperplanes on the same images."""
    input:
        scores=paths.scores(paths.edited, study.scorers),
        fit_scores=paths.scores(["fit"], study.scorers),
        controls=paths.scores(sets.control_sets(study)),
        held_out=paths.held_out_to_contrast,
        directions=paths.directions_of_edits,
    output:
        contrasts="<results>/contrasts.parquet",
    log:
        "<logs>/measure_contrasts.log",
    benchmark:
        "<benchmarks>/measure_contrasts.tsv"
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        pairs=params.contrasts,
        controls=params.sets_of_controls,
        edits=params.moves_of_edits,
        layers=models.generator.layers,
        confidence=study.statistics.confidence,
        stamp=models.stamp(*models.of_scores),
        code=code_of("measure_contrasts"),
    script:
        "../scripts/measure_contrasts.py"


rule measure_findings:
    """State what the study found, and what of it holds after correction for all statements."""
    input:
        tables=paths.tables_of_findings,
    output:
        findings="<results>/findings.parquet",
    log:
        "<logs>/measure_findings.log",
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        stated=params.findings,
        confidence=study.statistics.confidence,
        stamp=models.stamp(*models.all),
        code=code_of("measure_findings"),
    script:
        "../scripts/measure_findings.py"
