"""Images that figures show, of a study that does not keep all: rendered again by themselves.

Needs `images.keep` in the config, and of an edit its latents and scores; makes <set>/shown/, and
<set>/faces/, the list of faces that lies in the ovals otherwise.
"""

if study.images.keep != "all":

    rule pick_shown:
        """Pick the images of an edit that figures show, the catalogue's by the change of score."""
        input:
            unpack(shown.files),
        output:
            latents="<results>/{set}/latents/00000.parquet",
        log:
            "<logs>/pick_shown/{set}.log",
        wildcard_constraints:
            set="|".join(shown.sets or nothing),
        conda:
            "../envs/statistics.yaml"
        threads: 1
        resources:
            mem_mb=memory,
            runtime=minutes,
        params:
            alphas=shown.alphas,
            images=shown.keys,
            catalogue=study.figures.catalogue,
            stamp=models.stamp(models.generator.weights),
            code=code_of("pick_shown"),
        script:
            "../scripts/pick_shown.py"

    rule list_faces:
        """List the faces found in one shard of images, whose ovals don't stay."""
        input:
            images="<results>/{set}/oval/{shard}.parquet",
        output:
            faces="<results>/{set}/faces/{shard}.parquet",
        log:
            "<logs>/list_faces/{set}/{shard}.log",
        conda:
            "../envs/torch.yaml"
        threads: 1
        resources:
            mem_mb=memory,
            runtime=minutes,
        params:
            stamp=models.stamp(),
            code=code_of("list_faces"),
        script:
            "../scripts/list_faces.py"


if study.images.keep == "strips":

    ruleorder: render_kept > render_images
    ruleorder: ovalize_kept > ovalize_images

    use rule render_images as render_kept with:
        output:
            images=image_shards("<results>/{set}/square/{shard}.parquet", stay=True),
        wildcard_constraints:
            set="|".join(kept.stay(study) or nothing),

    use rule ovalize_images as ovalize_kept with:
        output:
            images=image_shards("<results>/{set}/oval/{shard}.parquet", stay=True),
        wildcard_constraints:
            set="|".join(kept.stay(study) or nothing),
