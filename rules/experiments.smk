"""Experiments with people: their stimuli, and the analysis of their answers (GANalyze, 3.3.2, 3.4).

Needs `experiments` in the config, and the images of an edit; makes experiments/, the folders that a
lab serves, and from the answers people/.
"""


rule export_experiment:
    """Write the folder of an experiment: the design, the images, and the texts around the task."""
    input:
        unpack(people.stimuli),
    output:
        # Answers are kept beside it.
        experiment=update("<results>/experiments/{experiment}/experiment.json"),
        # Snakemake puts back what a failed job was to update, as if it were new: without this, the
        # next run would take an export that was refused for finished.
        exported=touch("<results>/people/{experiment}/exported"),
    log:
        "<logs>/export_experiment/{experiment}.log",
    benchmark:
        "<benchmarks>/export_experiment/{experiment}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        kind=people.key("kind"),
        settings=people.settings,
        photographs=people.key("photographs"),
        listing=people.digest_of_photographs,
        class_count=models.generator.class_count,
        size=params.size_of_images,
        format=study.images.format,
        seed=people.key("seed"),
        demo=people.is_simulated,
        stamp=models.stamp(models.generator.weights),
        code=code_of("export_experiment"),
    script:
        "../scripts/export_experiment.py"


rule simulate_answers:
    """Answer an experiment as simulated participants, through its server."""
    input:
        experiment="<results>/experiments/{experiment}/experiment.json",
        scores=people.scores_to_follow,
    output:
        trials="<results>/people/{experiment}/simulated.parquet",
    log:
        "<logs>/simulate_answers/{experiment}.log",
    benchmark:
        "<benchmarks>/simulate_answers/{experiment}.tsv"
    conda:
        "../envs/experiment.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        participants=people.key("simulated.participants"),
        series=people.key("simulated.series"),
        slope=people.key("simulated.slope"),
        strength=people.key("simulated.strength"),
        inattentive=people.key("simulated.inattentive"),
        seed=people.key("simulated.seed"),
        stamp=models.stamp(),
        code=code_of("simulate_answers"),
    script:
        "../scripts/simulate_answers.py"


rule read_answers:
    """Read the answers to an experiment, and judge which series count."""
    input:
        experiment="<results>/experiments/{experiment}/experiment.json",
        answers=people.answers,
    output:
        trials="<results>/people/{experiment}/trials.parquet",
        participants="<results>/people/{experiment}/participants.parquet",
    log:
        "<logs>/read_answers/{experiment}.log",
    benchmark:
        "<benchmarks>/read_answers/{experiment}.tsv"
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        limits=people.key("limits"),
        stamp=models.stamp(),
        code=code_of("read_answers"),
    script:
        "../scripts/read_answers.py"


rule measure_people:
    """Measure what people remembered, or told from photographs, at each alpha and of each image."""
    input:
        trials="<results>/people/{experiment}/trials.parquet",
        participants="<results>/people/{experiment}/participants.parquet",
    output:
        human_rates="<results>/people/{experiment}/human_rates.parquet",
        memorability="<results>/people/{experiment}/memorability.parquet",
        consistency="<results>/people/{experiment}/consistency.parquet",
    log:
        "<logs>/measure_people/{experiment}.log",
    benchmark:
        "<benchmarks>/measure_people/{experiment}.tsv"
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        confidence=study.statistics.confidence,
        seed=study.statistics.seed,
        stamp=models.stamp(),
        code=code_of("measure_people"),
    script:
        "../scripts/measure_people.py"


rule model_answers:
    """Relate people's answers to alpha and to visual factors, in mixed models (Table 1)."""
    input:
        trials="<results>/people/{experiment}/trials.parquet",
        participants="<results>/people/{experiment}/participants.parquet",
        factors=people.factors,
    output:
        models="<results>/people/{experiment}/human_models.parquet",
    log:
        "<logs>/model_answers/{experiment}.log",
    benchmark:
        "<benchmarks>/model_answers/{experiment}.tsv"
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        confidence=study.statistics.confidence,
        stamp=models.stamp(*models.behind_factors),
        code=code_of("model_answers"),
    script:
        "../scripts/model_answers.py"
