"""Realness: how far the edited images are from the reference set (Figure 7), beside the floor.

Needs <set>/square/, the extractor's weights, and the photographs if there is a folder of them; makes
reference_folder/, <set>/features/ and realness/.
"""


# What is asked for of photographs is read, not rendered.
ruleorder: read_reference > render_images


rule read_reference:
    """Read one shard of the photographs that realness is measured against, whose names it hides."""
    output:
        images=image_shards(f"<results>/{REFERENCE_FOLDER}/square/{{shard}}.parquet"),
    log:
        "<logs>/read_reference/{shard}.log",
    benchmark:
        "<benchmarks>/read_reference/{shard}.tsv"
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        folder=study.realness.folder,
        places=params.places_of_photographs,
        listing=params.digest_of_photographs,
        size=params.size_of_images,
        format=study.images.format,
        stamp=models.stamp(),
        code=code_of("read_reference"),
    script:
        "../scripts/read_reference.py"


rule extract_features:
    """Extract the features or logits of one shard of images, once for all comparisons."""
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
        code=code_of_extractor,
    script:
        "../scripts/extract_features.py"


rule measure_realness:
    """Measure an edit's distances from the reference at each alpha, against those of the floor."""
    input:
        edited=paths.features_of_edit,
        reference=paths.features(["reference"]),
        floor=paths.features_of_floor,
        photographs=paths.features_of_photographs,
        edited_logits=lambda wildcards: paths.logits(paths.features_of_edit(wildcards)),
        reference_logits=paths.logits(paths.features(["reference"])),
        floor_logits=lambda wildcards: paths.logits(paths.features_of_floor(wildcards)),
        photographs_logits=paths.logits(paths.features_of_photographs),
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
        references=study.realness.references,
        groups=study.realness.groups,
        neighbours=study.realness.neighbours,
        seed=study.statistics.seed,
        confidence=study.statistics.confidence,
        stamp=models.stamp(*models.extractor.weights),
        code=code_of("measure_realness"),
    script:
        "../scripts/measure_realness.py"
