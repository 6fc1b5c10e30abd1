"""The report: one page with every figure and table, how each was made, and from what."""


rule make_report:
    """Gather the figures and the tables in one page that needs no other file."""
    input:
        results=[*pages.figures, *pages.pages],
        config="<results>/config.yaml",
    output:
        report="<results>/report.html",
    log:
        "<logs>/make_report.log",
    localrule: True
    conda:
        "../envs/report.yaml"
    params:
        captions=digest_of_file("rules/captions/workflow.rst"),
        code=code_of("make_report"),
    script:
        "../scripts/make_report.py"
