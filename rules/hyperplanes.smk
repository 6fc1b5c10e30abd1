"""Hyperplanes: one for each space, assessor, shape and threshold (Tables 2 and 4)."""


rule fit_hyperplane:
    """Fit one hyperplane of the grid, and test it on held-out seeds."""
    input:
        latents=shards("latents", ["fit"]),
        scores=scores_to_fit,
    output:
        hyperplane="<results>/hyperplanes/{space}/{assessor}/{shape}/{threshold}.parquet",
    log:
        "<logs>/fit_hyperplane/{space}/{assessor}/{shape}/{threshold}.log",
    benchmark:
        "<benchmarks>/fit_hyperplane/{space}/{assessor}/{shape}/{threshold}.tsv"
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        layers=GENERATOR.layers,
        validation=settings.validation,
        folds=settings.hyperplanes.folds,
        permutations=settings.hyperplanes.permutations,
        regularisation=settings.hyperplanes.regularisation,
        seed=settings.statistics.seed,
        confidence=settings.statistics.confidence,
        stamp=stamp_of_hyperplane,
        code=code_of("fit_hyperplane"),
    script:
        "../scripts/fit_hyperplane.py"


rule condition_direction:
    """Take out of an edit's normal what would change the attributes that the edit holds (A.5)."""
    input:
        hyperplane=hyperplane_of_edit,
        held=hyperplanes_held,
    output:
        direction="<results>/directions/{edit}.parquet",
        conditions="<results>/conditions/{edit}.parquet",
    log:
        "<logs>/condition_direction/{edit}.log",
    wildcard_constraints:
        edit="|".join(CONDITIONED or ["(?!)"]),
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        attributes=conditions_of_edit,
        preset=settings.preset,
        stamp=stamp_of_conditions,
        code=code_of("condition_direction"),
    script:
        "../scripts/condition_direction.py"
