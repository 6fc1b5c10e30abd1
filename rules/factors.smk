"""Visual factors: what an edit changes of them, and how the scores follow them (GANalyze, 3.2).

Needs the scores of edits, and the visual factors of edits and of the set fit; makes factors/ and
factor_models/.
"""


rule relate_factors:
    """Measure how an edit changes the visual factors, and how closely its scores follow them."""
    input:
        scores=paths.scores_with_factors,
        unedited=paths.factors_unedited,
    output:
        factors="<results>/factors/{edit}.parquet",
        factor_models="<results>/factor_models/{edit}.parquet",
    log:
        "<logs>/relate_factors/{edit}.log",
    benchmark:
        "<benchmarks>/relate_factors/{edit}.tsv"
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        sources=params.sources_of_factors,
        assessors=list(study.models),
        confidence=study.statistics.confidence,
        stamp=models.stamp(*models.of_scores),
        code=code_of("relate_factors"),
    script:
        "../scripts/relate_factors.py"
