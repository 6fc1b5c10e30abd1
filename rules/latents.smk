"""Latents: drawn from seeds for a set, read from a file, or moved along a direction for an edit.

Needs the generator's weights, for an edit a direction; makes <set>/latents/.
"""


rule sample_latents:
    """Draw the latents of one shard of a set, each from its own seed."""
    input:
        weights=ancient(models.file(models.generator.weights)),
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
        generator=asdict(models.generator),
        truncation_psi=params.truncation_psi,
        truncation_cutoff=study.generator.truncation_cutoff,
        classes=study.generator.class_indices,
        seeds=paths.seeds,
        stamp=models.stamp(models.generator.weights),
        code=code_of("sample_latents", models.generator.module),
    script:
        "../scripts/sample_latents.py"


if imported := sets.imported(study):

    ruleorder: import_latents > sample_latents

    rule import_latents:
        """Read one shard of the latents that a file gives for a set."""
        input:
            file=lambda wildcards: imported[wildcards.base].file,
            weights=ancient(models.file(models.generator.weights)),
        output:
            latents="<results>/{base}/latents/{shard}.parquet",
        log:
            "<logs>/import_latents/{base}/{shard}.log",
        benchmark:
            "<benchmarks>/import_latents/{base}/{shard}.tsv"
        wildcard_constraints:
            base="|".join(imported),
        conda:
            "../envs/torch.yaml"
        threads: 1
        resources:
            mem_mb=memory,
            runtime=minutes,
        params:
            generator=asdict(models.generator),
            truncation_psi=params.truncation_psi,
            truncation_cutoff=study.generator.truncation_cutoff,
            class_index=params.class_of_photos,
            z_dim=models.generator.z_dim,
            w_dim=models.generator.w_dim,
            layers=models.generator.layers,
            space=lambda wildcards: imported[wildcards.base].space,
            expected=lambda wildcards: sets.base(study, wildcards.base).count,
            counted=lambda wildcards: imported[wildcards.base].counted,
            places=paths.places,
            images=paths.keys_without_seeds,
            stamp=models.stamp(models.generator.weights),
            code=code_of("import_latents", models.generator.module),
        script:
            "../scripts/import_latents.py"


rule edit_latents:
    """Move one shard of a set's latents along a direction."""
    input:
        latents="<results>/{base}/latents/{shard}.parquet",
        direction=paths.direction_of_edit,
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
        layers=models.generator.layers,
        chosen=params.layers,
        stamp=models.stamp(models.generator.weights),
        code=code_of("edit_latents"),
    script:
        "../scripts/edit_latents.py"
