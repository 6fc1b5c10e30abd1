"""The study's public tables, joined from the parts that the jobs made, and its resolved config."""


rule merge_table:
    """Join the parts of one public table."""
    input:
        parts=parts_of_table,
    output:
        table="<results>/{table}.parquet",
    log:
        "<logs>/merge_table/{table}.log",
    benchmark:
        "<benchmarks>/merge_table/{table}.tsv"
    wildcard_constraints:
        table="|".join(MERGED_TABLES),
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        stamp={**stamp(*BEHIND), "config_digest": CONFIG_DIGEST},
        code=code_of("merge_table"),
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
        config=settings.model_dump(mode="json"),
    script:
        "../scripts/write_config.py"
