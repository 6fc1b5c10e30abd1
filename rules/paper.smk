"""The paper: each of its tables and figures beside the study's own.

Needs the study's public tables and figures; makes reproduction.parquet and its page in the report.
"""


rule measure_reproduction:
    """Compare the study with what the paper, and the notebooks of its authors, publish."""
    input:
        tables=paths.tables_of_paper,
    output:
        reproduction="<results>/reproduction.parquet",
    log:
        "<logs>/measure_reproduction.log",
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        study=params.reproduction,
        published=digest_of_file("scripts/mnemo/results/published.yaml"),
        figures=pages.counterparts,
        confidence=study.statistics.confidence,
        stamp=models.stamp(*models.all),
        code=code_of("measure_reproduction"),
    script:
        "../scripts/measure_reproduction.py"


rule show_reproduction:
    """Lay out the paper's tables and figures beside the study's own, as a page."""
    input:
        table="<results>/reproduction.parquet",
        figures=pages.figures_of_paper,
    output:
        page=report(
            "<results>/pages/reproduction.html",
            caption="captions/caption.rst",
            category="6 The paper",
            labels=params.labels("The paper's tables and figures beside this study"),
        ),
    log:
        "<logs>/show_reproduction.log",
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        figures=pages.counterparts,
        confidence=study.statistics.confidence,
        caption=captions.of("reproduction"),
        code=code_of("show_reproduction"),
    script:
        "../scripts/show_reproduction.py"
