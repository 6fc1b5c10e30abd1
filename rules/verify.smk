"""Verifying: another study's crate, checked on this machine.

Needs `--config crate=PATH`; makes verified/<first digits of the crate's digest>/.
"""

if crate:

    try:
        verifying = Verifying(study, publishing, crate, config.get(REDRAWN, 20), config.get(TABLES))
    except MnemoError as mistake:
        raise WorkflowError(str(mistake)) from None
    # What the crate has is taken from it, whichever rule made it there.
    for made in [rule.name for rule in workflow.rules]:
        workflow.ruleorder("restore_crate", made)

    rule restore_crate:
        """Take the published measurements out of the crate, each of whose files is checked."""
        input:
            description=verifying.description,
        output:
            collect("<results>/{path}", path=verifying.restored),
        log:
            "<logs>/restore_crate.log",
        localrule: True
        conda:
            "../envs/statistics.yaml"
        params:
            crate=str(crate.path),
            results=str(results),
            restored=verifying.restored,
            seeds=verifying.keys,
            weights={name: models.published(name) for name in models.all},
            code=code_of("restore_crate"),
        script:
            "../scripts/restore_crate.py"

    rule redraw_images:
        """Redraw images of each set from random seeds, measure them again, and compare."""
        input:
            restored=collect("<results>/{path}", path=verifying.restored),
            directions=paths.directions_of_edits,
            generator=ancient(models.file(models.generator.weights)),
            weights=ancient(models.files(models.used)),
        output:
            redrawn="<results>/redrawn.parquet",
        log:
            "<logs>/redraw_images.log",
        benchmark:
            "<benchmarks>/redraw_images.tsv"
        conda:
            "../envs/torch.yaml"
        threads: 4
        resources:
            gpu=1,
            mem_mb=8000,
            runtime=30,
        params:
            crate=str(crate.path),
            wanted=verifying.redrawn,
            generator=asdict(models.generator),
            settings=verifying.settings(),
            scorers=verifying.scorers(models),
            differences=verifying.differences(),
            extractors=verifying.extractors(models),
            stamp=models.stamp(*models.all),
            code=code_of("redraw_images", *verifying.modules(models)),
        script:
            "../scripts/redraw_images.py"

    rule compare_tables:
        """Compare the tables that were recomputed of the crate's measurements with its own."""
        input:
            published=collect(f"<results>/{PUBLISHED}/{{table}}.parquet", table=verifying.tables),
            recomputed=collect("<results>/{table}.parquet", table=verifying.tables),
        output:
            compared="<results>/compared.parquet",
        log:
            "<logs>/compare_tables.log",
        localrule: True
        conda:
            "../envs/statistics.yaml"
        params:
            crate=str(crate.path),
            stamp=models.stamp(),
            code=code_of("compare_tables"),
        script:
            "../scripts/compare_tables.py"

    rule verify:
        """Stage: verify the crate, and say what differs first."""
        input:
            redrawn="<results>/redrawn.parquet",
            compared="<results>/compared.parquet",
        log:
            "<logs>/verify.log",
        localrule: True
        conda:
            "../envs/statistics.yaml"
        params:
            crate=str(crate.path),
            as_published=[name for name in publishing.tables if name not in verifying.tables],
        script:
            "../scripts/verify.py"

else:

    rule verify:
        """Stage: verify the crate of another study, named by --config crate=PATH."""
        input:
            without_a_crate,
