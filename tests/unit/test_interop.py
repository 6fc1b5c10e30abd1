"""Other programs' files are read for what they are, and ours are what those programs read."""

import os
import pickle
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import svm
from tests.support.paths import ROOT

from mnemo import interop, keys, latents, scores, tables
from mnemo.directions import hyperplanes, table
from mnemo.edits.move import move
from mnemo.errors import MnemoError

LAYERS, DIM = 18, 512
FFHQ = {"z_dim": DIM, "w_dim": DIM, "layers": LAYERS}
CAT = {**FFHQ, "layers": 14}
BIGGAN = {"z_dim": 140, "w_dim": None, "layers": 1}
DOCS = ROOT / "docs" / "interop.md"

rng = np.random.default_rng(0)
VECTOR = rng.normal(size=DIM)
UNIT = VECTOR / np.linalg.norm(VECTOR)
DIFFERENT = rng.normal(size=(LAYERS, DIM))


def read_for_ffhq(path: Path) -> interop.Direction:
    return interop.read_direction(path, **FFHQ)


def npy(path: Path, values: Any) -> Path:
    np.save(path, values)
    return path


def pt(path: Path, values: Any) -> Path:
    torch.save(values, path)
    return path


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("space", ["z", "w"])
def test_a_boundary_of_interfacegan_is_a_unit_vector_in_the_space_that_is_said(
    tmp_path: Path, dtype: type, space: interop.Space
) -> None:
    path = npy(tmp_path / "boundary.npy", UNIT[np.newaxis].astype(dtype))
    direction = interop.read_direction(path, **FFHQ, space=space)
    assert direction.space == space
    assert direction.norm == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(direction.rows, UNIT[np.newaxis], atol=1e-7)


def test_a_row_that_may_lie_in_z_or_w_needs_a_space(tmp_path: Path) -> None:
    path = npy(tmp_path / "boundary.npy", VECTOR[np.newaxis])
    with pytest.raises(MnemoError, match="set `space` to z or w"):
        interop.read_direction(path, **FFHQ)


def test_a_row_that_fits_one_space_alone_lies_in_it(tmp_path: Path) -> None:
    path = npy(tmp_path / "boundary.npy", VECTOR[np.newaxis])
    narrow = {"z_dim": 64, "w_dim": DIM, "layers": LAYERS}
    assert interop.read_direction(path, **narrow).space == "w"
    with pytest.raises(MnemoError, match="can't be in z, only in w"):
        interop.read_direction(path, **narrow, space="z")


@pytest.mark.parametrize("rows", [np.tile(VECTOR, (LAYERS, 1)), DIFFERENT])
@pytest.mark.parametrize("flat", [False, True])
def test_a_direction_with_a_row_for_each_layer_has_unit_length_over_all_of_them(
    tmp_path: Path, rows: np.ndarray, flat: bool
) -> None:
    path = npy(tmp_path / "age.npy", rows.ravel() if flat else rows)
    direction = interop.read_direction(path, **FFHQ)
    assert direction.space == "w_plus"
    assert np.linalg.norm(direction.rows) == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(direction.rows * direction.norm, rows, atol=1e-12)


def test_directions_of_e4e_are_read_from_torch_files(tmp_path: Path) -> None:
    age = pt(tmp_path / "age.pt", torch.tensor(UNIT[np.newaxis], dtype=torch.float32))
    pose = pt(tmp_path / "pose.pt", torch.tensor(np.tile(UNIT, (1, LAYERS, 1))))
    assert interop.read_direction(age, **FFHQ, space="w").rows.shape == (1, DIM)
    direction = interop.read_direction(pose, **FFHQ)
    assert direction.rows.shape == (LAYERS, DIM)
    # Each of its rows has unit length.
    assert direction.norm == pytest.approx(np.sqrt(LAYERS), rel=1e-6)


def test_ganalyzes_direction_lies_in_z_and_its_length_gives_its_alphas(tmp_path: Path) -> None:
    theta = 12 * torch.randn(1, 140, generator=torch.Generator().manual_seed(0))
    path = pt(tmp_path / "pytorch_model_400000.pth", {"w": torch.nn.Parameter(theta)})
    direction = interop.read_direction(path, **BIGGAN)
    assert direction.space == "z"
    step = 0.1 * direction.norm * direction.rows
    np.testing.assert_allclose(step, 0.1 * theta.numpy(), rtol=1e-5)
    with pytest.raises(MnemoError, match="can't be in w, only in z"):
        interop.read_direction(path, **BIGGAN, space="w")


def test_ganalyzes_directions_by_class_are_refused_by_name(tmp_path: Path) -> None:
    state = {"NN_output.weight": torch.zeros(140, 1000), "NN_output.bias": torch.zeros(140)}
    path = pt(tmp_path / "pytorch_model_400000.pth", state)
    with pytest.raises(MnemoError, match="ClassDependent"):
        interop.read_direction(path, **BIGGAN)


@pytest.mark.parametrize(
    ("shape", "generator"),
    [
        ((1, 512), BIGGAN),
        ((1, 140), FFHQ),
        ((18, 256), FFHQ),
        ((100, 512), FFHQ),
        ((14, 512), FFHQ),
        ((18, 512), CAT),
        ((9216,), CAT),
        ((2, 18, 512), FFHQ),
        ((), FFHQ),
    ],
)
def test_a_direction_of_another_shape_is_refused_with_both_shapes(
    tmp_path: Path, shape: tuple[int, ...], generator: dict[str, Any]
) -> None:
    path = npy(tmp_path / "direction.npy", rng.normal(size=shape))
    for allow_foreign in (False, True):
        with pytest.raises(MnemoError) as error:
            interop.read_direction(path, **generator, allow_foreign=allow_foreign)
        assert f"{path} has the shape {shape}" in str(error.value)
        assert f"z of {generator['z_dim']}" in str(error.value)


def test_a_foreign_direction_that_all_layers_share_is_tiled_where_the_study_says_so(
    tmp_path: Path,
) -> None:
    path = npy(tmp_path / "age.npy", np.tile(VECTOR, (LAYERS, 1)))
    with pytest.raises(MnemoError, match="allow_foreign: true"):
        interop.read_direction(path, **CAT)
    direction = interop.read_direction(path, **CAT, allow_foreign=True)
    assert direction.space == "w_plus"
    np.testing.assert_allclose(direction.rows, np.tile(UNIT, (14, 1)) / np.sqrt(14), atol=1e-12)
    assert direction.norm == pytest.approx(np.sqrt(LAYERS) * np.linalg.norm(VECTOR))


@pytest.mark.parametrize("bad", [0.0, np.nan, np.inf])
def test_a_direction_of_no_or_no_finite_length_is_refused(tmp_path: Path, bad: float) -> None:
    path = npy(tmp_path / "boundary.npy", np.full((1, DIM), bad))
    with pytest.raises(MnemoError, match="holds no direction: its length is"):
        interop.read_direction(path, **FFHQ, space="w")


@pytest.mark.parametrize("values", [np.ones((1, DIM), bool), np.ones((1, DIM), complex)])
def test_a_direction_that_is_not_of_real_numbers_is_refused(
    tmp_path: Path, values: np.ndarray
) -> None:
    with pytest.raises(MnemoError):
        interop.read_direction(npy(tmp_path / "boundary.npy", values), **FFHQ, space="w")


@settings(deadline=None)
@given(
    arrays(np.float64, st.tuples(st.sampled_from([1, 3]), st.just(4)), elements=st.floats(-9, 9))
)
def test_a_direction_and_its_length_give_the_files_numbers_back(
    tmp_path_factory: pytest.TempPathFactory, values: np.ndarray
) -> None:
    path = npy(tmp_path_factory.mktemp("made") / "direction.npy", values)
    generator = {"z_dim": 2, "w_dim": 4, "layers": 3}
    if np.linalg.norm(values) == 0:
        with pytest.raises(MnemoError, match="holds no direction"):
            interop.read_direction(path, **generator)
        return
    direction = interop.read_direction(path, **generator)
    assert direction.space == ("w" if len(values) == 1 else "w_plus")
    np.testing.assert_allclose(direction.rows * direction.norm, values, atol=1e-12)


class Payload:
    """Unpickled in the ordinary way, it makes the file `mark` in the working directory."""

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, ("touch mark",)


@pytest.mark.parametrize("reader", [interop.read_latents, interop.read_scores, read_for_ffhq])
@pytest.mark.parametrize("ending", ["npy", "pt", "npz", "pkl"])
def test_code_in_a_file_is_refused_and_does_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: Callable[[Path], Any], ending: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path(f"hostile.{ending}")
    hidden = np.array({"a.png": [Payload()]}, dtype=object)
    match ending:
        case "npy":
            np.save(path, hidden)
        case "npz":
            np.savez(path, w=hidden)
        case "pt":
            torch.save({"w": Payload()}, path)
        case "pkl":
            path.write_bytes(pickle.dumps(Payload()))
    with pytest.raises(MnemoError, match="hostile"):
        reader(path)
    assert not Path("mark").exists()


@pytest.mark.parametrize("kept", [0, 4, 60, 500])
def test_a_file_that_is_missing_or_cut_short_is_named(tmp_path: Path, kept: int) -> None:
    path = npy(tmp_path / "z.npy", rng.normal(size=(3, DIM)))
    path.write_bytes(path.read_bytes()[:kept])
    for name in (path, tmp_path / "missing.npy"):
        with pytest.raises(MnemoError, match=re.escape(str(name))):
            interop.read_latents(name)
        with pytest.raises(MnemoError, match=re.escape(str(name))):
            interop.read_direction(name, **FFHQ)


def test_whatever_is_wrong_in_the_header_of_an_array_there_is_a_clear_error_or_none(
    tmp_path: Path,
) -> None:
    path = npy(tmp_path / "z.npy", rng.normal(size=(1, DIM)).astype(np.float32))
    whole = path.read_bytes()
    brace = whole.index(b"}")

    @settings(derandomize=True, deadline=None, max_examples=200)
    @given(st.lists(st.tuples(st.integers(8, brace), st.integers(0, 255)), min_size=1, max_size=3))
    @example([(brace, ord(" "))])  # tokenize.TokenError in numpy
    @example([(brace, ord("'"))])
    @example([(place, ord("\n")) for place in (11, 12, 13)])
    def check(changes: list[tuple[int, int]]) -> None:
        damaged = bytearray(whole)
        for place, value in changes:
            damaged[place] = value
        path.write_bytes(damaged)
        for reader in (interop.read_latents, interop.read_scores, read_for_ffhq):
            with suppress(MnemoError):
                reader(path)

    check()


Z = rng.normal(size=(5, DIM)).astype(np.float32)
W_PLUS = rng.normal(size=(5, LAYERS, DIM)).astype(np.float32)


@pytest.mark.parametrize(
    ("name", "stored", "space", "expected"),
    [
        ("z.npy", Z, "z", Z),
        ("w.npy", Z, "w", Z),
        ("wp.npy", W_PLUS, "w_plus", W_PLUS),
        ("lats_aug_style2.npy", W_PLUS[:, np.newaxis], "w_plus", W_PLUS),
    ],
)
def test_latents_are_told_by_interfacegans_names_and_by_their_shape(
    tmp_path: Path, name: str, stored: np.ndarray, space: str, expected: np.ndarray
) -> None:
    found = interop.read_latents(npy(tmp_path / name, stored))
    assert (found.space, found.images) == (space, None)
    np.testing.assert_array_equal(found.rows, expected)


def test_latents_whose_space_nothing_tells_need_it_said(tmp_path: Path) -> None:
    path = npy(tmp_path / "lats_512_style2.npy", Z[:, np.newaxis])
    with pytest.raises(MnemoError, match="whether it holds z or w"):
        interop.read_latents(path)
    found = interop.read_latents(path, space="z")
    assert found.space == "z"
    np.testing.assert_array_equal(found.rows, Z)


def test_one_image_of_stylegan_encoder_is_read_where_w_plus_is_said(tmp_path: Path) -> None:
    path = npy(tmp_path / "me_01.npy", W_PLUS[0])
    np.testing.assert_array_equal(interop.read_latents(path, space="w_plus").rows, W_PLUS[:1])


def test_latents_are_not_taken_for_another_space_than_theirs(tmp_path: Path) -> None:
    with pytest.raises(MnemoError, match="it holds w_plus, not w"):
        interop.read_latents(npy(tmp_path / "wp.npy", W_PLUS), space="w")


def test_nvidias_projection_is_read(tmp_path: Path) -> None:
    np.savez(tmp_path / "projected_w.npz", w=W_PLUS[:1])
    found = interop.read_latents(tmp_path / "projected_w.npz")
    assert found.space == "w_plus"
    np.testing.assert_array_equal(found.rows, W_PLUS[:1])


def test_latents_of_e4e_are_read(tmp_path: Path) -> None:
    found = interop.read_latents(pt(tmp_path / "latents.pt", torch.tensor(W_PLUS)))
    assert found.space == "w_plus"
    np.testing.assert_array_equal(found.rows, W_PLUS)


def test_of_restyles_latents_the_last_iteration_is_taken_with_the_images_names(
    tmp_path: Path,
) -> None:
    by_image = {f"{index}.jpg": list(W_PLUS[: index + 1]) for index in range(5)}
    found = interop.read_latents(npy(tmp_path / "latents.npy", by_image))
    assert found.images == ("0.jpg", "1.jpg", "2.jpg", "3.jpg", "4.jpg")
    assert found.space == "w_plus"
    np.testing.assert_array_equal(found.rows, W_PLUS)


@pytest.mark.parametrize(("rows", "space"), [(Z, "w"), (W_PLUS, "w_plus")])
def test_latents_of_rosinalitys_projector_are_read_with_the_images_names(
    tmp_path: Path, rows: np.ndarray, space: str
) -> None:
    by_image = {
        f"{index}.png": {
            "img": torch.zeros(3, 8, 8),
            "latent": torch.tensor(row, requires_grad=True)[()],
            "noise": [torch.zeros(1, 1, 4, 4)],
        }
        for index, row in enumerate(rows)
    }
    found = interop.read_latents(pt(tmp_path / "project.pt", by_image))
    assert found.images == ("0.png", "1.png", "2.png", "3.png", "4.png")
    assert found.space == space
    np.testing.assert_array_equal(found.rows, rows)


@pytest.mark.parametrize("shape", [(), (0, DIM), (5, 2, LAYERS, DIM), (DIM,)])
def test_an_array_of_another_shape_is_no_latents(tmp_path: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(MnemoError, match=re.escape(f"has the shape {shape}")):
        interop.read_latents(npy(tmp_path / "z.npy", np.zeros(shape)))


@pytest.mark.parametrize("bad", [np.nan, -np.inf, 1e300])
def test_latents_and_scores_that_are_not_finite_are_refused(tmp_path: Path, bad: float) -> None:
    values = Z.astype(np.float64)
    values[3, 4] = bad
    with pytest.raises(MnemoError, match="not finite"):
        interop.read_latents(npy(tmp_path / "z.npy", values))
    with pytest.raises(MnemoError, match="not finite"):
        interop.read_scores(npy(tmp_path / "scores.npy", values[:, 4]))


@pytest.mark.parametrize("shape", [(5,), (5, 1)])
def test_scores_are_read_in_interfacegans_and_in_the_papers_shape(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    scores = rng.random(5)
    path = npy(tmp_path / "scores.npy", scores.reshape(shape))
    np.testing.assert_array_equal(interop.read_scores(path), scores.astype(np.float32))


@pytest.mark.parametrize("values", [Z, 0.5, []])
def test_what_is_no_row_of_numbers_is_no_scores(tmp_path: Path, values: Any) -> None:
    with pytest.raises(MnemoError, match="scores have"):
        interop.read_scores(npy(tmp_path / "scores.npy", values))


@pytest.mark.parametrize("space", ["z", "w"])
def test_a_boundary_that_was_written_is_read_as_it_was(
    tmp_path: Path, space: interop.Space
) -> None:
    path = tmp_path / "boundary.npy"
    interop.write_boundary(path, interop.Direction(space, UNIT[np.newaxis], 7.0))
    written = np.load(path)
    assert (written.shape, written.dtype) == ((1, DIM), np.float32)
    direction = interop.read_direction(path, **FFHQ, space=space)
    np.testing.assert_allclose(direction.rows, UNIT[np.newaxis], atol=1e-7)


def test_a_direction_that_differs_between_layers_has_no_boundary(tmp_path: Path) -> None:
    direction = interop.Direction("w_plus", DIFFERENT / np.linalg.norm(DIFFERENT), 1.0)
    with pytest.raises(MnemoError, match="differs between layers"):
        interop.write_boundary(tmp_path / "boundary.npy", direction)


class Study:
    """A small study with 16 images in w of 6 layers, whose memorability is the first number of w.

    Images 3 and 11 have no oval. An image of another set and an edited one are scored too.
    """

    layers, dim = 6, 8
    found = tuple(image for image in range(16) if image not in (3, 11))

    def __init__(self, folder: Path):
        self.z, self.w = rng.normal(size=(2, 16, self.dim)).astype(np.float32)
        self.memorability = self.w[:, 0]
        self.latents, self.scores, self.hyperplanes = [], [], []
        made_with = {"generator": "aa", "assessor": "bb"}
        self.by = tables.Provenance("demo", "test", made_with, {})
        for start in (0, 10):
            chosen = slice(start, start + 10)
            path = folder / f"latents{start}.parquet"
            tables.write(path, latents.LATENTS, self.latents_table(chosen), self.by)
            self.latents.append(path)
        for shape, images in {"square": range(16), "oval": self.found}.items():
            self._write_scores(folder / f"{shape}.parquet", shape, list(images))
        for space, layers in {"z": 1, "w": 1, "w_plus": self.layers}.items():
            path = folder / f"{space}.parquet"
            fitted = hyperplanes.fit(
                self.z if space == "z" else self.w,
                self.memorability,
                threshold="median",
                layers=layers,
                folds=2,
                permutations=0,
            )
            row = hyperplanes.row(space, "resmem", "oval", fitted)
            tables.write(path, hyperplanes.HYPERPLANES, row, self.by)
            self.hyperplanes.append(path)

    def latents_table(self, chosen: slice) -> dict[str, Any]:
        seeds = range(16)[chosen]
        nothing = [None] * len(seeds)
        return {
            "set": ["fit"] * len(seeds),
            "edit": nothing,
            "alpha": nothing,
            "image": [keys.of_seed(seed) for seed in seeds],
            "seed": list(seeds),
            "z": list(self.z[chosen]),
            "w": list(self.w[chosen]),
            "w_plus": nothing,
            "class_index": nothing,
        }

    def _write_scores(self, path: Path, shape: str, images: list[int]) -> None:
        n = len(images)
        columns = {
            "set": [*["fit"] * n, "eval", "fit"],
            "edit": [*[None] * (n + 1), "more"],
            "alpha": [*[None] * (n + 1), 2.0],
            "image": [keys.of_seed(image) for image in [*images, 0, 0]],
            "assessor": ["resmem"] * (n + 2),
            "shape": [shape] * (n + 2),
            "score": [*self.memorability[images], 9.0, 9.0],
        }
        tables.write(path, scores.SCORES, columns, self.by)
        self.scores.append(path)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return Study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def exported(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "interfacegan"
    interop.write_interfacegan(
        folder, study.latents, study.scores, study.hyperplanes, layers=study.layers, tile=True
    )
    return folder


def test_the_images_exported_are_those_with_all_scores_in_one_order(
    study: Study, exported: Path
) -> None:
    found = list(study.found)
    written = (exported / "images.txt").read_text().splitlines()
    assert written == [keys.of_seed(image) for image in found]
    np.testing.assert_array_equal(np.load(exported / "z.npy"), study.z[found])
    np.testing.assert_array_equal(np.load(exported / "w.npy"), study.w[found])
    for shape in ("square", "oval"):
        scores = np.load(exported / f"scores_resmem_{shape}.npy")
        assert scores.dtype == np.float32
        np.testing.assert_array_equal(scores[:, 0], study.memorability[found])


def test_the_extended_latents_are_w_for_each_layer(study: Study, exported: Path) -> None:
    rows = np.load(exported / "wp.npy")
    expected = np.repeat(study.w[list(study.found), np.newaxis], study.layers, axis=1)
    np.testing.assert_array_equal(rows, expected)


def test_shared_w_is_not_tiled_unasked(study: Study, tmp_path: Path) -> None:
    interop.write_interfacegan(tmp_path, study.latents, study.scores, [], layers=study.layers)
    names = {path.name for path in tmp_path.iterdir()}
    scores = {"scores_resmem_square.npy", "scores_resmem_oval.npy"}
    assert names == {"images.txt", "z.npy", "w.npy", *scores}


def test_latents_that_differ_between_layers_are_exported_as_they_are(
    study: Study, tmp_path: Path
) -> None:
    rows = rng.normal(size=(16, study.layers * study.dim)).astype(np.float32)
    columns = {**study.latents_table(slice(0, 16)), "w_plus": list(rows)}
    tables.write(tmp_path / "shard.parquet", latents.LATENTS, columns, study.by)
    interop.write_interfacegan(
        tmp_path, [tmp_path / "shard.parquet"], study.scores[:1], [], layers=study.layers
    )
    expected = rows.reshape(16, study.layers, study.dim)
    np.testing.assert_array_equal(np.load(tmp_path / "wp.npy"), expected)


def test_what_is_exported_is_what_the_readers_read(study: Study, exported: Path) -> None:
    for name, space in {"z": "z", "w": "w", "wp": "w_plus"}.items():
        found = interop.read_latents(exported / f"{name}.npy")
        assert found.space == space
        np.testing.assert_array_equal(found.rows, np.load(exported / f"{name}.npy"))
    scores = interop.read_scores(exported / "scores_resmem_oval.npy")
    np.testing.assert_array_equal(scores, study.memorability[list(study.found)])


def test_interfacegan_can_train_a_boundary_on_what_is_exported(exported: Path) -> None:
    # What its train_boundary asks of its arguments, and what it does with them.
    codes, scores = np.load(exported / "w.npy"), np.load(exported / "scores_resmem_oval.npy")
    assert codes.ndim == 2
    assert scores.shape == (len(codes), 1)
    order = np.argsort(scores, axis=0)[::-1, 0]
    extremes = np.concatenate([codes[order][:5], codes[order][-5:]])
    boundary = svm.SVC(kernel="linear").fit(extremes, np.repeat([1, 0], 5)).coef_
    ours = np.load(exported / "boundary_w_resmem_oval_median.npy")
    assert boundary.shape == ours.shape
    assert (boundary @ ours.T).item() / np.linalg.norm(boundary) > 0.8


def test_hyperplanes_are_exported_as_unit_boundaries_and_read_as_they_were(
    study: Study, exported: Path
) -> None:
    generator = {"z_dim": study.dim, "w_dim": study.dim, "layers": study.layers}
    spaces: list[interop.Space] = ["z", "w"]
    for space, source in zip(spaces, study.hyperplanes, strict=False):
        written = exported / f"boundary_{space}_resmem_oval_median.npy"
        assert np.linalg.norm(np.load(written)) == pytest.approx(1, abs=1e-6)
        direction = interop.read_direction(written, **generator, space=space)
        ours = interop.read_direction(source, **generator)
        assert ours.space == space
        np.testing.assert_allclose(direction.rows, ours.rows, atol=1e-7)


def test_a_boundary_of_w_plus_moves_each_layer_by_alpha_over_the_root_of_the_layers(
    study: Study, exported: Path
) -> None:
    boundary = np.load(exported / "boundary_w_plus_resmem_oval_median.npy")
    plane = tables.read(study.hyperplanes[2]).to_pylist()[0]
    moved = move(
        tables.read(study.latents[0]),
        np.array(plane["normal"]),
        "w_plus",
        "more",
        3.0,
        layers=study.layers,
    )
    expected = study.w[:10] + 3 / np.sqrt(study.layers) * boundary
    np.testing.assert_allclose(latents.matrix(moved, "w"), expected, atol=1e-6)


def test_without_an_image_that_has_all_scores_the_export_says_so(
    study: Study, tmp_path: Path
) -> None:
    columns = tables.read(study.scores[0]).slice(16)
    tables.write(tmp_path / "edited.parquet", scores.SCORES, columns, study.by)
    with pytest.raises(MnemoError, match="no image"):
        interop.write_interfacegan(
            tmp_path, study.latents, [tmp_path / "edited.parquet"], [], layers=study.layers
        )


def test_a_hyperplane_of_another_generators_weights_is_refused_unless_the_study_allows_it(
    study: Study,
) -> None:
    generator = {"z_dim": study.dim, "w_dim": study.dim, "layers": study.layers}
    path = study.hyperplanes[2]
    expected = np.array(tables.read(path)["normal"][0].as_py())
    for accepted in ({"weights": "aa"}, {"weights": "cc", "allow_foreign": True}, {}):
        direction = interop.read_direction(path, **generator, **accepted)
        np.testing.assert_allclose(direction.rows.ravel(), expected, atol=1e-12)
    with pytest.raises(MnemoError, match="other weights than the generator's"):
        interop.read_direction(path, **generator, weights="cc")


def row(direction: interop.Direction, source: str) -> dict[str, list[Any]]:
    """Lay out a direction that was read, as a study keeps it."""
    unknown = dict.fromkeys(("assessor", "shape", "threshold"))
    told = {"name": "mine", "method": "file", "space": direction.space, "hold": [], **unknown}
    return table.row(
        told,
        "stylegan2-ffhq",
        "cc",
        direction.rows.ravel(),
        len(direction.rows),
        norm=direction.norm,
        foreign=direction.foreign,
        source=source,
    )


@pytest.mark.parametrize("reason", ["weights", "layers"])
def test_a_direction_that_was_read_as_foreign_stays_foreign(
    study: Study, tmp_path: Path, reason: str
) -> None:
    if reason == "weights":
        source = study.hyperplanes[2]
        generator = {"z_dim": study.dim, "w_dim": study.dim, "layers": study.layers}
    else:
        source, generator = npy(tmp_path / "age.npy", np.tile(VECTOR, (LAYERS, 1))), CAT
    read = {**generator, "weights": "cc"}
    direction = interop.read_direction(source, **read, allow_foreign=True)
    assert direction.foreign
    path = tmp_path / "imported.parquet"
    by = study.by._replace(weights={"generator": "cc"})
    tables.write(path, table.DIRECTIONS, row(direction, source.name), by)
    with pytest.raises(MnemoError, match="imported.parquet was made with other weights than"):
        interop.read_direction(path, **read)
    assert interop.read_direction(path, **read, allow_foreign=True).foreign


def test_a_table_that_holds_no_direction_is_refused(study: Study) -> None:
    with pytest.raises(MnemoError, match="holds no direction: it has no column normal, space"):
        read_for_ffhq(study.scores[0])


def test_a_table_of_several_hyperplanes_is_no_direction(study: Study, tmp_path: Path) -> None:
    path = tmp_path / "hyperplanes.parquet"
    tables.merge(study.hyperplanes, path, hyperplanes.HYPERPLANES, study.by)
    with pytest.raises(MnemoError, match="holds 3 directions"):
        interop.read_direction(path, z_dim=study.dim, w_dim=study.dim, layers=study.layers)


def test_a_direction_is_kept_as_a_table_that_reads_as_itself(study: Study, tmp_path: Path) -> None:
    direction = interop.read_direction(npy(tmp_path / "age.npy", DIFFERENT), **FFHQ)
    path = tmp_path / "age.parquet"
    tables.write(path, table.DIRECTIONS, row(direction, "age.npy"), study.by)
    [kept] = tables.read(path).to_pylist()
    assert (kept["source"], kept["layers"], kept["norm"]) == ("age.npy", LAYERS, direction.norm)
    assert not kept["foreign"]
    again = interop.read_direction(path, **FFHQ)
    np.testing.assert_allclose(again.rows, direction.rows, atol=1e-15)


def test_the_examples_of_the_documentation_run(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    columns = {
        **tables.read(study.hyperplanes[2]).to_pydict(),
        "shape": ["square"],
        "threshold": ["mean"],
        "layers": [LAYERS],
        "normal": [np.tile(UNIT, LAYERS) / np.sqrt(LAYERS)],
    }
    mean = Path("mean.parquet")
    tables.write(mean, hyperplanes.HYPERPLANES, columns, study.by)
    np.savez("projected_w.npz", w=W_PLUS[:1])
    npy(Path("latents.npy"), np.array({"me.jpg": list(W_PLUS)}, dtype=object))
    pt(Path("latents.pt"), torch.tensor(W_PLUS))
    pt(Path("project.pt"), {"me.png": {"latent": torch.tensor(W_PLUS[0])}})
    npy(Path("lats_512_style2.npy"), Z[:, np.newaxis])
    npy(Path("mems_senet.npy"), rng.random(5))
    npy(Path("stylegan_ffhq_age_w_boundary.npy"), UNIT[np.newaxis])
    npy(Path("smile.npy"), DIFFERENT)
    npy(Path("w_aug_ass2_sq_mean.npy"), np.tile(UNIT, LAYERS))
    pt(Path("pose.pt"), torch.tensor(DIFFERENT[np.newaxis]))
    pt(Path("pytorch_model_400000.pth"), {"w": torch.randn(1, 140)})
    results = Path("results/stylegan2-ffhq")
    for folder, paths in {
        "fit/latents": study.latents,
        "fit/scores/resmem/square": study.scores[:1],
        "hyperplanes/w_plus/resmem/square": [mean],
    }.items():
        (results / folder).mkdir(parents=True)
        for path in paths:
            (results / folder / path.name).write_bytes(path.read_bytes())
    blocks = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert len(blocks) > 5
    names: dict[str, Any] = {}
    for block in blocks:
        exec(block, names)
    np.testing.assert_allclose(names["boundary"].rows, UNIT[np.newaxis], atol=1e-7)


def test_a_damaged_table_of_the_users_own_is_not_to_be_deleted(tmp_path: Path) -> None:
    (tmp_path / "own.parquet").write_bytes(b"PAR1, and no more")
    with pytest.raises(MnemoError, match="damaged or truncated .* Get it again") as refused:
        interop.read_direction(tmp_path / "own.parquet", z_dim=4, w_dim=None, layers=1)
    assert "elete" not in str(refused.value)
