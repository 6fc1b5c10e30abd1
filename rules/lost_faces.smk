"""Lost faces: whether the ovals that an edit leaves respond like those of the faces that it loses.

Needs the scores of edits whose ovals are scored; makes lost_faces/.
"""


rule measure_lost_faces:
    """Compare the faces that an edit loses with those that are still found."""
    input:
        scores=paths.scores_of_edit,
    output:
        lost_faces="<results>/lost_faces/{edit}.parquet",
    log:
        "<logs>/measure_lost_faces/{edit}.log",
    benchmark:
        "<benchmarks>/measure_lost_faces/{edit}.tsv"
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        confidence=study.statistics.confidence,
        stamp=models.stamp(*models.of_scores),
        code=code_of("measure_lost_faces"),
    script:
        "../scripts/measure_lost_faces.py"
