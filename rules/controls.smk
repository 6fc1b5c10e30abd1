"""Controls of edits: random directions, permuted scores, and brightness, each edited and scored.

Needs the latents and the scores of the set fit, and the hyperplane of brightness. Makes
<set>/controls/ and controls/. All controls and alphas of an edit are one set, so that they take few
jobs; edits of one set that differ only in what they hold constant, and in alphas, share it.
"""

if study.controls:

    rule derive_controls:
        """Find the directions of an edit's controls."""
        input:
            latents=paths.shards("latents", ["fit"]),
            scores=paths.scores_of_controls_fit,
            direction=paths.direction_of_controls,
            brightness=paths.brightness_of_edit,
        output:
            directions="<results>/directions/controls/{edit}.parquet",
        log:
            "<logs>/derive_controls/{edit}.log",
        benchmark:
            "<benchmarks>/derive_controls/{edit}.tsv"
        conda:
            "../envs/statistics.yaml"
        threads: 1
        resources:
            mem_mb=memory,
            runtime=minutes,
        params:
            images=paths.keys_of_controls,
            space=params.space,
            layers=models.generator.layers,
            threshold=paths.threshold_of_controls,
            estimator=paths.estimator_of_controls,
            regularisation=study.hyperplanes.regularisation,
            seed=study.statistics.seed,
            stamp=models.stamp(models.generator.weights),
            code=code_of("derive_controls"),
        script:
            "../scripts/derive_controls.py"

    rule edit_controls:
        """Move the images of an edit's controls, one shard of all controls and alphas together."""
        input:
            latents=paths.latents_to_control,
            directions="<results>/directions/controls/{edit}.parquet",
            direction=paths.direction_of_edit,
        output:
            latents="<results>/{base}/controls/{edit}/latents/{shard}.parquet",
        log:
            "<logs>/edit_controls/{base}/{edit}/{shard}.log",
        benchmark:
            "<benchmarks>/edit_controls/{base}/{edit}/{shard}.tsv"
        conda:
            "../envs/statistics.yaml"
        threads: 1
        resources:
            mem_mb=memory,
            runtime=minutes,
        params:
            images=paths.keys_of_controls,
            variants=params.controls,
            rows=paths.rows_of_controls,
            space=params.space,
            layers=models.generator.layers,
            chosen=params.layers,
            stamp=models.stamp(models.generator.weights),
            code=code_of("edit_controls"),
        script:
            "../scripts/edit_controls.py"

    rule measure_controls:
        """Measure the mean scores of an edit's controls at each alpha."""
        input:
            controls=paths.scores_of_controls,
            unedited=paths.scores_unedited,
        output:
            controls="<results>/controls/{edit}.parquet",
        log:
            "<logs>/measure_controls/{edit}.log",
        benchmark:
            "<benchmarks>/measure_controls/{edit}.tsv"
        conda:
            "../envs/statistics.yaml"
        threads: 1
        resources:
            mem_mb=memory,
            runtime=minutes,
        params:
            alphas=params.moves,
            confidence=study.statistics.confidence,
            stamp=models.stamp(*models.of_scores),
            code=code_of("measure_controls"),
        script:
            "../scripts/measure_controls.py"
