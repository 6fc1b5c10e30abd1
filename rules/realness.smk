"""Realness: how far the edited images are from the reference set (Figure 7), beside the floor.

Needs <set>/square/ and the extractor's weights; makes <set>/features/ and realness/.
"""


rule extract_features:
    """Extract the features of one shard of images, once for all comparisons."""
    input:
        images=paths.images_to_extract,
        weights=ancient(models.files(models.extractor.weights)),
    output:
        features="<results>/{set}/features/{features}/{shard}.parquet",
    log:
        "<logs>/extract_features/{set}/{features}/{shard}.log",
    benchmark:
        "<benchmarks>/extract_features/{set}/{features}/{shard}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 4
    resources:
        gpu=1,
        mem_mb=memory,
        runtime=minutes,
    params:
        stamp=models.stamp(*models.extractor.weights),
        code=code_of("extract_features", models.extractor.module),
    script:
        "../scripts/extract_features.py"


rule measure_realness:
    """Measure an edit's distances from the reference at each alpha, against those of the floor."""
    input:
        edited=paths.features_of_edit,
        reference=paths.features(["reference"]),
        floor=paths.features_of_floor,
    output:
        realness="<results>/realness/{edit}.parquet",
    log:
        "<logs>/measure_realness/{edit}.log",
    benchmark:
        "<benchmarks>/measure_realness/{edit}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 4
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        features=study.realness.features,
        groups=study.realness.groups,
        neighbours=study.realness.neighbours,
        seed=study.statistics.seed,
        confidence=study.statistics.confidence,
        stamp=models.stamp(*models.extractor.weights),
        code=code_of("measure_realness"),
    script:
        "../scripts/measure_realness.py"
