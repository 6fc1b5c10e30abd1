"""Latents: drawn from seeds for a set, or moved along a direction for an edit of one."""


rule sample_latents:
    """Draw the latents of one shard of a set, each from its own seed."""
    input:
        weights=ancient(GENERATOR_WEIGHTS),
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
        truncation_cutoff=settings.generator.truncation_cutoff,
        classes=settings.generator.class_indices,
        seeds=shard_seeds,
        stamp=stamp(GENERATOR.weights),
        code=code_of("sample_latents", GENERATOR.module),
    script:
        "../scripts/sample_latents.py"


rule edit_latents:
    """Move one shard of a set's latents along a hyperplane's normal, or another direction."""
    input:
        latents="<results>/{base}/latents/{shard}.parquet",
        direction=direction_of_edit,
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
        layers=GENERATOR.layers,
        chosen=layers_of_edit,
        stamp=stamp(GENERATOR.weights),
        code=code_of("edit_latents"),
    script:
        "../scripts/edit_latents.py"
