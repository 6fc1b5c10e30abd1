"""Dose and response: how scores follow alpha (Figure 6; GANalyze, section 3.1)."""


rule measure_dose_response:
    """Measure how the scores of an edit follow alpha, and which alpha gives a wanted change."""
    input:
        scores=scores_of_edit,
    output:
        dose_response="<results>/dose_response/{edit}/dose_response.parquet",
        slopes="<results>/dose_response/{edit}/slopes.parquet",
        local_slopes="<results>/dose_response/{edit}/local_slopes.parquet",
        calibration="<results>/dose_response/{edit}/calibration.parquet",
    log:
        "<logs>/measure_dose_response/{edit}.log",
    benchmark:
        "<benchmarks>/measure_dose_response/{edit}.tsv"
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        changes=settings.calibration.changes,
        statistics=settings.statistics.model_dump(),
        stamp=stamp(*USED_WEIGHTS),
        code=code_of("measure_dose_response"),
    script:
        "../scripts/measure_dose_response.py"
