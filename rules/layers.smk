"""Layers: each layer, or group of layers, moved alone along a direction (3.4, Figures 9, 16 to 26).

Needs `layerwise` in the config, the latents of the set eval and a direction; makes eval/layers/,
layers/steps/, layers.parquet and layer_effects.parquet. All levels of a part are one set, and the
unedited images, eval/layers/original, are rendered and scored once for all of them.
"""

if study.layerwise:

    layers = Layers(study, paths)

    rule calibrate_layers:
        """Find the steps with which one part of the layers changes the image by a wanted amount."""
        input:
            latents=layers.latents_to_calibrate,
            direction=layers.direction,
            weights=ancient(models.file(models.generator.weights)),
            perceptual=ancient(models.files(models.perceptual)),
        output:
            steps="<results>/layers/steps/{layer}.parquet",
        log:
            "<logs>/calibrate_layers/{layer}.log",
        benchmark:
            "<benchmarks>/calibrate_layers/{layer}.tsv"
        conda:
            "../envs/torch.yaml"
        threads: 4
        resources:
            gpu=models.generator.gpu,
            mem_mb=memory,
            runtime=minutes,
        params:
            generator=asdict(models.generator),
            truncation_psi=study.truncation_psi("eval"),
            truncation_cutoff=study.generator.truncation_cutoff,
            noise=study.generator.noise,
            rows=study.generator.kept_rows,
            format=study.images.format,
            chosen=layers.chosen,
            first=layers.calibrated_on,
            levels=study.layerwise.levels,
            size=study.layerwise.size,
            perceptual=study.layerwise.perceptual,
            stamp=models.stamp(models.generator.weights, *models.perceptual),
            code=code_of("calibrate_layers", models.generator.module),
        script:
            "../scripts/calibrate_layers.py"

    rule edit_layers:
        """Move one shard of images in one part of the layers, at all levels."""
        input:
            latents=layers.latents_to_move,
            direction=layers.direction,
            steps=layers.steps_of_layer,
        output:
            latents="<results>/eval/layers/{layer}/latents/{shard}.parquet",
        log:
            "<logs>/edit_layers/{layer}/{shard}.log",
        benchmark:
            "<benchmarks>/edit_layers/{layer}/{shard}.tsv"
        conda:
            "../envs/statistics.yaml"
        threads: 1
        resources:
            mem_mb=memory,
            runtime=minutes,
        params:
            layers=models.generator.layers,
            chosen=layers.chosen,
            steps=layers.steps,
            faces=layers.faces,
            rows=layers.rows,
            stamp=models.stamp(models.generator.weights),
            code=code_of("edit_layers"),
        script:
            "../scripts/edit_layers.py"

    rule measure_layers:
        """Measure what each part of the layers does to the scores (Figures 9, 16 to 26)."""
        input:
            edited=layers.scores,
            unedited=layers.scores_unedited,
            changes=layers.changes,
            steps=layers.calibrated,
            direction=layers.direction,
        output:
            layers="<results>/layers.parquet",
            effects="<results>/layer_effects.parquet",
        log:
            "<logs>/measure_layers.log",
        benchmark:
            "<benchmarks>/measure_layers.tsv"
        conda:
            "../envs/statistics.yaml"
        threads: 1
        resources:
            mem_mb=memory,
            runtime=minutes,
        params:
            parts=study.layers,
            equal_steps=layers.equal_steps,
            layers=models.generator.layers,
            perceptual=study.layerwise.perceptual,
            confidence=study.statistics.confidence,
            stamp={
                **models.stamp(*models.of_scores, *models.perceptual),
                "config_digest": config_digest,
            },
            code=code_of("measure_layers"),
        script:
            "../scripts/measure_layers.py"

    rule draw_layers:
        """Lay out the layers by their effect, each with faces and the means at its levels."""
        input:
            layers="<results>/layers.parquet",
            effects="<results>/layer_effects.parquet",
            direction=layers.direction,
            images=layers.images_shown,
            scores=layers.scores_shown,
            calibrated=layers.calibrated,
        output:
            page=report(
                "<results>/pages/layers.html",
                caption="captions/caption.rst",
                category="3 Edits",
                labels=params.labels("Figures 9 and 16 to 26: each layer alone"),
            ),
        log:
            "<logs>/draw_layers.log",
        conda:
            "../envs/statistics.yaml"
        threads: 1
        resources:
            mem_mb=memory,
            runtime=minutes,
        params:
            assessor=study.shown_of_layers,
            shape=layers.shape,
            images=layers.keys_shown,
            parts=study.layers,
            layers=models.generator.layers,
            confidence=study.statistics.confidence,
            caption=captions.of("layers_page"),
            code=code_of("draw_layers"),
        script:
            "../scripts/draw_layers.py"
