"""The plan: what the study will cost, reported before anything runs."""


rule plan:
    """Stage: print the jobs, hours, memory and disk of each rule, and what looks like a mistake."""
    log:
        "<logs>/plan.log",
    localrule: True
    conda:
        "../envs/report.yaml"
    params:
        config=study.model_dump(mode="json"),
        requests={
            own(rule): asked(rule)._asdict()
            for rule in workflow.rules
            if own(rule) in rates.rates()
        },
        results=f"results/{study.study}",
        partitions=partitions_file(),
    script:
        "../scripts/plan.py"
