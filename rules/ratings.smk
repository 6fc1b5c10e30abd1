"""People's ratings: read from the user's files, and the assessors held against them.

Needs `ratings` in the config, for the assessors' validity fit/scores/; makes ratings/, the people's
fit/scores/ and assessor_validity.parquet.
"""

if study.ratings:

    rule read_ratings:
        """Read people's ratings of the set fit, once all of them are found to be right."""
        input:
            files=paths.files_of_ratings,
        output:
            ratings="<results>/ratings/{people}/{shape}.parquet",
            scores="<results>/fit/scores/{people}/{shape}/00000.parquet",
        log:
            "<logs>/read_ratings/{people}/{shape}.log",
        benchmark:
            "<benchmarks>/read_ratings/{people}/{shape}.tsv"
        # That of statistics reads no spreadsheets.
        conda:
            "../envs/torch.yaml"
        threads: 1
        resources:
            mem_mb=memory,
            runtime=minutes,
        params:
            file=params.of_ratings("file"),
            score=params.of_ratings("score"),
            others=params.of_ratings("others"),
            simulated=params.of_ratings("simulated"),
            exclude=params.of_ratings("exclude"),
            seeds=paths.seeds_of_fit,
            latents=[study.sets.fit.latents, study.sets.fit.count],
            least=params.least_rated,
            seed=study.statistics.seed,
            stamp=models.stamp(),
            code=code_of("read_ratings"),
        script:
            "../scripts/read_ratings.py"

    rule measure_assessor_validity:
        """Correlate the assessors' scores with people's of the same images."""
        input:
            scores=paths.scores(["fit"], study.models),
            ratings=paths.ratings,
        output:
            validity="<results>/assessor_validity.parquet",
        log:
            "<logs>/measure_assessor_validity.log",
        benchmark:
            "<benchmarks>/measure_assessor_validity.tsv"
        conda:
            "../envs/statistics.yaml"
        threads: 1
        resources:
            mem_mb=memory,
            runtime=minutes,
        params:
            statistics=study.statistics.model_dump(),
            stamp=models.stamp(*models.of_scores),
            code=code_of("measure_assessor_validity"),
        script:
            "../scripts/measure_assessor_validity.py"
