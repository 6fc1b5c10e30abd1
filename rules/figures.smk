"""Figures and tables for the report: each is drawn or laid out from finished tables."""

FIGURES = [
    "<results>/figures/distributions.svg",
    *collect("<results>/figures/{name}.svg", name=["agreement"] if COMPARABLE else []),
    "<results>/figures/accuracy.svg",
    *collect("<results>/figures/{edit}/strip.png", edit=EDITS),
    *collect(
        "<results>/figures/{edit}/dose_response/{assessor}.svg",
        edit=EDITS,
        assessor=settings.assessors,
    ),
    *collect("<results>/figures/{edit}/realness.svg", edit=EDITS),
    *collect(
        "<results>/figures/{name}.svg",
        name=[
            *(["transfer"] if PLAIN else []),
            *(["drift"] if CONDITIONED else []),
            *(["identity"] if EMBEDDER else []),
            *(["training"] if settings.trained else []),
        ],
    ),
]
PAGES = [
    *collect("<results>/pages/{edit}/strip.html", edit=EDITS),
    *collect("<results>/pages/{table}.html", table=SHOWN_TABLES),
    *collect("<results>/pages/{name}.html", name=["faces"] if "oval" in settings.shapes else []),
    "<results>/pages/weights.html",
]


rule draw_distributions:
    """Draw how the scores of the set fit are distributed, oval against square (Figure 3)."""
    input:
        scores=scores(["fit"]),
    output:
        figure=report(
            "<results>/figures/distributions.svg",
            caption="captions/distributions.rst",
            category="1 Scores",
            labels={"result": "Figure 3: distributions of the scores"},
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
        about=about("fit"),
        assessors=DESCRIPTIONS,
        code=code_of("draw_distributions"),
    script:
        "../scripts/draw_distributions.py"


rule draw_agreement:
    """Draw how far assessors and shapes agree on the same images (Table 1)."""
    input:
        agreement="<results>/agreement.parquet",
    output:
        figure=report(
            "<results>/figures/agreement.svg",
            caption="captions/agreement.rst",
            category="1 Scores",
            labels={"result": "Table 1 as a figure: agreement of ranks"},
        ),
    log:
        "<logs>/draw_agreement.log",
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        about=about("fit"),
        assessors=DESCRIPTIONS,
        statistics=settings.statistics.model_dump(),
        code=code_of("draw_agreement"),
    script:
        "../scripts/draw_agreement.py"


rule draw_accuracy:
    """Draw how well each hyperplane separates held-out images (Tables 2 and 4)."""
    input:
        hyperplanes="<results>/hyperplanes.parquet",
    output:
        figure=report(
            "<results>/figures/accuracy.svg",
            caption="captions/accuracy.rst",
            category="2 Hyperplanes",
            labels={"result": "Tables 2 and 4 as a figure: accuracy of the hyperplanes"},
        ),
    log:
        "<logs>/draw_accuracy.log",
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        about=about("fit"),
        assessors=DESCRIPTIONS,
        preset=settings.preset,
        hyperplanes=settings.hyperplanes.model_dump(mode="json"),
        statistics=settings.statistics.model_dump(),
        code=code_of("draw_accuracy"),
    script:
        "../scripts/draw_accuracy.py"


rule draw_strip:
    """Draw the first faces of an edit over alpha, with their scores (Figure 4)."""
    input:
        unpack(strip_files),
    output:
        figure="<results>/figures/{edit}/strip.png",
        page=report(
            "<results>/pages/{edit}/strip.html",
            caption="captions/strip.rst",
            category="3 Edits",
            labels={"result": "Figure 4: faces of the edit {edit}"},
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
        edit=settings_of_edit,
        quality=quality_of_edit,
        about=about("eval"),
        assessors=DESCRIPTIONS,
        shapes=settings.shapes,
        seeds=strip_seeds,
        code=code_of("draw_strip"),
    script:
        "../scripts/draw_strip.py"


rule draw_dose_response:
    """Draw how one assessor's scores of an edit follow alpha (Figure 6)."""
    input:
        scores=scores_to_draw,
        means="<results>/dose_response/{edit}/dose_response.parquet",
        slopes="<results>/dose_response/{edit}/slopes.parquet",
    output:
        figure=report(
            "<results>/figures/{edit}/dose_response/{assessor}.svg",
            caption="captions/dose_response.rst",
            category="3 Edits",
            labels={"result": "Figure 6: scores by {assessor} of the edit {edit}"},
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
        edit=settings_of_edit,
        about=about("eval"),
        loses_ovals=LOSES_OVALS,
        assessors=DESCRIPTIONS,
        statistics=settings.statistics.model_dump(),
        code=code_of("draw_dose_response"),
    script:
        "../scripts/draw_dose_response.py"


rule draw_realness:
    """Draw how far an edit is from the generator's own images, over alpha (Figure 7)."""
    input:
        realness="<results>/realness/{edit}.parquet",
    output:
        figure=report(
            "<results>/figures/{edit}/realness.svg",
            caption="captions/realness.rst",
            category="4 Realness",
            labels={
                "result": "Figure 7: distances of the edit {edit} from the generator's own images"
            },
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
        edit=settings_of_edit,
        frechet=EXTRACTOR.frechet,
        kernel=EXTRACTOR.kernel,
        about=about("eval", "reference"),
        groups=settings.realness.groups,
        statistics=settings.statistics.model_dump(),
        code=code_of("draw_realness"),
    script:
        "../scripts/draw_realness.py"


rule draw_transfer:
    """Draw how edits along one assessor's normal change the scores of the others."""
    input:
        transfer="<results>/transfer.parquet",
    output:
        figure=report(
            "<results>/figures/transfer.svg",
            caption="captions/transfer.rst",
            category="3 Edits",
            labels={"result": "Transfer between assessors, as a figure"},
        ),
    log:
        "<logs>/draw_transfer.log",
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        edits=list(map(about_edit, EDITS)),
        about=about("eval"),
        loses_ovals=LOSES_OVALS,
        assessors=DESCRIPTIONS,
        statistics=settings.statistics.model_dump(),
        code=code_of("draw_transfer"),
    script:
        "../scripts/draw_transfer.py"


rule draw_drift:
    """Draw how edits change the attributes, with and without holding them (Figure 27)."""
    input:
        drift="<results>/drift.parquet",
    output:
        figure=report(
            "<results>/figures/drift.svg",
            caption="captions/drift.rst",
            category="3 Edits",
            labels={"result": "Figure 27: change of each attribute"},
        ),
    log:
        "<logs>/draw_drift.log",
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        edits=list(map(about_edit, EDITS)),
        about=about("eval"),
        loses_ovals=LOSES_OVALS,
        assessors=DESCRIPTIONS,
        attributes=settings.attributes,
        statistics=settings.statistics.model_dump(),
        code=code_of("draw_drift"),
    script:
        "../scripts/draw_drift.py"


rule draw_identity:
    """Draw how far edited faces are from the unedited ones of the same person."""
    input:
        identity="<results>/identity.parquet",
    output:
        figure=report(
            "<results>/figures/identity.svg",
            caption="captions/identity.rst",
            category="4 Realness",
            labels={"result": "Identity of the edited faces, as a figure"},
        ),
    log:
        "<logs>/draw_identity.log",
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        edits=list(map(about_edit, EDITS)),
        about=about("eval"),
        loses_ovals=LOSES_OVALS,
        assessors=DESCRIPTIONS,
        threshold=settings.identity.threshold,
        statistics=settings.statistics.model_dump(),
        code=code_of("draw_identity"),
    script:
        "../scripts/draw_identity.py"


rule show_table:
    """Lay out one of the study's tables as a page."""
    input:
        table="<results>/{table}.parquet",
    output:
        page=report(
            "<results>/pages/{table}.html",
            caption="captions/table.rst",
            category=category_of_table,
            labels=labels_of_table,
        ),
    log:
        "<logs>/show_table/{table}.log",
    wildcard_constraints:
        table="|".join(SHOWN_TABLES),
    conda:
        "../envs/statistics.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        about=about_table,
        statistics=settings.statistics.model_dump(),
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
            caption="captions/faces.rst",
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
        about=about("fit", "eval"),
        edits=list(EDITS),
        preset=settings.preset,
        detection_height=settings.ovals.detection_height,
        code=code_of("show_faces"),
    script:
        "../scripts/show_faces.py"


rule show_weights:
    """List the weights that the study uses and their licences, as a page."""
    input:
        # Those without a published sha256 have one from their first use on.
        weights=ancient(
            [TRAINED_FILE if name == TRAINED else weights_file(name) for name in BEHIND]
        ),
    output:
        page=report(
            "<results>/pages/weights.html",
            caption="captions/weights.rst",
            category="5 Models",
            labels={"result": "Weights and their licences"},
        ),
    log:
        "<logs>/show_weights.log",
    localrule: True
    conda:
        "../envs/statistics.yaml"
    params:
        weights={
            **{name: about_weights(name) for name in BEHIND},
            **({"mtcnn": MTCNN} if "oval" in settings.shapes or makes_database() else {}),
        },
        code=code_of("show_weights"),
    script:
        "../scripts/show_weights.py"
