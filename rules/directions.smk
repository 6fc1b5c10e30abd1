"""Directions: the hyperplanes, and the unit vectors that edits move along (Tables 2 and 4).

Needs fit/latents/ and fit/scores/, for a direction of another program its file, for a learned one
the weights of the generator and the assessor; makes hyperplanes/, held_out/, refits/, directions/,
learning/ and conditions/.
"""


rule fit_hyperplane:
    """Fit one hyperplane of the grid, and test it on held-out seeds."""
    input:
        latents=paths.shards("latents", ["fit"]),
        scores=paths.scores_to_fit,
    output:
        hyperplane="<results>/hyperplanes/{space}/{assessor}/{shape}/{threshold}{by}.parquet",
        held_out="<results>/held_out/{space}/{assessor}/{shape}/{threshold}{by}.parquet",
        refits="<results>/refits/{space}/{assessor}/{shape}/{threshold}{by}.parquet",
    log:
        "<logs>/fit_hyperplane/{space}/{assessor}/{shape}/{threshold}{by}.log",
    benchmark:
        "<benchmarks>/fit_hyperplane/{space}/{assessor}/{shape}/{threshold}{by}.tsv"
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        estimator=params.estimator,
        layers=models.generator.layers,
        validation=study.validation,
        folds=study.hyperplanes.folds,
        repeats=study.hyperplanes.repeats,
        permutations=study.hyperplanes.permutations,
        regularisation=study.hyperplanes.regularisation,
        seed=study.statistics.seed,
        confidence=study.statistics.confidence,
        stamp=models.stamp_of_hyperplane,
        code=code_of("fit_hyperplane"),
    script:
        "../scripts/fit_hyperplane.py"


rule derive_direction:
    """Derive a direction from a hyperplane's normal, holding attributes constant (A.5)."""
    input:
        hyperplane=paths.hyperplane_of_direction,
        refits=paths.refits_of_hyperplane,
        held=paths.hyperplanes_held,
        held_refits=paths.refits_held,
    output:
        direction="<results>/directions/{direction}.parquet",
        refits="<results>/refits/directions/{direction}.parquet",
    log:
        "<logs>/derive_direction/{direction}.log",
    wildcard_constraints:
        direction="|".join(
            [each.name for each in study.directions if each.method == "hyperplane"] or nothing
        ),
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        direction=params.direction,
        generator=study.generator.name,
        generator_weights=models.generator.weights,
        preset=study.preset,
        stamp=models.stamp_of_direction,
        code=code_of("derive_direction"),
    script:
        "../scripts/derive_direction.py"


rule measure_conditions:
    """Measure what a direction shares with attributes, and how well it holds them constant."""
    input:
        hyperplane=paths.hyperplane_of_direction,
        refits=paths.refits_of_hyperplane,
        attributes=paths.hyperplanes_of_attributes,
        attribute_refits=paths.refits_of_attributes,
    output:
        conditions="<results>/conditions/{direction}.parquet",
    log:
        "<logs>/measure_conditions/{direction}.log",
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        direction=params.direction,
        attributes=params.attributes,
        preset=study.preset,
        confidence=study.statistics.confidence,
        stamp=models.stamp(*models.of_scores),
        code=code_of("measure_conditions"),
    script:
        "../scripts/measure_conditions.py"


rule import_direction:
    """Read a direction from the user's file, and check that it fits the generator."""
    input:
        file=paths.file_of_direction,
        weights=ancient(models.file(models.generator.weights)),
    output:
        direction="<results>/directions/{direction}.parquet",
    log:
        "<logs>/import_direction/{direction}.log",
    wildcard_constraints:
        direction="|".join(
            [each.name for each in study.directions if each.method == "file"] or nothing
        ),
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        direction=params.direction,
        generator=study.generator.name,
        z_dim=models.generator.z_dim,
        w_dim=models.generator.w_dim or None,
        layers=models.generator.layers,
        stamp=models.stamp_of_direction,
        code=code_of("import_direction"),
    script:
        "../scripts/import_direction.py"


rule learn_direction:
    """Learn a direction through generator and assessor, or go on with it (GANalyze, section 2)."""
    input:
        trained=models.trained_of_learning,
        assessor=ancient(models.files_of_learning),
        weights=ancient(models.file(models.generator.weights)),
    output:
        direction="<results>/directions/{direction}.parquet",
        learning="<results>/learning/{direction}.parquet",
        card="<results>/directions/{direction}.json",
    log:
        "<logs>/learn_direction/{direction}.log",
    benchmark:
        "<benchmarks>/learn_direction/{direction}.tsv"
    wildcard_constraints:
        direction="|".join([each.name for each in learned.of_study(study)] or nothing),
    conda:
        "../envs/torch.yaml"
    threads: 4
    resources:
        gpu=1,
        mem_mb=memory,
        runtime=minutes,
    params:
        direction=params.direction,
        generator=asdict(models.generator),
        generator_weights=models.generator.weights,
        preset=models.preset_of_learning,
        settings=params.settings_of_learning,
        at_once=params.at_once_of_learning,
        classes=study.generator.class_indices,
        confidence=study.statistics.confidence,
        stamp=models.stamp_of_direction,
        code=code_of_learning,
    script:
        "../scripts/learn_direction.py"


rule export_interfacegan:
    """Write the latents and scores of the set fit, and the hyperplanes, as InterFaceGAN's files."""
    input:
        latents=paths.shards("latents", ["fit"]),
        scores=paths.scores(["fit"], study.models),
        hyperplanes=paths.hyperplanes,
    output:
        folder=directory("<results>/interfacegan"),
    log:
        "<logs>/export_interfacegan.log",
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        layers=models.generator.layers,
        tile=False,
        code=code_of("export_interfacegan"),
    script:
        "../scripts/export_interfacegan.py"
