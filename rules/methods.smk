"""Methods: all edits of generated images, at equal gain and at equal image change.

Needs `methods` in the config, the scores of the set fit and of the edits, image_change/, directions/
and, as far as the study has them, embeddings/ and realness/; makes methods.parquet,
method_contrasts.parquet and cosines.parquet.
"""

if study.methods:

    compared = Compared(study, paths)

    rule measure_methods:
        """Compare what every edit does where all change the score, or the image, equally."""
        input:
            scores=compared.scores,
            fit_scores=paths.scores(["fit"], study.scorers),
            changes=compared.changes,
            embeddings=compared.embeddings,
            realness=compared.realness,
            directions=compared.directions,
            benchmarks=compared.benchmarks,
        output:
            methods="<results>/methods.parquet",
            method_contrasts="<results>/method_contrasts.parquet",
            cosines="<results>/cosines.parquet",
        log:
            "<logs>/measure_methods.log",
        benchmark:
            "<benchmarks>/measure_methods.tsv"
        conda:
            "../envs/statistics.yaml"
        threads: 1
        resources:
            mem_mb=memory,
            runtime=minutes,
        params:
            compared=compared.described,
            pairs=compared.pairs,
            edits=params.moves_of_edits,
            layers=models.generator.layers,
            gain=study.methods.gain,
            change=study.methods.change,
            perceptual=study.methods.perceptual,
            threshold=study.identity.threshold if study.identity else None,
            resamples=study.statistics.resamples,
            seed=study.statistics.seed,
            confidence=study.statistics.confidence,
            stamp={**models.stamp(*models.all), "config_digest": config_digest},
            code=code_of("measure_methods"),
        script:
            "../scripts/measure_methods.py"
