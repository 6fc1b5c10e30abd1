"""Dose and response: how scores, and attributes, follow alpha (Figures 6, 27; GANalyze, 3.1).

Needs the scores of edits and of the set fit, and refits/; makes dose_response/, drift/ and
transfer.parquet.
"""


rule measure_dose_response:
    """Measure how the scores of an edit follow alpha, and which alpha gives a wanted change."""
    input:
        scores=paths.scores_of_edit,
        unedited=paths.scores_to_calibrate,
        direction=paths.refits_of_direction,
        gradients=paths.refits_of_scores,
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
        wanted=params.wanted_changes,
        least_found=study.ovals.least_found,
        statistics=study.statistics.model_dump(),
        stamp=models.stamp(*models.of_scores),
        code=code_of("measure_dose_response"),
    script:
        "../scripts/measure_dose_response.py"


rule measure_transfer:
    """Measure how an edit along one assessor's normal changes the scores of the others."""
    input:
        slopes=collect(
            "<results>/dose_response/{edit}/slopes.parquet",
            edit=[each["edit"] for each in params.plain],
        ),
        edited=paths.scores_transferred,
        scores=paths.scores(["fit"]),
    output:
        transfer="<results>/transfer.parquet",
    log:
        "<logs>/measure_transfer.log",
    benchmark:
        "<benchmarks>/measure_transfer.tsv"
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        directions=params.plain,
        confidence=study.statistics.confidence,
        stamp=models.stamp(*models.of_scores),
        code=code_of("measure_transfer"),
    script:
        "../scripts/measure_transfer.py"


rule measure_drift:
    """Measure how an edit changes the attributes that it, or another, holds constant (Figure 27)."""
    input:
        scores=paths.scores_of_attributes,
    output:
        drift="<results>/drift/{edit}.parquet",
    log:
        "<logs>/measure_drift/{edit}.log",
    benchmark:
        "<benchmarks>/measure_drift/{edit}.tsv"
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        held=params.held,
        confidence=study.statistics.confidence,
        stamp=models.stamp(*models.of_scores),
        code=code_of("measure_drift"),
    script:
        "../scripts/measure_drift.py"
