"""Scores: of each image by each assessor, and how far the assessors agree.

Needs <set>/square/ or <set>/oval/, and the assessors' weights; makes <set>/scores/ and
agreement.parquet (Table 1).
"""


rule score_images:
    """Score one shard of images with one assessor."""
    input:
        images=paths.images_to_score,
        trained=models.trained_of_assessor,
        weights=ancient(models.files_of_assessor),
    output:
        scores="<results>/{set}/scores/{assessor}/{shape}/{shard}.parquet",
    log:
        "<logs>/score_images/{set}/{assessor}/{shape}/{shard}.log",
    benchmark:
        "<benchmarks>/score_images/{set}/{assessor}/{shape}/{shard}.tsv"
    wildcard_constraints:
        assessor="|".join(models.measured),
    conda:
        "../envs/torch.yaml"
    threads: 4
    resources:
        gpu=models.gpu_of_assessor,
        mem_mb=memory,
        runtime=minutes,
    params:
        preset=models.preset_of_assessor,
        stamp=models.stamp_of_assessor,
        code=code_of_assessor,
    script:
        "../scripts/score_images.py"


if study.factors_of("pixels"):

    rule measure_factors:
        """Measure the visual factors of one shard of images, all from one look at each image."""
        input:
            images=paths.images_to_measure,
        output:
            expand(
                "<results>/{{set}}/scores/{factor}/{{shape}}/{{shard}}.parquet",
                factor=study.factors_of("pixels"),
            ),
        log:
            "<logs>/measure_factors/{set}/{shape}/{shard}.log",
        benchmark:
            "<benchmarks>/measure_factors/{set}/{shape}/{shard}.tsv"
        conda:
            "../envs/statistics.yaml"
        threads: 1
        resources:
            mem_mb=memory,
            runtime=minutes,
        params:
            factors=study.factors_of("pixels"),
            stamp=models.stamp(),
            code=code_of("measure_factors"),
        script:
            "../scripts/measure_factors.py"


if study.factors_of("face-landmarks"):

    rule measure_faces:
        """Measure the factors of the faces in one shard of images, all from one detection each."""
        input:
            images=paths.images_to_measure,
            weights=ancient(models.files(models.of_factors("face-landmarks"))),
        output:
            expand(
                "<results>/{{set}}/scores/{factor}/{{shape}}/{{shard}}.parquet",
                factor=study.factors_of("face-landmarks"),
            ),
        log:
            "<logs>/measure_faces/{set}/{shape}/{shard}.log",
        benchmark:
            "<benchmarks>/measure_faces/{set}/{shape}/{shard}.tsv"
        conda:
            "../envs/torch.yaml"
        threads: 1
        resources:
            mem_mb=memory,
            runtime=minutes,
        params:
            factors=study.factors_of("face-landmarks"),
            stamp=models.stamp(*models.of_factors("face-landmarks")),
            code=code_of("measure_faces"),
        script:
            "../scripts/measure_faces.py"


if study.factors_of("object-mask"):

    rule measure_objects:
        """Measure the factors of the main objects in one shard of images, all from one mask each."""
        input:
            images=paths.images_to_measure,
            weights=ancient(models.files(models.of_factors("object-mask"))),
        output:
            expand(
                "<results>/{{set}}/scores/{factor}/{{shape}}/{{shard}}.parquet",
                factor=study.factors_of("object-mask"),
            ),
        log:
            "<logs>/measure_objects/{set}/{shape}/{shard}.log",
        benchmark:
            "<benchmarks>/measure_objects/{set}/{shape}/{shard}.tsv"
        conda:
            "../envs/torch.yaml"
        threads: 4
        resources:
            gpu=1,
            mem_mb=memory,
            runtime=minutes,
        params:
            factors=study.factors_of("object-mask"),
            stamp=models.stamp(*models.of_factors("object-mask")),
            code=code_of("measure_objects"),
        script:
            "../scripts/measure_objects.py"


rule subtract_scores:
    """Subtract one assessor's scores from another's: hit rate minus false-alarm rate."""
    input:
        scores=paths.scores_of_parts,
    output:
        scores="<results>/{set}/scores/{assessor}/{shape}/{shard}.parquet",
    log:
        "<logs>/subtract_scores/{set}/{assessor}/{shape}/{shard}.log",
    wildcard_constraints:
        assessor="|".join(models.derived or nothing),
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        stamp=models.stamp_of_assessor,
        code=code_of("subtract_scores"),
    script:
        "../scripts/subtract_scores.py"


rule measure_agreement:
    """Correlate the ranks that assessors and shapes give to the same images (Table 1)."""
    input:
        scores=paths.scores(["fit"]),
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
        statistics=study.statistics.model_dump(),
        stamp=models.stamp(*models.of_scores),
        code=code_of("measure_agreement"),
    script:
        "../scripts/measure_agreement.py"
