"""Images: rendered from latents, and cut to ovals as in the 10k US Adult Faces."""


rule render_images:
    """Render one shard of latents."""
    input:
        latents="<results>/{set}/latents/{shard}.parquet",
        weights=ancient(GENERATOR_WEIGHTS),
    output:
        images="<results>/{set}/square/{shard}.parquet",
    log:
        "<logs>/render_images/{set}/{shard}.log",
    benchmark:
        "<benchmarks>/render_images/{set}/{shard}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 4
    resources:
        gpu=GENERATOR.gpu,
        mem_mb=memory,
        runtime=minutes,
    params:
        generator=settings.generator.name,
        truncation_psi=truncation_psi,
        truncation_cutoff=settings.generator.truncation_cutoff,
        noise=settings.generator.noise,
        rows=settings.generator.rows or (0, GENERATOR.resolution),
        format=settings.images.format,
        at_once=GENERATOR.at_once,
        stamp=stamp(GENERATOR.weights),
        code=code_of("render_images", GENERATOR.module),
    script:
        "../scripts/render_images.py"


rule ovalize_images:
    """Find the face in each image of a shard, and cut it out as an oval on white."""
    input:
        images="<results>/{set}/square/{shard}.parquet",
    output:
        images="<results>/{set}/oval/{shard}.parquet",
    log:
        "<logs>/ovalize_images/{set}/{shard}.log",
    benchmark:
        "<benchmarks>/ovalize_images/{set}/{shard}.tsv"
    conda:
        "../envs/faces.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        preset=preset_of_ovals,
        detection_height=settings.ovals.detection_height,
        format=settings.images.format,
        stamp=stamp(),
        code=code_of("ovalize_images"),
    script:
        "../scripts/ovalize_images.py"
