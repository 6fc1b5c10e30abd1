"""Images: rendered from latents, and cut to ovals as in the 10k US Adult Faces.

Needs <set>/latents/ and the generator's weights; makes <set>/square/ and <set>/oval/.
"""


rule render_images:
    """Render one shard of latents."""
    input:
        latents="<results>/{set}/latents/{shard}.parquet",
        weights=ancient(models.file(models.generator.weights)),
    output:
        images=image_shards("<results>/{set}/square/{shard}.parquet"),
    log:
        "<logs>/render_images/{set}/{shard}.log",
    benchmark:
        "<benchmarks>/render_images/{set}/{shard}.tsv"
    priority: priority_of_rendering
    conda:
        "../envs/torch.yaml"
    threads: 4
    resources:
        gpu=models.generator.gpu,
        mem_mb=memory,
        runtime=minutes,
    params:
        generator=asdict(models.generator),
        truncation_psi=params.truncation_psi,
        truncation_cutoff=study.generator.truncation_cutoff,
        noise=study.generator.noise,
        rows=study.generator.kept_rows,
        format=study.images.format,
        at_once=models.generator.at_once,
        stamp=models.stamp(models.generator.weights),
        code=code_of("render_images", models.generator.module),
    script:
        "../scripts/render_images.py"


rule ovalize_images:
    """Find the face in each image of a shard, and cut it out as an oval on white."""
    input:
        images="<results>/{set}/square/{shard}.parquet",
    output:
        images=image_shards("<results>/{set}/oval/{shard}.parquet"),
    log:
        "<logs>/ovalize_images/{set}/{shard}.log",
    benchmark:
        "<benchmarks>/ovalize_images/{set}/{shard}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        preset=models.preset_of_ovals,
        detection_height=study.ovals.detection_height,
        format=study.images.format,
        stamp=models.stamp(),
        code=code_of("ovalize_images"),
    script:
        "../scripts/ovalize_images.py"
