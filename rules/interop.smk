"""Files of other programs: directions that edits move along, and InterFaceGAN's files."""


rule import_direction:
    """Read the direction of an edit from the user's file, and check that it fits the generator."""
    input:
        direction=direction_file,
        weights=ancient(GENERATOR_WEIGHTS),
    output:
        direction="<results>/directions/{edit}.parquet",
    log:
        "<logs>/import_direction/{edit}.log",
    wildcard_constraints:
        edit="|".join([name for name, edit in EDITS.items() if edit.direction] or ["(?!)"]),
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        space=space_of_edit,
        z_dim=GENERATOR.latent_dim,
        w_dim=GENERATOR.latent_dim if "w" in GENERATOR.spaces else None,
        layers=GENERATOR.layers,
        allow_foreign=foreign_of_edit,
        stamp=stamp(GENERATOR.weights),
        code=code_of("import_direction"),
    script:
        "../scripts/import_direction.py"


rule export_interfacegan:
    """Write the latents and scores of the set fit, and the hyperplanes, as InterFaceGAN's files."""
    input:
        latents=shards("latents", ["fit"]),
        scores=scores(["fit"]),
        hyperplanes=hyperplane_files(),
    output:
        folder=directory("<results>/interfacegan"),
    log:
        "<logs>/export_interfacegan.log",
    conda:
        "../envs/torch.yaml"
    threads: 1
    resources:
        mem_mb=memory,
        runtime=minutes,
    params:
        layers=GENERATOR.layers,
        tile=False,
        code=code_of("export_interfacegan"),
    script:
        "../scripts/export_interfacegan.py"
