"""Identity: whether an edited face is still that of the same person."""


rule embed_faces:
    """Embed the faces of one shard of images with a face-recognition network."""
    input:
        images="<results>/{set}/square/{shard}.parquet",
        weights=ancient([weights_file(name) for name in EMBEDDER.weights] if EMBEDDER else []),
    output:
        embeddings="<results>/{set}/embeddings/{embedder}/{shard}.parquet",
    log:
        "<logs>/embed_faces/{set}/{embedder}/{shard}.log",
    benchmark:
        "<benchmarks>/embed_faces/{set}/{embedder}/{shard}.tsv"
    wildcard_constraints:
        embedder=settings.identity.features or "(?!)",
    conda:
        "../envs/faces.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        stamp=stamp(*(EMBEDDER.weights if EMBEDDER else ())),
        code=code_of("embed_faces", *([EMBEDDER.module] if EMBEDDER else [])),
    script:
        "../scripts/embed_faces.py"


rule measure_identity:
    """Measure how far the faces of an edit at each alpha are from those at alpha 0."""
    input:
        embeddings=embeddings_of_edit,
    output:
        identity="<results>/identity/{edit}.parquet",
    log:
        "<logs>/measure_identity/{edit}.log",
    benchmark:
        "<benchmarks>/measure_identity/{edit}.tsv"
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        threshold=settings.identity.threshold,
        confidence=settings.statistics.confidence,
        stamp=stamp(*(EMBEDDER.weights if EMBEDDER else ())),
        code=code_of("measure_identity"),
    script:
        "../scripts/measure_identity.py"
