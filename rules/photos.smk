"""Photographs: aligned, found in the generator's latent space, and from there on edited as any set.

Needs `photos` in the config: a folder of photographs, or a file of latents that were found for some.
Makes originals/square/, photos/latents/, photos.parquet, inversions.parquet and private/photos.csv,
the only file that has the photographs' names. Jobs know a photograph by its key alone, so that
Snakemake does not print its name either.
"""

if taken:

    # What the generator's own sets are drawn and rendered from, photographs have already.
    ruleorder: align_photos > render_images
    ruleorder: gather_inverted > sample_latents

    rule align_photos:
        """Read one shard of photographs, find the face in each, and cut it out as in FFHQ."""
        input:
            landmarks=ancient(models.files(models.landmarks)),
        output:
            aligned=image_shards(
                "<results>/originals/square/{shard}.parquet", study.images.keep != "none"
            ),
        log:
            "<logs>/align_photos/{shard}.log",
        benchmark:
            "<benchmarks>/align_photos/{shard}.tsv"
        conda:
            "../envs/torch.yaml"
        threads: 1
        resources:
            mem_mb=memory,
            runtime=minutes,
        params:
            folder=taken.folder,
            private=taken.private,
            images=taken.keys_of_shard,
            listing=taken.digest_of_shard,
            alone=taken.alone,
            alignment=study.photos.alignment,
            resolution=models.generator.resolution,
            rows=study.generator.kept_rows,
            detection_height=study.ovals.detection_height,
            format=study.images.format,
            stamp=models.stamp(*models.landmarks),
            code=code_of("align_photos"),
        script:
            "../scripts/align_photos.py"

    rule invert_photos:
        """Find the latents whose images are the most like a few photographs."""
        input:
            # The params record what an inversion depends on: another photograph changes none.
            aligned=ancient(taken.aligned),
            weights=ancient(models.file(models.generator.weights)),
            perceptual=ancient(models.files(models.perceptual_of_photos)),
            embedder=ancient(models.files(models.embedder.weights) if models.embedder else []),
        output:
            latents="<results>/photos/inverted/{part}.parquet",
            inversions="<results>/photos/inversions/{part}.parquet",
        log:
            "<logs>/invert_photos/{part}.log",
        benchmark:
            "<benchmarks>/invert_photos/{part}.tsv"
        conda:
            "../envs/torch.yaml"
        threads: 4
        resources:
            gpu=models.generator.gpu,
            mem_mb=memory,
            runtime=minutes,
        params:
            generator=asdict(models.generator),
            psi=study.generator.truncation_psi,
            class_index=params.class_of_photos,
            images=taken.keys_of_part,
            listing=taken.digest_of_part,
            alignment=[study.photos.alignment, study.ovals.detection_height, study.images.format],
            aligned_by=code_of("align_photos"),
            rows=study.generator.kept_rows,
            space=study.space_of_photos,
            steps=study.photos.steps,
            seed=study.photos.seed,
            noise="const",
            schedule=None,
            perceptual=study.photos.perceptual,
            embedder=study.identity.features if study.identity else None,
            stamp=models.stamp(*models.of_photos),
            code=code_of("invert_photos", *models.modules_of_photos),
        script:
            "../scripts/invert_photos.py"

    rule gather_inverted:
        """Join the latents of one shard of photographs."""
        input:
            latents=taken.inverted,
        output:
            latents="<results>/photos/latents/{shard}.parquet",
        log:
            "<logs>/gather_inverted/{shard}.log",
        conda:
            "../envs/statistics.yaml"
        threads: 1
        resources:
            mem_mb=memory,
            runtime=minutes,
        params:
            stamp=models.stamp(*models.of_photos),
            code=code_of("gather_inverted"),
        script:
            "../scripts/gather_inverted.py"
