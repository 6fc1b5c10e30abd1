"""Training: an assessor learns hit rates from a database laid out like the 10k US Adult Faces.

Needs `training` in the config, and a database, or the set `train` to make one from. Makes the
assessor's weights file with its card, and the tables of how its training went and how well it
ranks images that it has not seen (Table 3).
"""

if study.training and study.training.teachers:

    rule write_database:
        """Lay the faces of the set train out as a database, with assessors' scores as rates."""
        input:
            **{shape: paths.shards(shape, ["train"]) for shape in study.training.shapes},
            hit_rates=rates_of(study.training.hit_rate),
            false_alarm_rates=rates_of(study.training.false_alarm_rate),
        output:
            folder=directory("<results>/training/database"),
        log:
            "<logs>/write_database.log",
        benchmark:
            "<benchmarks>/write_database.tsv"
        conda:
            "../envs/torch.yaml"
        threads: 1
        resources:
            mem_mb=memory,
            runtime=minutes,
        params:
            shapes=list(study.training.shapes),
            code=code_of("write_database"),
        script:
            "../scripts/write_database.py"


if study.training:

    rule split_database:
        """Check a database to train on, and deal its images to training, validation and test."""
        input:
            database=paths.database,
        output:
            split="<results>/training/split.parquet",
        log:
            "<logs>/split_database.log",
        benchmark:
            "<benchmarks>/split_database.tsv"
        conda:
            "../envs/torch.yaml"
        threads: 1
        resources:
            mem_mb=memory,
            runtime=minutes,
        params:
            target=study.training.target,
            fillers=study.training.fillers,
            seed=study.training.seed,
            folds=study.training.folds,
            stamp=models.stamp(),
            code=code_of("split_database"),
        script:
            "../scripts/split_database.py"

    rule train_assessor:
        """Train an assessor on one split of a database."""
        input:
            database=paths.database,
            # The params record what this training depends on: other folds change no holdout.
            split=ancient("<results>/training/split.parquet"),
            initial=ancient(models.initial),
        output:
            weights="<results>/training/{run}/assessor.safetensors",
            sha256="<results>/training/{run}/assessor.safetensors.sha256",
            card="<results>/training/{run}/assessor.json",
            curves="<results>/training/{run}/curves.parquet",
            predictions="<results>/training/{run}/predictions.parquet",
        log:
            "<logs>/train_assessor/{run}.log",
        benchmark:
            "<benchmarks>/train_assessor/{run}.tsv"
        conda:
            "../envs/torch.yaml"
        threads: 4
        resources:
            gpu=1,
            mem_mb=memory,
            runtime=minutes,
        params:
            settings={**study.training.settings, "preset": models.preset_of_training},
            fillers=study.training.fillers,
            folds=params.folds,
            licence=models.licence_of_training,
            stamp=models.stamp(*models.to_train),
            code=code_of("train_assessor", *models.modules_of_training),
        script:
            "../scripts/train_assessor.py"

    rule measure_training:
        """Measure how well a trained assessor ranks images that it has not seen (Table 3)."""
        input:
            database=paths.database,
            split="<results>/training/split.parquet",
            predictions=collect(
                "<results>/training/{run}/predictions.parquet", run=study.training.runs
            ),
        output:
            training="<results>/training.parquet",
        log:
            "<logs>/measure_training.log",
        conda:
            "../envs/torch.yaml"
        threads: 1
        resources:
            mem_mb=memory,
            runtime=minutes,
        params:
            target=study.training.target,
            fillers=study.training.fillers,
            assessor=study.training.name,
            architecture=study.training.architecture,
            statistics=study.statistics.model_dump(),
            stamp=models.stamp(*models.to_train),
            code=code_of("measure_training"),
        script:
            "../scripts/measure_training.py"
