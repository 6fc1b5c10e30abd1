"""Figures and pages of the report: each is drawn or laid out from finished tables."""


rule draw_figure:
    """Draw one figure of the whole study from its tables."""
    input:
        tables=pages.tables_of_figure,
    output:
        figure=report(
            "<results>/figures/{figure}.svg",
            caption="captions/caption.rst",
            category=params.category_of_figure,
            labels=params.labels_of_figure,
        ),
    log:
        "<logs>/draw_figure/{figure}.log",
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        confidence=study.statistics.confidence,
        caption=captions.of_figure,
        code=code_of_figure,
    script:
        "../scripts/draw_figure.py"


rule draw_distributions:
    """Draw how the scores of the set fit are distributed, oval against square (Figure 3)."""
    input:
        scores=paths.scores(["fit"]),
    output:
        figure=report(
            "<results>/figures/distributions.svg",
            caption="captions/caption.rst",
            category="1 Scores",
            labels=params.labels("Figure 3: distributions of the scores"),
        ),
    log:
        "<logs>/draw_distributions.log",
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        caption=captions.of("distributions"),
        code=code_of("draw_distributions"),
    script:
        "../scripts/draw_distributions.py"


rule draw_strip:
    """Draw the first images of an edit over alpha, with their scores (Figures 4, 5, 28 to 34)."""
    input:
        unpack(pages.files_of_strip),
    output:
        figure="<results>/figures/{edit}/strip.png",
        page=report(
            "<results>/pages/{edit}/strip.html",
            caption="captions/caption.rst",
            category="3 Edits",
            labels=params.labels_of_strip,
        ),
    log:
        "<logs>/draw_strip/{edit}.log",
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        assessor=params.assessor,
        quality=params.quality,
        shapes=params.shapes,
        images=pages.keys_of_strip,
        shown=study.figures.strips,
        caption=captions.of_strip,
        code=code_of("draw_strip"),
    script:
        "../scripts/draw_strip.py"


rule draw_catalogue:
    """Lay out images of an edit over alpha, ranked by the change of their score."""
    input:
        unpack(pages.files_of_catalogue),
    output:
        page=report(
            "<results>/pages/{edit}/catalogue.html",
            caption="captions/caption.rst",
            category="3 Edits",
            labels=params.labels("Catalogue of the edit {edit} (GANalyze, Figure 4)"),
        ),
    log:
        "<logs>/draw_catalogue/{edit}.log",
    wildcard_constraints:
        edit="|".join([each.name for each in pages.catalogued] or nothing),
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        edit=params.edit_on_page,
        shown=study.figures.catalogue,
        classes=study.generator.class_names,
        caption=captions.of_catalogue,
        code=code_of("draw_catalogue"),
    script:
        "../scripts/draw_catalogue.py"


if pages.side_by_side:

    rule draw_properties:
        """Lay out the same images under several edits, each at its lowest and highest alpha."""
        input:
            **pages.files_side_by_side,
        output:
            page=report(
                "<results>/pages/properties.html",
                caption="captions/caption.rst",
                category="3 Edits",
                labels=params.labels("The same images under each edit (GANalyze, Figure 10)"),
            ),
        log:
            "<logs>/draw_properties.log",
        conda:
            "../envs/statistics.yaml"
        threads: 1
        resources:
            mem_mb=memory,
            runtime=minutes,
        params:
            edits=list(map(params.on_page, pages.side_by_side)),
            images=pages.keys_side_by_side,
            classes=study.generator.class_names,
            caption=captions.of_properties(pages.side_by_side),
            code=code_of("draw_properties"),
        script:
            "../scripts/draw_properties.py"


rule draw_inversions:
    """Draw each photograph, the face cut out of it, and the image found for it."""
    input:
        aligned=paths.shards("square", ["originals"]) if taken else [],
        recovered=paths.shards("square", ["photos"]) if taken else [],
        inversions="<results>/inversions.parquet",
    output:
        figure="<results>/figures/recovered.png",
        page=report(
            "<results>/pages/recovered.html",
            caption="captions/caption.rst",
            category="0 Photographs",
            labels={"result": "Photographs, and what the generator makes of them"},
        ),
    log:
        "<logs>/draw_inversions.log",
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        shown=SHOWN_PHOTOS,
        caption=captions.of("recovered") if taken else "",
        code=code_of("draw_inversions"),
    script:
        "../scripts/draw_inversions.py"


rule draw_photos:
    """Draw photographs, recovered and made less and more memorable, with their scores (Figure 8)."""
    input:
        unpack(pages.files_of_photos),
    output:
        figure="<results>/figures/{edit}/photos.png",
        page=report(
            "<results>/pages/{edit}/photos.html",
            caption="captions/caption.rst",
            category="3 Edits",
            labels={"result": "Figure 8: photographs of the edit {edit}"},
        ),
    log:
        "<logs>/draw_photos/{edit}.log",
    wildcard_constraints:
        edit="|".join([each.name for each in study.edits if each.of == "photos"] or nothing),
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        assessor=params.assessor,
        quality=params.quality,
        shown=study.figures.strips,
        shape=params.first_shape,
        caption=captions.of_photos if taken else "",
        code=code_of("draw_photos"),
    script:
        "../scripts/draw_photos.py"


rule draw_dose_response:
    """Draw how one assessor's scores of an edit follow alpha (Figures 6, 32, 35)."""
    input:
        scores=pages.scores_to_draw,
        means="<results>/dose_response/{edit}/dose_response.parquet",
        slopes="<results>/dose_response/{edit}/slopes.parquet",
        controls=["<results>/controls/{edit}.parquet"] if study.controls else [],
    output:
        figure=report(
            "<results>/figures/{edit}/dose_response/{assessor}.svg",
            caption="captions/caption.rst",
            category="3 Edits",
            labels=params.labels_of_dose_response,
        ),
    log:
        "<logs>/draw_dose_response/{edit}/{assessor}.log",
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        confidence=study.statistics.confidence,
        caption=captions.of_dose_response,
        code=code_of("draw_dose_response"),
    script:
        "../scripts/draw_dose_response.py"


rule draw_realness:
    """Draw how far an edit is from each reference, over alpha (Figure 7)."""
    input:
        realness="<results>/realness/{edit}.parquet",
    output:
        figure=report(
            "<results>/figures/{edit}/realness.svg",
            caption="captions/caption.rst",
            category="4 Realness",
            labels=params.labels("Figure 7: how far the edit {edit} is from the reference"),
        ),
    log:
        "<logs>/draw_realness/{edit}.log",
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        frechet=models.extractor.frechet,
        kernel=models.extractor.kernel,
        confidence=study.statistics.confidence,
        caption=captions.of_realness,
        code=code_of("draw_realness"),
    script:
        "../scripts/draw_realness.py"


rule show_table:
    """Lay out one of the study's tables as a page."""
    input:
        table="<results>/{table}.parquet",
    output:
        page=report(
            "<results>/pages/{table}.html",
            caption="captions/caption.rst",
            category=params.category_of_table,
            labels=params.labels_of_table,
        ),
    log:
        "<logs>/show_table/{table}.log",
    wildcard_constraints:
        table="|".join(paths.shown),
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        confidence=study.statistics.confidence,
        caption=captions.of_table,
        code=code_of("show_table"),
    script:
        "../scripts/show_table.py"


rule show_faces:
    """Count the faces that were found in each set, as a page."""
    input:
        faces="<results>/faces.parquet",
    output:
        page=report(
            "<results>/pages/faces.html",
            caption="captions/caption.rst",
            category="1 Scores",
            labels={"result": "Faces found for the ovals"},
        ),
    log:
        "<logs>/show_faces.log",
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        caption=captions.of("faces"),
        code=code_of("show_faces"),
    script:
        "../scripts/show_faces.py"


rule show_weights:
    """List the weights that the study uses and their licences, as a page."""
    input:
        # Those without a published sha256 have one from their first use on.
        weights=ancient(models.files(models.all)),
    output:
        page=report(
            "<results>/pages/weights.html",
            caption="captions/caption.rst",
            category="5 Models",
            labels={"result": "Weights and their licences"},
        ),
    log:
        "<logs>/show_weights.log",
    localrule: True
    conda:
        "../envs/statistics.yaml"
    params:
        weights=models.listed(),
        caption=captions.of("weights"),
        code=code_of("show_weights"),
    script:
        "../scripts/show_weights.py"
