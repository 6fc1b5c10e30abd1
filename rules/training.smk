"""Training: an assessor learns hit rates from a database laid out like the 10k US Adult Faces.

Needs `training` in the config, and the database, or the set `train` of which one is made. Makes the
assessor's weights file with its card, and the tables of how its training went and how well it
ranks images that it has not seen (Table 3).
"""

if TRAINING and TRAINING.teachers:

    rule write_database:
        """Lay the ovals of the set train out as a database, with two assessors' scores as rates."""
        input:
            ovals=shards("oval", ["train"]),
            hit_rates=scores(["train"], [TRAINING.hit_rate], ["oval"]),
            false_alarm_rates=scores(["train"], [TRAINING.false_alarm_rate], ["oval"]),
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
            code=code_of("write_database"),
        script:
            "../scripts/write_database.py"


if TRAINING:

    rule split_database:
        """Check a database to train on, and deal its images to training, validation and test."""
        input:
            database=database(),
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
            target=TRAINING.target,
            fillers=TRAINING.fillers,
            seed=TRAINING.seed,
            folds=TRAINING.folds,
            stamp=stamp(),
            code=code_of("split_database"),
        script:
            "../scripts/split_database.py"

    rule train_assessor:
        """Train an assessor on one split of a database."""
        input:
            database=database(),
            # The params say what of it this training hangs on: other folds change no holdout.
            split=ancient("<results>/training/split.parquet"),
            initial=ancient(initial_weights()),
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
            settings={**TRAINING.settings, "preset": preset_of_training()},
            fillers=TRAINING.fillers,
            folds=folds_of_run,
            licence=licence_of_training(),
            stamp=stamp(*weights_to_train()),
            code=code_of("train_assessor", *BACKBONES),
        script:
            "../scripts/train_assessor.py"

    rule measure_training:
        """Measure how well a trained assessor ranks images that it has not seen (Table 3)."""
        input:
            database=database(),
            split="<results>/training/split.parquet",
            predictions=collect("<results>/training/{run}/predictions.parquet", run=TRAINING.runs),
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
            target=TRAINING.target,
            fillers=TRAINING.fillers,
            assessor=TRAINING.name,
            architecture=TRAINING.architecture,
            statistics=settings.statistics.model_dump(),
            stamp=stamp(*weights_to_train()),
            code=code_of("measure_training"),
        script:
            "../scripts/measure_training.py"

    rule draw_training:
        """Draw how the training went, epoch by epoch, and what the assessor says of test images."""
        input:
            curves="<results>/curves.parquet",
            predictions="<results>/predictions.parquet",
            summary="<results>/training.parquet",
        output:
            figure=report(
                "<results>/figures/training.svg",
                caption="captions/training.rst",
                category="5 Models",
                labels={"result": "Training of the assessor"},
            ),
        log:
            "<logs>/draw_training.log",
        conda:
            "../envs/statistics.yaml"
        threads: 1
        resources:
            mem_mb=memory,
            runtime=minutes,
        params:
            about=about_training(),
            statistics=settings.statistics.model_dump(),
            code=code_of("draw_training"),
        script:
            "../scripts/draw_training.py"
