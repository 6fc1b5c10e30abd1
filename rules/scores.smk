"""Scores: what each assessor says of each image, and how far the assessors agree."""


rule score_images:
    """Score one shard of images with one assessor."""
    input:
        images=images_to_score,
        trained=trained_weights,
        weights=ancient(weights_of_assessor),
    output:
        scores="<results>/{set}/scores/{assessor}/{shape}/{shard}.parquet",
    log:
        "<logs>/score_images/{set}/{assessor}/{shape}/{shard}.log",
    benchmark:
        "<benchmarks>/score_images/{set}/{assessor}/{shape}/{shard}.tsv"
    wildcard_constraints:
        assessor="|".join(MEASURED),
    conda:
        "../envs/torch.yaml"
    threads: 4
    resources:
        gpu=gpu_of_assessor,
        mem_mb=memory,
        runtime=minutes,
    params:
        preset=preset_of_assessor,
        stamp=stamp_of_assessor,
        code=code_of_assessor,
    script:
        "../scripts/score_images.py"


rule subtract_scores:
    """Subtract one assessor's scores from another's: hit rate minus false-alarm rate."""
    input:
        scores=scores_of_parts,
    output:
        scores="<results>/{set}/scores/{assessor}/{shape}/{shard}.parquet",
    log:
        "<logs>/subtract_scores/{set}/{assessor}/{shape}/{shard}.log",
    wildcard_constraints:
        assessor="|".join(DERIVED or ["(?!)"]),
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        stamp=stamp_of_assessor,
        code=code_of("subtract_scores"),
    script:
        "../scripts/subtract_scores.py"


rule measure_agreement:
    """Correlate the ranks that assessors and shapes give to the same images (Table 1)."""
    input:
        scores=scores(["fit"]),
    output:
        agreement="<results>/agreement.parquet",
    log:
        "<logs>/measure_agreement.log",
    benchmark:
        "<benchmarks>/measure_agreement.tsv"
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        statistics=settings.statistics.model_dump(),
        stamp=stamp(*BEHIND),
        code=code_of("measure_agreement"),
    script:
        "../scripts/measure_agreement.py"
