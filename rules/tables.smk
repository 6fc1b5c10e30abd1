"""The study's public tables, joined from the parts that the jobs made, and its resolved config."""


rule merge_table:
    """Join the parts of one public table, and add the distance that each alpha moves."""
    input:
        parts=paths.parts_of_table,
        directions=paths.directions_of_table,
    output:
        table="<results>/{table}.parquet",
    log:
        "<logs>/merge_table/{table}.log",
    benchmark:
        "<benchmarks>/merge_table/{table}.tsv"
    wildcard_constraints:
        table="|".join(paths.merged),
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        edits=params.edits_of_table,
        layers=models.generator.layers,
        stamp={**models.stamp(*models.all), "config_digest": config_digest},
        code=code_of_table,
    script:
        "../scripts/merge_table.py"


rule write_config:
    """Write the study as it was run, with every default filled in."""
    output:
        config="<results>/config.yaml",
    log:
        "<logs>/write_config.log",
    localrule: True
    conda:
        "../envs/statistics.yaml"
    params:
        config=study.model_dump(mode="json"),
    script:
        "../scripts/write_config.py"
