"""A study on a StyleGAN goes through the whole workflow, with edits in every space and in layers.

The generator is the user's own, of a size that none of Mnemo's has. It has few channels and random
weights, so that what it draws means nothing: this is about what a study does with a StyleGAN. Like
those of cars, its images are cut to some of their rows, and scored by MemNet.
"""

import hashlib
import json
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from PIL import Image

from mnemo import assessors, features, generators, images, tables
from mnemo.plan import jobs
from mnemo.results.registry import RESULTS
from mnemo.study.mistakes import checked
from mnemo.study.paths import OF_EXPERIMENTS, OF_GAMES
from tests.data import stylegan2_layouts
from tests.support import memnet
from tests.support.checkout import Checkout

EDITS = ("everywhere", "coarse")
#: Rows of an image that the study keeps.
ROWS = (8, 56)
STUDY = ("--configfile", "tests/data/stylegan.yaml")


@pytest.fixture(scope="module")
def styled(fetched: None, tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A checkout in which the study has been run whole."""
    made = Checkout(tmp_path_factory.mktemp("stylegan") / "mnemo").check_out()
    memnet.put(made)
    stylegan2_layouts.tensorflow(
        made.path / "weights.pkl", stylegan2_layouts.network((16,) * 5, z_dim=32, w_dim=48)
    )
    np.save(made.path / "boundary.npy", np.random.default_rng(0).normal(size=(1, 48)))
    made.run(*STUDY)
    made.run("publish", *STUDY)
    return made


def shards(styled: Checkout, folder: str) -> pa.Table:
    paths = sorted((styled.results() / folder).glob("*.parquet"))
    return pa.concat_tables(map(tables.read, paths))


def test_the_study_ends_with_a_report_and_every_table(styled: Checkout) -> None:
    assert (styled.results() / "report.html").is_file()
    # It has no ovals and no people's ratings, trains and learns nothing, compares no methods,
    # conditions no edit and asks for nobody's identity.
    of_faces = {"faces", "lost_faces", "identity"}
    of_ways = {"learning", "methods", "method_contrasts", "cosines"}
    of_people = {"ratings", "assessor_validity", *OF_EXPERIMENTS, *OF_GAMES}
    left_out = of_faces | of_ways | of_people | {"curves", "predictions", "training"}
    assert {*RESULTS} - left_out == {path.stem for path in styled.results().glob("*.parquet")}
    planes = tables.read(styled.results() / "hyperplanes.parquet").to_pandas()
    assert dict(zip(planes["space"], map(len, planes["normal"]), strict=True)) == {
        "z": 32,
        "w": 48,
        "w_plus": 10 * 48,
    }
    scores = tables.read(styled.results() / "scores.parquet").to_pandas()
    edited = scores.dropna(subset=["alpha"]).groupby(["edit", "alpha"]).size()
    generated = {(edit, alpha): 10 * 2 for edit in EDITS for alpha in (0.0, 5.0)}
    # Two of three photographs show a face.
    assert edited.to_dict() == generated | {("photographs", alpha): 2 * 2 for alpha in (0.0, 5.0)}


def test_an_image_is_the_one_that_the_library_renders_of_its_seed(styled: Checkout) -> None:
    generator = generators.load(styled.path / "weights.pkl")
    w = generator.map(generator.sample([7]), psi=0.5)
    expected = images.encode(generator.render(w)[0, slice(*ROWS)], "0000007", "jpeg")
    stored = shards(styled, "fit/square").to_pandas().set_index("image")["pixels"]
    assert stored["0000007"] == expected
    assert Image.open(BytesIO(expected["bytes"])).size == (64, 48)


def test_every_image_that_is_stored_has_the_kept_rows_alone(styled: Checkout) -> None:
    """All that sees an image reads it from here: assessors, features, factors, and strips."""
    shards_of_images = styled.results().rglob("square/*.parquet")
    crate = styled.results() / "crate"
    folders = {
        path.parent
        for path in shards_of_images
        if crate not in path.parents and "pixels" in pq.read_schema(path).names
    }
    assert {folder.relative_to(styled.results()).parts[0] for folder in folders} == {
        *("fit", "eval", "reference", "floor", "originals", "photos")
    }
    # The unedited sets, each edit at each alpha, the controls, and the layers.
    assert len(folders) == 6 + (len(EDITS) + 1) * (2 + 1) + 3
    for folder in folders:
        for stored in shards(styled, folder.relative_to(styled.results()).as_posix())["pixels"]:
            if stored.is_valid:
                assert Image.open(BytesIO(stored["bytes"].as_py())).size == (64, 48)


def test_photographs_are_found_in_w_plus_and_moved_from_there(styled: Checkout) -> None:
    photos = tables.read(styled.results() / "photos.parquet").to_pandas().set_index("photo")
    assert photos["status"].to_dict() == {
        "photo-00001": "found",
        "photo-00002": "none",
        "photo-00003": "found",
    }
    found = shards(styled, "photos/latents")
    assert found["image"].to_pylist() == ["photo-00001", "photo-00003"]
    moved = shards(styled, "photos/photographs/5/latents")
    steps = np.array(moved["w_plus"].to_pylist()) - np.array(found["w_plus"].to_pylist())
    np.testing.assert_allclose(np.linalg.norm(steps, axis=1), 5, rtol=1e-4)
    inversions = tables.read(styled.results() / "inversions.parquet").to_pandas()
    assert inversions["photo"].tolist() == found["image"].to_pylist()
    assert set(inversions["space"]) == {"w_plus"}
    assert (inversions["steps"] <= 40).all()
    scores = tables.read(styled.results() / "scores.parquet").to_pandas()
    assert set(scores.loc[scores["set"] == "originals", "image"]) == set(inversions["photo"])
    for page in ("recovered", "photographs/photos"):
        assert "Photographs" in (styled.results() / f"pages/{page}.html").read_text()


def test_only_the_private_list_has_the_names_of_photographs(styled: Checkout) -> None:
    """Neither results and logs have them, nor what Snakemake keeps and prints."""
    kept = [*styled.results().rglob("*"), *(styled.path / ".snakemake").rglob("*")]
    named = {
        path.relative_to(styled.path).as_posix()
        for path in kept
        if path.is_file() and b"hopper.jpg" in path.read_bytes()
    }
    assert named == {f"results/{styled.results().name}/private/photos.csv"}


def test_no_photograph_leaves_with_the_crate(styled: Checkout) -> None:
    """Neither pictures of them, nor numbers that describe their faces, nor how to find them."""
    crate = styled.results() / "crate"
    own = [path for path in crate.rglob("*") if {"photos", "originals"} & set(path.parts)]
    folders = {path.relative_to(crate).parts[0] for path in own}
    assert folders == {"measurements"}
    for path in filter(Path.is_file, own):
        held = set(pq.read_schema(path).names)
        assert not {"pixels", "features", "z", "w", "w_plus"} & held, path
    assert (crate / "images" / "eval").is_dir()
    assert not (crate / "report.html").exists()
    assert {path.suffix for path in (crate / "figures").rglob("*") if path.is_file()} == {".svg"}
    latents = shards(styled, "photos/latents")["w_plus"][0].as_py()
    numbers = np.array(latents[:4], np.float32).tobytes()
    for path in crate.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"studies/photographs" not in content, path
            assert numbers not in content, path
    left_out = pd.read_csv(crate / "left_out.csv")
    assert left_out["what"].str.startswith("photographs").any()


def test_scores_and_features_are_those_of_the_kept_rows(
    styled: Checkout, weights: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    pixels = shards(styled, "reference/square").to_pandas().set_index("image")["pixels"]
    kept = np.asarray(Image.open(BytesIO(pixels.iloc[0]["bytes"])).convert("RGB"))
    assert kept.shape == (48, 64, 3)
    extractor = features.load("resnet152", weights("resmem"))
    stored = np.array(shards(styled, "reference/features/resnet152")["features"][0].as_py())
    np.testing.assert_allclose(extractor.extract([kept])[0], stored, rtol=1e-3, atol=1e-4)
    padded = np.zeros((64, 64, 3), np.uint8)
    padded[slice(*ROWS)] = kept
    assert np.abs(extractor.extract([padded])[0] - stored).max() > 0.01
    monkeypatch.setattr("mnemo.assessors.caffenet.WIDTH", memnet.WIDTH)
    mean = styled.path / "resources/weights/memnet_mean.mat"
    assessor = assessors.load("memnet-single-crop", styled.path / memnet.FILE, mean)
    edited = shards(styled, "eval/everywhere/5/square")["pixels"][0].as_py()["bytes"]
    [score] = assessor.score([np.asarray(Image.open(BytesIO(edited)).convert("RGB"))])
    scores = shards(styled, "eval/everywhere/5/scores/memnet-single-crop/square")["score"]
    assert scores[0].as_py() == pytest.approx(float(score), abs=1e-5)


@pytest.mark.parametrize("edit", EDITS)
def test_alpha_0_has_the_same_bytes_whatever_the_edit(styled: Checkout, edit: str) -> None:
    first = shards(styled, "eval/everywhere/0/square")["pixels"]
    assert shards(styled, f"eval/{edit}/0/square")["pixels"].equals(first)
    assert not shards(styled, f"eval/{edit}/5/square")["pixels"].equals(first)


def test_an_edit_of_layers_moves_them_alone(styled: Checkout) -> None:
    w = np.array(shards(styled, "eval/latents")["w"].to_pylist())
    moved = np.array(shards(styled, "eval/coarse/5/latents")["w_plus"].to_pylist())
    steps = np.linalg.norm(moved.reshape(10, 10, 48) - w[:, np.newaxis], axis=2)
    np.testing.assert_allclose(steps[:, :4], 5, rtol=1e-5)
    assert (steps[:, 4:] == 0).all()


def test_a_table_has_the_distance_that_an_edit_of_layers_moves(styled: Checkout) -> None:
    """In w, four of ten layers move by alpha."""
    means = tables.read(styled.results() / "dose_response.parquet").to_pandas()
    shares = means[means["alpha"] == 5].groupby("edit")["moved"].unique().str[0] / 5
    assert shares.to_dict() == pytest.approx(
        {"everywhere": 1, "photographs": 1, "coarse": np.sqrt(4 / 10)}
    )


def test_an_edit_over_all_layers_keeps_one_w(styled: Checkout) -> None:
    table = shards(styled, "eval/everywhere/5/latents")
    w = np.array(shards(styled, "eval/latents")["w"].to_pylist())
    steps = np.linalg.norm(np.array(table["w"].to_pylist()) - w, axis=1)
    np.testing.assert_allclose(steps, 5 / np.sqrt(10), rtol=1e-5)
    assert table["w_plus"].null_count == len(table)


def test_a_direction_from_a_file_is_scaled_to_unit_length(styled: Checkout) -> None:
    [direction] = tables.read(styled.results() / "directions/foreign.parquet").to_pylist()
    held = np.load(styled.path / "boundary.npy")[0]
    np.testing.assert_allclose(direction["normal"], held / np.linalg.norm(held))
    assert direction["norm"] == pytest.approx(np.linalg.norm(held))


@pytest.mark.parametrize("folder", ["fit/latents", "eval/coarse/5/square", "directions"])
def test_a_table_names_the_very_weights_that_it_was_made_with(
    styled: Checkout, folder: str
) -> None:
    sha256 = hashlib.sha256((styled.path / "weights.pkl").read_bytes()).hexdigest()
    path = next((styled.results() / folder).glob("*.parquet"))
    assert json.loads(tables.metadata(path)["mnemo.weights"])["generator mine"] == sha256


def test_the_report_names_the_file_as_the_users_own(styled: Checkout) -> None:
    page = (styled.results() / "pages/weights.html").read_text()
    assert "generator mine" in page
    assert "the user&#x27;s own file" in page


def test_each_layer_is_edited_alone_and_only_what_changed_is_rendered_and_scored(
    styled: Checkout,
) -> None:
    w = np.array(shards(styled, "eval/latents")["w"].to_pylist())[:4]
    steps = tables.read(styled.results() / "layers/steps/fine.parquet").to_pandas()
    table = shards(styled, "eval/layers/fine/latents")
    assert table["image"].to_pylist() == [f"100000{seed}" for seed in (0, 0, 1, 1, 2, 2, 3, 3)]
    moved = np.array(table["w_plus"].to_pylist()).reshape(4, 2, 10, 48)
    distances = np.linalg.norm(moved - w[:, np.newaxis, np.newaxis], axis=3)
    assert (distances[:, :, :8] == 0).all()
    np.testing.assert_allclose(distances[0, :, 8], steps["step"].abs(), rtol=1e-4)
    np.testing.assert_allclose(distances[:, :, 8], distances[:, :, 9], rtol=1e-4)
    folder = styled.results() / "eval/layers"
    scored = {
        path.parts[-5] for path in folder.glob("*/scores/memnet-single-crop/square/*.parquet")
    }
    assert scored == {"original", "0", "fine"}


def test_the_unedited_images_of_the_layers_are_those_of_alpha_0(styled: Checkout) -> None:
    plain = shards(styled, "eval/everywhere/0/square")["pixels"].slice(0, 4)
    assert shards(styled, "eval/layers/original/square")["pixels"].equals(plain)


def test_layers_change_the_image_by_their_level_on_the_images_they_are_calibrated_on(
    styled: Checkout,
) -> None:
    """All four images, stored as JPEG."""
    levels = tables.read(styled.results() / "layers.parquet").to_pandas()
    assert set(levels["layer"]) == {"0", "fine"}
    assert set(levels["assessor"]) == {"memnet-single-crop", "brightness"}
    edited = levels[levels["level"] != 0]
    np.testing.assert_allclose(edited["image_change"], 0.02 * edited["level"].abs(), rtol=0.05)
    # In w_plus, the two layers of the group move by the step together.
    share = levels["moved"] / levels["step"]
    assert share.groupby(levels["layer"]).max().to_dict() == pytest.approx(
        {"0": 1, "fine": np.sqrt(2)}
    )
    effects = tables.read(styled.results() / "layer_effects.parquet").to_pandas()
    ranks = effects.groupby("assessor")["rank"].apply(sorted)
    assert ranks.tolist() == [[1, 2], [1, 2]]
    assert (styled.results() / "figures/layers.svg").is_file()
    page = (styled.results() / "pages/layers.html").read_text()
    assert "Every layer moves along the same vector" in page
    assert page.count("<img") == 2 * (2 * 3 + 1)


def test_the_plan_counts_the_jobs_of_the_layers(styled: Checkout) -> None:
    raw = yaml.safe_load((styled.results() / "config.yaml").read_text())
    planned = [job for job in jobs.of_study(checked(raw)) if "layers" in job.output]
    assert len(planned) == 17
    for job in planned:
        assert (styled.results() / job.output).is_file(), job.output
        assert (styled.results() / f"benchmarks/{job.record}.tsv").is_file(), job.record


def test_interfacegan_can_read_what_is_exported(styled: Checkout) -> None:
    styled.run("export_interfacegan", *STUDY)
    folder = styled.results() / "interfacegan"
    arrays = {path.stem: np.load(path) for path in folder.glob("*.npy")}
    assert arrays["w"].shape == (50, 48)
    assert arrays["scores_memnet-single-crop_square"].shape == (50, 1)
    assert arrays["boundary_w_memnet-single-crop_square_mean"].shape == (1, 48)
    keys = Path(folder, "images.txt").read_text().split()
    assert keys == [f"{seed:07d}" for seed in range(50)]


def test_a_hyperplane_is_fitted_on_style_mixed_images(
    styled: Checkout, tmp_path_factory: pytest.TempPathFactory
) -> None:
    raw = yaml.safe_load((styled.path / "tests/data/stylegan.yaml").read_text())
    raw["study"], raw["sets"]["fit"]["mixing"] = "mixed", True
    raw["assessors"] = ["memnet-single-crop", "brightness"]
    raw["photos"] = None
    raw["hyperplanes"]["spaces"], raw["controls"], raw["layerwise"] = ["w_plus"], None, None
    raw["edits"] = raw["edits"][:2]
    path = tmp_path_factory.mktemp("mixed") / "mixed.yaml"
    path.write_text(yaml.safe_dump(raw))
    wanted = "results/mixed/hyperplanes/w_plus/brightness/square/mean.parquet"
    styled.run(wanted, "--configfile", str(path))
    [plane] = tables.read(styled.path / wanted).to_pylist()
    parts = np.array(plane["normal"]).reshape(10, 48)
    cosines = parts @ parts.T / np.outer(*[np.linalg.norm(parts, axis=1)] * 2)
    assert np.abs(cosines[~np.eye(10, dtype=bool)]).max() < 0.9
    assert plane["layers"] == 1


def test_only_what_hangs_on_a_layer_list_is_done_again(styled: Checkout) -> None:
    styled.edit("tests/data/stylegan.yaml", "layers: [0, 1, 2, 3]", "layers: [0, 1]")
    jobs = styled.plan(*STUDY).jobs
    assert {path.split("/")[1] for path in jobs["edit_latents"]} == {"coarse"}
    assert "fit_hyperplane" not in jobs
    anew = ("eval/coarse/", "eval/controls/coarse/")
    assert pd.Series(jobs["render_images"]).str.startswith(anew).all()
