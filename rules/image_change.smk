"""Image change: how far edited images are from the unedited ones, by a perceptual distance.

Needs `layerwise` or `methods` in the config, and <set>/square/ of edits or of layerwise edits; makes
<set>/image_change/.
"""

if study.layerwise or study.methods:

    rule measure_image_change:
        """Measure how far the edited images of one shard are from the unedited ones."""
        input:
            edited=paths.images_to_extract,
            unedited=paths.images_unedited,
            weights=ancient(models.files_of_perceptual),
        output:
            changes="<results>/{set}/image_change/{shard}.parquet",
        log:
            "<logs>/measure_image_change/{set}/{shard}.log",
        benchmark:
            "<benchmarks>/measure_image_change/{set}/{shard}.tsv"
        conda:
            "../envs/torch.yaml"
        threads: 4
        resources:
            gpu=1,
            mem_mb=memory,
            runtime=minutes,
        params:
            perceptual=params.perceptual,
            stamp=models.stamp_of_perceptual,
            code=code_of("measure_image_change"),
        script:
            "../scripts/measure_image_change.py"
