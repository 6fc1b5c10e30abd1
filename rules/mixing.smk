"""Style mixing: a direction of its own for each layer, fitted on images whose layers differ.

Needs `mixing` of the set fit, or a file of its latents in w_plus; makes its latents in w_plus where there
is no file, and the hyperplanes in that space, in place of the rules for images whose layers share one w.
"""

if study.sets.fit.mixing:

    ruleorder: mix_latents > sample_latents

    rule mix_latents:
        """Draw the latents of one shard of the set fit, each layer's from a seed of its own."""
        input:
            weights=ancient(models.file(models.generator.weights)),
        output:
            latents="<results>/fit/latents/{shard}.parquet",
        log:
            "<logs>/mix_latents/{shard}.log",
        benchmark:
            "<benchmarks>/mix_latents/{shard}.tsv"
        conda:
            "../envs/torch.yaml"
        threads: 1
        resources:
            mem_mb=memory,
            runtime=minutes,
        params:
            generator=asdict(models.generator),
            truncation_psi=study.truncation_psi("fit"),
            seeds=paths.seeds_to_mix,
            stamp=models.stamp(models.generator.weights),
            code=code_of("mix_latents", models.generator.module),
        script:
            "../scripts/mix_latents.py"


if study.sets.fit.layered:

    ruleorder: fit_mixed_hyperplane > fit_hyperplane

    rule fit_mixed_hyperplane:
        """Fit one hyperplane of the grid on latents whose layers differ."""
        input:
            latents=paths.shards("latents", ["fit"]),
            scores=paths.scores_to_fit,
        output:
            hyperplane="<results>/hyperplanes/{space}/{assessor}/{shape}/{threshold}{by}.parquet",
            held_out="<results>/held_out/{space}/{assessor}/{shape}/{threshold}{by}.parquet",
            refits="<results>/refits/{space}/{assessor}/{shape}/{threshold}{by}.parquet",
        log:
            "<logs>/fit_mixed_hyperplane/{space}/{assessor}/{shape}/{threshold}{by}.log",
        benchmark:
            "<benchmarks>/fit_mixed_hyperplane/{space}/{assessor}/{shape}/{threshold}{by}.tsv"
        conda:
            "../envs/statistics.yaml"
        threads: 1
        resources:
            mem_mb=memory,
            runtime=minutes,
        params:
            validation=study.validation,
            folds=study.hyperplanes.folds,
            repeats=study.hyperplanes.repeats,
            permutations=study.hyperplanes.permutations,
            regularisation=study.hyperplanes.regularisation,
            seed=study.statistics.seed,
            confidence=study.statistics.confidence,
            stamp=models.stamp_of_hyperplane,
            code=code_of("fit_mixed_hyperplane"),
        script:
            "../scripts/fit_mixed_hyperplane.py"
