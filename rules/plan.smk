"""The plan: what the study will cost, told before anything of it runs."""


rule plan:
    """Stage: print the jobs, hours, memory and disk of each rule, and what looks like a mistake."""
    log:
        "<logs>/plan.log",
    localrule: True
    conda:
        "../envs/report.yaml"
    params:
        config=settings.model_dump(mode="json"),
        requests={rule: asked(rule)._asdict() for rule in filter(workflow.is_rule, rates.rates())},
        results=f"results/{settings.study}",
        partitions=partitions_file(),
    script:
        "../scripts/plan.py"
