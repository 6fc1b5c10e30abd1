"""Latents: drawn from seeds for a set, or moved along a hyperplane's normal for an edit of one."""


rule sample_latents:
    """Draw the latents of one shard of a set, each from its own seed."""
    input:
        weights=ancient(weights_file(GENERATOR.weights)),
    output:
        latents="<results>/{base}/latents/{shard}.parquet",
    log:
        "<logs>/sample_latents/{base}/{shard}.log",
    benchmark:
        "<benchmarks>/sample_latents/{base}/{shard}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        generator=settings.generator.name,
        truncation_psi=truncation_psi,
        seeds=shard_seeds,
        stamp=stamp(GENERATOR.weights),
        code=code_of("sample_latents", GENERATOR.module),
    script:
        "../scripts/sample_latents.py"


rule edit_latents:
    """Move one shard of a set's latents along the normal of a hyperplane."""
    input:
        latents="<results>/{base}/latents/{shard}.parquet",
        hyperplane=hyperplane_of_edit,
    output:
        latents="<results>/{base}/{edit}/{alpha}/latents/{shard}.parquet",
    log:
        "<logs>/edit_latents/{base}/{edit}/{alpha}/{shard}.log",
    benchmark:
        "<benchmarks>/edit_latents/{base}/{edit}/{alpha}/{shard}.tsv"
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        stamp=stamp(GENERATOR.weights),
        code=code_of("edit_latents"),
    script:
        "../scripts/edit_latents.py"
