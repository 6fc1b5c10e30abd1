"""Other programs' files are read for what they are, and ours are what those programs read."""

import os
import pickle
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import svm
from tests.support.paths import ROOT

from mnemo import interop, keys, latents, scores, tables
from mnemo.directions import hyperplane_tables, hyperplanes, table
from mnemo.directions.planes import Plane
from mnemo.edits.move import move
from mnemo.errors import MnemoError
from mnemo.interop import ganalyze

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


def npz(path: Path, **values: Any) -> Path:
    np.savez(path, **values)
    return path


named_rng = np.random.default_rng(1)
W = named_rng.normal(size=(5, DIM)).astype(np.float32)


def pickled(path: Path, content: Any) -> Path:
    path.write_bytes(pickle.dumps(content))
    return path


def stored(path: Path, by_name: dict[str, np.ndarray]) -> Path:
    """Write arrays by name in the format of a file's ending."""
    match path.suffix:
        case ".npz":
            np.savez(path, **by_name)  # type: ignore[arg-type]
        case ".npy":
            np.save(path, np.array(by_name, dtype=object))
        case ".pt":
            torch.save({name: torch.tensor(values) for name, values in by_name.items()}, path)
        case ".safetensors":
            tensors = {name: torch.tensor(values) for name, values in by_name.items()}
            safetensors.torch.save_file(tensors, path)
        case ".pkl":
            path.write_bytes(pickle.dumps(by_name))
        case ".h5":
            with h5py.File(path, "w") as file:
                for name, values in by_name.items():
                    file[name] = values
    return path


ENDINGS = ["npz", "npy", "pt", "safetensors", "pkl", "h5"]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("order", [1, -1])
def test_arrays_are_known_by_their_names_whatever_their_order(
    tmp_path: Path, ending: str, order: int
) -> None:
    held = {"z": Z, "w": W, "w_plus": W_PLUS}
    path = stored(tmp_path / f"zw.{ending}", dict(list(held.items())[::order]))
    for space, expected in held.items():
        found = interop.read_latents(path, space)  # type: ignore[arg-type]
        assert (found.space, found.images) == (space, None)
        np.testing.assert_array_equal(found.rows, expected)
    with pytest.raises(MnemoError, match="zw.* holds 'z', 'w', 'w_plus': set `space` to the one"):
        interop.read_latents(path)


@pytest.mark.parametrize(
    ("name", "rows", "space"),
    [
        ("z", Z, "z"),
        ("w", Z, "w"),
        ("w", W_PLUS, "w_plus"),
        ("dlatents", W_PLUS, "w_plus"),
        ("dlatents", Z, "w"),
        ("projected_w", W_PLUS[:1], "w_plus"),
        ("wp", W_PLUS, "w_plus"),
        ("latents", W_PLUS, "w_plus"),
        ("arr_0", W_PLUS, "w_plus"),
    ],
)
@pytest.mark.parametrize("ending", ENDINGS)
def test_a_name_states_the_space_of_latents(
    tmp_path: Path, ending: str, name: str, rows: np.ndarray, space: str
) -> None:
    found = interop.read_latents(stored(tmp_path / f"any.{ending}", {name: rows}))
    assert (found.space, found.images) == (space, None)
    np.testing.assert_array_equal(found.rows, rows)


@pytest.mark.parametrize("name", ["arr_0", "latents"])
def test_an_array_without_a_telling_name_is_read_as_if_it_were_alone(
    tmp_path: Path, name: str
) -> None:
    path = npz(tmp_path / "any.npz", **{name: Z, "names": np.array(["a"] * 5)})
    with pytest.raises(MnemoError, match="whether it holds z or w: set `space`"):
        interop.read_latents(path)
    found = interop.read_latents(path, "z")
    assert found.space == "z"
    np.testing.assert_array_equal(found.rows, Z)


def test_of_two_arrays_without_names_none_is_chosen(tmp_path: Path) -> None:
    np.savez(tmp_path / "any.npz", Z, W)
    for space in (None, "z", "w"):
        with pytest.raises(MnemoError, match=r"'?arr_0'?.*'?arr_1'?.* Name the array z, w or w_pl"):
            interop.read_latents(tmp_path / "any.npz", space)  # type: ignore[arg-type]
    with pytest.raises(MnemoError, match="'arr_0', 'arr_1': name the array scores, or store it"):
        interop.read_scores(tmp_path / "any.npz")


def test_a_name_is_not_read_as_another_space(tmp_path: Path) -> None:
    for name, rows, space in (
        ("z", Z, "w"),
        ("w", W, "z"),
        ("wp", W_PLUS, "z"),
        ("z", Z, "w_plus"),
    ):
        path = npz(tmp_path / "any.npz", **{name: rows})
        with pytest.raises(MnemoError, match=f"holds '{name}', and nothing in {space}"):
            interop.read_latents(path, space)  # type: ignore[arg-type]
    with pytest.raises(MnemoError, match="as 'z'; latents in z have"):
        interop.read_latents(npz(tmp_path / "any.npz", z=W_PLUS))


def test_what_is_not_read_of_a_file_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        interop.read_latents(npz(tmp_path / "any.npz", z=Z, labels=np.zeros(5)))
    assert "reads z, and not 'labels'" in caplog.text


@pytest.mark.parametrize("ending", ENDINGS)
def test_latents_of_one_image_each_have_its_name(tmp_path: Path, ending: str) -> None:
    flat = stored(tmp_path / f"flat.{ending}", {f"{i}.png": row for i, row in enumerate(Z)})
    with pytest.raises(MnemoError, match="whether it holds z or w: set `space`"):
        interop.read_latents(flat)
    found = interop.read_latents(flat, "z")
    assert found.space == "z"
    assert set(found.images or ()) == {f"{i}.png" for i in range(5)}
    # HDF5 has no order.
    np.testing.assert_array_equal(found.rows, Z[[int(name[0]) for name in found.images or ()]])
    layered = stored(tmp_path / f"lay.{ending}", {f"{i}.png": row for i, row in enumerate(W_PLUS)})
    found = interop.read_latents(layered)
    assert found.space == "w_plus"
    np.testing.assert_array_equal(found.rows, W_PLUS[[int(name[0]) for name in found.images or ()]])


def test_arrays_with_names_that_say_nothing_are_asked_about(tmp_path: Path) -> None:
    path = npz(tmp_path / "any.npz", first=W_PLUS[0], second=W_PLUS[1])
    with pytest.raises(MnemoError, match=r"first \(18, 512\), second .*set `space` to w_plus"):
        interop.read_latents(path)
    found = interop.read_latents(path, "w_plus")
    assert found.images == ("first", "second")
    np.testing.assert_array_equal(found.rows, W_PLUS[:2])
    for held in ({"train": Z, "test": Z[:2]}, {"codes": Z}):
        with pytest.raises(MnemoError, match=r"any.npz holds \d arrays, and no name says which"):
            interop.read_latents(npz(path, **held), "z")


def test_a_projectors_record_of_one_image_is_asked_about(tmp_path: Path) -> None:
    record = {"img": torch.zeros(3, 8, 8), "latent": torch.tensor(W_PLUS[0]), "noise": []}
    path = pt(tmp_path / "project.pt", record)
    with pytest.raises(MnemoError, match="holds 'img', 'latent', 'noise', and not one latent of"):
        interop.read_latents(path)


def test_rows_of_one_layer_are_not_called_w_plus(tmp_path: Path) -> None:
    path = npz(tmp_path / "any.npz", **{"a.png": Z[0]})
    with pytest.raises(MnemoError, match="w_plus, which has"):
        interop.read_latents(path, "w_plus")


@pytest.mark.parametrize("ending", ["pt", "pkl"])
def test_a_list_of_arrays_is_read_as_one_array(tmp_path: Path, ending: str) -> None:
    def write(name: str, content: Any) -> Path:
        if ending == "pt":
            return pt(tmp_path / f"{name}.pt", list(map(torch.tensor, content)))
        return pickled(tmp_path / f"{name}.pkl", content)

    layers = write("layers", [row[None] for row in W_PLUS[0]])
    found = read_for_ffhq(layers)
    assert found.space == "w_plus"
    np.testing.assert_allclose(found.rows * found.norm, W_PLUS[0], rtol=1e-6)
    images = write("images", [rows[None] for rows in W_PLUS])
    np.testing.assert_array_equal(interop.read_latents(images).rows, W_PLUS)
    listed = pickled(tmp_path / "listed.pkl", Z.tolist())
    np.testing.assert_array_equal(interop.read_latents(listed, "z").rows, Z)


def test_a_list_of_anything_else_is_refused(tmp_path: Path) -> None:
    path = pickled(tmp_path / "any.pkl", [Z[0], Z[0, 1:]])
    with pytest.raises(MnemoError, match=r"arrays of the shapes \(512,\), \(511,\)"):
        read_for_ffhq(path)
    for content, what in (([Z, "a.png"], "a str as 'item 1"), ([2**100], "a int as 'item 0")):
        with pytest.raises(MnemoError, match=f"any.pkl holds {what} of a list', not"):
            interop.read_latents(pickled(path, content))


def test_one_array_many_times_in_a_list_can_not_fill_the_memory(tmp_path: Path) -> None:
    path = pickled(tmp_path / "any.pkl", [np.zeros((LAYERS, DIM), np.float32)] * 50_000)
    for reader in (interop.read_latents, read_for_ffhq):
        with pytest.raises(MnemoError, match="the same numbers again and again"):
            reader(path)


@pytest.mark.parametrize("space", [None, "w", "w_plus"])
def test_latents_with_their_layers_in_a_row_are_refused_with_the_shape_to_store(
    tmp_path: Path, space: interop.Space | None
) -> None:
    path = pt(tmp_path / "any.pt", torch.from_numpy(W_PLUS).flatten(1))
    with pytest.raises(MnemoError, match=r"\(5, 9216\): its rows are wider .*\(n, layers, w_dim\)"):
        interop.read_latents(path, space)


def test_latents_that_share_one_w_take_no_more_memory_than_it(tmp_path: Path) -> None:
    w = torch.from_numpy(np.repeat(W, 400, axis=0))
    path = pt(tmp_path / "w.pt", w.unsqueeze(1).expand(-1, LAYERS, -1))
    found = interop.read_latents(path)
    assert found.space == "w_plus"
    np.testing.assert_array_equal(found.rows[:, -1], w)
    assert found.rows.strides[1] == 0


def test_one_array_under_many_names_can_not_fill_the_memory(tmp_path: Path) -> None:
    row = np.zeros((LAYERS, DIM), np.float32)
    path = tmp_path / "any.pkl"
    path.write_bytes(pickle.dumps({f"{index}.png": row for index in range(50_000)}))
    with pytest.raises(MnemoError, match="the same numbers again and again"):
        interop.read_latents(path)


@pytest.mark.parametrize("dtype", [torch.complex64, torch.bool])
def test_tensors_that_are_not_of_real_numbers_are_refused(
    tmp_path: Path, dtype: torch.dtype
) -> None:
    path = pt(tmp_path / "any.pt", torch.zeros(5, DIM, dtype=dtype))
    for reader in (interop.read_latents, interop.read_scores, read_for_ffhq):
        with pytest.raises(MnemoError, match=f"an array of {dtype}, not an array of real numbers"):
            reader(path)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("name", ["scores", "arr_0"])
def test_scores_are_read_by_their_name(tmp_path: Path, ending: str, name: str) -> None:
    scores = named_rng.random(5)
    path = stored(tmp_path / f"any.{ending}", {name: scores, "threshold": np.float64(0.5)})
    np.testing.assert_array_equal(interop.read_scores(path), scores.astype(np.float32))
    path = stored(tmp_path / f"any.{ending}", {"resmem": scores, "vitmem": scores})
    with pytest.raises(MnemoError, match="'(resmem|vitmem)': name the array scores"):
        interop.read_scores(path)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_direction_is_read_by_its_name(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"any.{ending}"
    for name in ("boundary", "direction"):
        stored(path, {name: UNIT[np.newaxis], "intercept": np.zeros(1)})
        found = interop.read_direction(path, **FFHQ, space="z")
        np.testing.assert_allclose(found.rows, UNIT[np.newaxis], atol=1e-12)
        with pytest.raises(MnemoError, match="set `space` to z or w"):
            interop.read_direction(path, **FFHQ)
    stored(path, {"z": VECTOR, "w": UNIT})
    for space, norm in (("z", np.linalg.norm(VECTOR)), ("w", 1)):
        found = interop.read_direction(path, **FFHQ, space=space)
        assert (found.space, found.norm) == (space, pytest.approx(norm))
    stored(path, {"w_plus": DIFFERENT})
    assert interop.read_direction(path, **FFHQ).space == "w_plus"
    stored(path, {"smile": UNIT, "age": UNIT})
    with pytest.raises(MnemoError, match="'age'.* and no name says which is the direction"):
        interop.read_direction(path, **FFHQ, space="z")


def test_one_w_in_a_torch_file_may_be_ganalyzes_direction_in_z(tmp_path: Path) -> None:
    path = pt(tmp_path / "any.pt", {"w": torch.tensor(UNIT[np.newaxis])})
    with pytest.raises(MnemoError, match="set `space` to z or w"):
        interop.read_direction(path, **FFHQ)
    assert interop.read_direction(path, **FFHQ, space="w").space == "w"


def ganspace(path: Path, *, w: bool, dim: int = DIM) -> np.ndarray:
    """Write what GANSpace's decomposition.py does, and return its components."""
    components = named_rng.normal(size=(20, 1, dim)).astype(np.float32)
    components /= np.linalg.norm(components, axis=-1, keepdims=True)
    np.savez_compressed(
        path,
        act_comp=named_rng.normal(size=(20, 1, 4, 8, 8)).astype(np.float32),
        act_mean=np.zeros((1, 4, 8, 8), np.float32),
        act_stdev=named_rng.random(20).astype(np.float32),
        lat_comp=components,
        lat_mean=np.zeros((1, dim), np.float32),
        lat_stdev=named_rng.random(20).astype(np.float32) if w else np.ones(20, np.float32),
        var_ratio=named_rng.random(20).astype(np.float32),
        random_stdevs=named_rng.random(20).astype(np.float32),
    )
    return components


@pytest.mark.parametrize(("w", "space"), [(True, "w"), (False, "z")])
def test_a_component_of_ganspace_is_a_direction_in_the_space_that_it_was_found_in(
    tmp_path: Path, w: bool, space: str
) -> None:
    path = tmp_path / "stylegan2-ffhq_style_ipca_c20_n1000000.npz"
    components = ganspace(path, w=w)
    for index in (0, 19):
        found = interop.read_direction(path, **FFHQ, component=index)
        assert found.space == space
        assert found.norm == pytest.approx(1, abs=1e-6)
        np.testing.assert_allclose(found.rows, components[index], atol=1e-6)
    with pytest.raises(MnemoError, match=f"can't be in .*, only in {space}"):
        interop.read_direction(path, **FFHQ, component=0, space="z" if w else "w")


def test_a_component_of_ganspace_is_a_direction_of_a_biggan(tmp_path: Path) -> None:
    components = ganspace(tmp_path / "any.npz", w=False, dim=140)
    found = interop.read_direction(tmp_path / "any.npz", **BIGGAN, component=7)
    assert found.space == "z"
    np.testing.assert_allclose(found.rows, components[7], atol=1e-6)


def test_a_factor_of_sefa_is_a_column_of_its_eigenvectors(tmp_path: Path) -> None:
    # What rosinality's closed_form_factorization.py computes of the modulations' weights.
    weights = torch.randn(64, 32, generator=torch.Generator().manual_seed(0))
    eigenvectors = torch.svd(weights).V
    path = pt(tmp_path / "factor.pt", {"ckpt": "550000.pt", "eigvec": eigenvectors})
    found = interop.read_direction(path, z_dim=32, w_dim=32, layers=4, component=3)
    assert found.space == "w"
    gram = (weights.T @ weights).double().numpy()
    largest = np.linalg.eigh(gram)[1][:, ::-1]
    assert abs(float(found.rows[0] @ largest[:, 3])) == pytest.approx(1, abs=1e-4)


def test_a_file_of_components_needs_to_be_told_which(tmp_path: Path) -> None:
    ganspace(tmp_path / "any.npz", w=True)
    path = pt(tmp_path / "factor.pt", {"ckpt": "a.pt", "eigvec": torch.eye(DIM)})
    for file, last in ((tmp_path / "any.npz", 19), (path, DIM - 1)):
        with pytest.raises(
            MnemoError, match=f"components 0 to {last}: set the direction's `component`"
        ):
            interop.read_direction(file, **FFHQ)
        for component in (last + 1, -1):
            with pytest.raises(MnemoError, match=f"{last}, and no component {component}: set"):
                interop.read_direction(file, **FFHQ, component=component)


def test_a_file_of_one_direction_has_no_component(study: "Study", tmp_path: Path) -> None:
    path = npz(tmp_path / "any.npz", boundary=UNIT)
    for file in (path, npy(tmp_path / "any.npy", UNIT), study.hyperplanes[0]):
        with pytest.raises(MnemoError, match="holds one direction, .*: remove `component`"):
            interop.read_direction(file, **FFHQ, space="w", component=0)


def test_a_damaged_table_is_not_to_be_deleted(study: "Study", tmp_path: Path) -> None:
    path = tmp_path / "mine.parquet"
    path.write_bytes(study.hyperplanes[0].read_bytes()[:-100])
    with pytest.raises(MnemoError, match=r"mine.parquet is damaged.* Copy it again from the study"):
        read_for_ffhq(path)


# Whatever a user hands in.

names = st.sampled_from(
    [
        *("z", "w", "wp", "w_plus", "dlatents", "latents", "arr_0", "arr_1", "scores", "boundary"),
        *("lat_comp", "lat_stdev", "eigvec", "latent", "a.png", "b.png", "NN_output.weight", "x"),
    ]
)
lengths = st.sampled_from([0, 1, 2, 3, 4, 8])
arrays_of_any_kind = st.tuples(
    st.sampled_from(["f4", "f8", "f2", ">f4", "i8", "u1", "?", "c8", "U2", "M8[D]", "i4,f4"]),
    st.lists(lengths, max_size=4),
    st.sampled_from([0.0, 1.0, -2.5, np.nan, np.inf]),
).map(lambda kind: filled(*kind))
content = st.recursive(
    arrays_of_any_kind
    | st.sampled_from([None, 1, 2.5, "text", b"raw", 1 + 2j, Path("a"), torch.float32, {1}])
    | st.lists(lengths, max_size=3).map(torch.ones),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(names | st.integers(0, 3), inner, max_size=4)
        | st.tuples(inner)
    ),
    max_leaves=5,
)


def filled(dtype: str, shape: list[int], value: float) -> np.ndarray:
    if np.dtype(dtype).kind in "fc" or np.isfinite(value):
        with suppress(TypeError, ValueError):
            return np.full(shape, value).astype(dtype)
    return np.zeros(shape, dtype)


@pytest.mark.filterwarnings("ignore")
@settings(derandomize=True, deadline=None, max_examples=300)
@given(
    held=content,
    ending=st.sampled_from(["npy", "npz", "pt", "old.pt", "pkl"]),
    space=st.sampled_from([None, "z", "w", "w_plus"]),
    component=st.sampled_from([None, None, 0, 2]),
    w_dim=st.sampled_from([4, 8, None]),
)
def test_whatever_a_file_holds_it_is_read_or_refused_by_its_name(
    tmp_path_factory: pytest.TempPathFactory,
    held: Any,
    ending: str,
    space: Any,
    component: int | None,
    w_dim: int | None,
) -> None:
    path = tmp_path_factory.getbasetemp() / f"fuzzed.{ending}"
    match ending:
        case "npy":
            np.save(path, held if isinstance(held, np.ndarray) else as_object(held))
        case "npz":
            by_name = held if isinstance(held, dict) else {"arr_0": held}
            np.savez(path, **{str(key): as_array(value) for key, value in by_name.items()})
        case "pkl":
            path.write_bytes(pickle.dumps(held))
        case _:
            torch.save(held, path, _use_new_zipfile_serialization=ending == "pt")
    generator = {"z_dim": 4, "w_dim": w_dim, "layers": 3}
    readers: list[Callable[[], Any]] = [
        lambda: interop.read_latents(path, space).rows,
        lambda: interop.read_scores(path),
        lambda: interop.read_direction(path, **generator, space=space, component=component).rows,
    ]
    for reader in readers:
        try:
            rows = reader()
        except MnemoError as why:
            assert str(path) in str(why)  # noqa: PT017
            assert "elete" not in str(why)  # noqa: PT017
        else:
            assert rows.size
            assert np.isfinite(rows).all()


def as_object(held: Any) -> np.ndarray:
    array = np.empty((), object)
    array[()] = held
    return array


def as_array(held: Any) -> np.ndarray:
    return held if isinstance(held, np.ndarray) else as_object(held)


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
        self.z, self.w = np.random.default_rng(0).normal(size=(2, 16, self.dim)).astype(np.float32)
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
            row = hyperplane_tables.row(Plane(space, "resmem", "oval", "median"), fitted)
            tables.write(path, hyperplane_tables.HYPERPLANES, row, self.by)
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
    several = map(tables.read, study.hyperplanes)
    tables.write_parts(path, hyperplane_tables.HYPERPLANES, several, study.by)
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


def write_learned(path: Path, study: Study) -> None:
    """Write a direction of length 12 as a study that learned it does."""
    told = {"name": "up", "method": "learned", "space": "z", "assessor": "memnet", "hold": []}
    told |= {"shape": "square", "threshold": None}
    row = table.row(told, "biggan-256", None, np.full(140, 1 / np.sqrt(140)), 1, scale=12)
    tables.write(path, table.DIRECTIONS, row, study.by)


def test_a_learned_direction_is_read_with_its_length(study: Study, tmp_path: Path) -> None:
    write_learned(tmp_path / "up.parquet", study)
    direction = interop.read_direction(tmp_path / "up.parquet", **BIGGAN)
    assert direction.norm == pytest.approx(12)
    assert np.linalg.norm(direction.rows) == pytest.approx(1)


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
    tables.write(mean, hyperplane_tables.HYPERPLANES, columns, study.by)
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
    Path("results/ganalyze/directions").mkdir(parents=True)
    write_learned(Path("results/ganalyze/directions/learned.parquet"), study)
    ganalyze.write_options("opts.json", dict.fromkeys(ganalyze.OPTIONS))
    ganalyze.write_losses("losses.txt", [(0, 0.1), (4, 0.05)])
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
