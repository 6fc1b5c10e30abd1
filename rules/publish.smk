"""Publishing: the crate in which a study leaves, and which others can verify.

Needs the whole study, finished, and `publish` in its config; makes crate/.
"""


rule publish_study:
    """Gather tables, measurements, figures and texts in a crate, with nothing that is private."""
    input:
        tables=collect("<results>/{table}.parquet", table=publishing.tables),
        people=people.results,
        config="<results>/config.yaml",
        report="<results>/report.html",
        images=publishing.shards,
        weights=ancient(models.files(models.all)),
    output:
        description="<results>/crate/ro-crate-metadata.json",
    log:
        "<logs>/publish_study.log",
    localrule: True
    conda:
        "../envs/publish.yaml"
    params:
        contents=contents_of_crate,
        code=code_of("publish_study"),
    script:
        "../scripts/publish_study.py"
