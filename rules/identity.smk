"""Identity: whether an edited face is still that of the same person.

Needs `identity` in the config, and <set>/square/ of edits; makes embeddings/ and identity/.
"""

if study.identity:

    rule embed_faces:
        """Embed the faces of one shard of images, with a network loaded once for all of them."""
        input:
            images=paths.images_to_extract,
            weights=ancient(models.files(models.embedder.weights)),
        output:
            embeddings="<results>/{set}/embeddings/{embedder}/{shard}.parquet",
        log:
            "<logs>/embed_faces/{set}/{embedder}/{shard}.log",
        benchmark:
            "<benchmarks>/embed_faces/{set}/{embedder}/{shard}.tsv"
        wildcard_constraints:
            embedder=study.identity.features,
        conda:
            "../envs/torch.yaml"
        threads: 4
        resources:
            gpu=1,
            mem_mb=memory,
            runtime=minutes,
        params:
            stamp=models.stamp(*models.embedder.weights),
            code=code_of("embed_faces", models.embedder.module),
        script:
            "../scripts/embed_faces.py"

    rule measure_identity:
        """Measure whether an edit's faces at each alpha are still those of the same persons."""
        input:
            embeddings=paths.embeddings_of_edit,
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
            threshold=study.identity.threshold,
            false_accept_rate=study.identity.false_accept_rate,
            confidence=study.statistics.confidence,
            stamp=models.stamp(*models.embedder.weights),
            code=code_of("measure_identity"),
        script:
            "../scripts/measure_identity.py"
