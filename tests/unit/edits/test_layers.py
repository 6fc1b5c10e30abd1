"""Edits of single layers move what they should, and nothing else."""

import numpy as np
import pyarrow as pa
import pytest
import torch
from numpy.typing import NDArray
from tests.support.networks import small_stylegan2

from mnemo import latents
from mnemo.edits import layers, rows
from mnemo.edits.move import move
from mnemo.errors import MnemoError
from mnemo.generators import synthesis
from mnemo.generators.styled import Styled

ALPHA = 3.0
W_DIM, LAYERS = 16, 8


@pytest.fixture(scope="module")
def generator() -> Styled:
    """A StyleGAN2 of 32 pixels with random weights."""
    return small_stylegan2()


@pytest.fixture(scope="module", name="faces")
def draw_faces(generator: Styled) -> pa.Table:
    return synthesis.draw(generator, "eval", range(3), psi=0.7)


def normal(space: str) -> NDArray[np.float64]:
    """A unit direction; in w_plus the parts of the layers differ."""
    drawn = np.random.default_rng(0).normal(size=W_DIM if space == "w" else LAYERS * W_DIM)
    return drawn / np.linalg.norm(drawn)


def tiled() -> NDArray[np.float64]:
    """The direction of a hyperplane in w_plus, the same in every layer."""
    return np.tile(normal("w"), LAYERS) / np.sqrt(LAYERS)


def only(table: pa.Table, layer: int) -> NDArray[np.float32]:
    return latents.layered(table, LAYERS)[:, layer]


@pytest.mark.parametrize("direction", [normal("w_plus"), tiled()], ids=["different", "the same"])
def test_all_layers_moved_by_their_parts_of_alpha_equal_the_plain_edit_to_the_byte(
    generator: Styled, faces: pa.Table, direction: NDArray[np.float64]
) -> None:
    plain = move(faces, direction, "w_plus", "plain", ALPHA, layers=LAYERS)
    along = rows.units(direction, "w_plus", LAYERS)
    lengths = np.linalg.norm(direction.reshape(LAYERS, -1), axis=1)
    moved = [
        only(layers.edit(faces, along, str(layer), [ALPHA * length], chosen=[layer]), layer)
        for layer, length in enumerate(lengths)
    ]
    together = np.stack(moved, axis=1)
    assert together.tobytes() == latents.layered(plain, LAYERS).tobytes()
    images = [generator.render(together), synthesis.render(plain, generator, psi=1)]
    assert images[0].tobytes() == images[1].tobytes()
    assert images[0].tobytes() != synthesis.render(faces, generator, psi=1).tobytes()


def test_a_group_of_all_layers_equals_the_plain_edit_to_the_byte(faces: pa.Table) -> None:
    plain = move(faces, tiled(), "w_plus", "all", ALPHA, layers=LAYERS)
    along = rows.units(tiled(), "w_plus", LAYERS)
    group = layers.edit(faces, along, "all", [ALPHA / np.sqrt(LAYERS)], chosen=range(LAYERS))
    assert latents.layered(group, LAYERS).tobytes() == latents.layered(plain, LAYERS).tobytes()


@pytest.mark.parametrize("layer", range(LAYERS))
def test_a_layer_changes_nothing_below_its_resolution(
    generator: Styled, faces: pa.Table, layer: int
) -> None:
    along = rows.units(normal("w"), "w", LAYERS)
    moved = layers.edit(faces, along, str(layer), [5.0], chosen=[layer])
    before, after = (
        computed(generator, latents.layered(table, LAYERS)) for table in (faces, moved)
    )
    own = 4 << layer // 2
    for (name, resolution), activations in before.items():
        same = activations.tobytes() == after[name, resolution].tobytes()
        if name == "torgb":
            assert same == (resolution < own), f"layer {layer}: {name} at {resolution} pixels"
        elif resolution < own:
            assert same, f"layer {layer}: {name} at {resolution} pixels"


def computed(
    generator: Styled, ws: NDArray[np.float32]
) -> dict[tuple[str, int], NDArray[np.float32]]:
    """Compute the activations, and what each block adds to the image, by name and resolution."""
    made = {}
    hooks = [
        module.register_forward_hook(
            lambda *given, key=(name, size): made.update({key: given[-1].numpy().copy()})
        )
        for size in (4, 8, 16, 32)
        for name, module in getattr(generator.network.synthesis, f"b{size}").named_children()
        if name in ("conv0", "conv1", "torgb")
    ]
    with torch.no_grad():
        generator.differentiable(torch.from_numpy(ws.copy()))
    for hook in hooks:
        hook.remove()
    return made


@pytest.mark.parametrize("space", ["w", "w_plus"])
def test_every_chosen_layer_moves_by_the_step_along_its_own_part(
    faces: pa.Table, space: str
) -> None:
    direction = normal(space)
    along = rows.units(direction, space, LAYERS)
    moved = layers.edit(faces, along, "2-4", [-2.5], chosen=[2, 3, 4])
    assert (moved["edit"].to_pylist(), moved["alpha"].to_pylist()) == (["2-4"] * 3, [-2.5] * 3)
    for layer in range(LAYERS):
        shift = only(moved, layer) - only(faces, layer)
        if layer not in (2, 3, 4):
            assert not shift.any()
            continue
        own = direction if space == "w" else direction.reshape(LAYERS, -1)[layer]
        expected = np.tile(-2.5 * own / np.linalg.norm(own), (3, 1))
        np.testing.assert_allclose(shift, expected, atol=1e-5)


def test_the_distance_moved_is_in_the_norm_of_other_edits(faces: pa.Table) -> None:
    """In w_plus the norm over all layers, in w the root of the mean square over them."""
    for space in ("w", "w_plus"):
        along = rows.units(normal(space), space, LAYERS)
        moved = layers.edit(faces, along, "1-3", [2.0], chosen=[1, 2, 3])
        shift = latents.layered(moved, LAYERS) - latents.layered(faces, LAYERS)
        squares = (shift.astype(np.float64) ** 2).sum(axis=(1, 2))
        length = np.sqrt(squares / (LAYERS if space == "w" else 1))
        np.testing.assert_allclose(length, rows.moved(2.0, [1, 2, 3], along, space), rtol=1e-5)


def test_the_versions_of_an_image_follow_one_another_and_some_may_be_left_out(
    faces: pa.Table,
) -> None:
    along = rows.units(tiled(), "w_plus", LAYERS)
    whole = layers.edit(faces, along, "0", [-1.0, None, 2.0], chosen=[0])
    assert whole["image"].to_pylist() == [f"000000{seed}" for seed in (0, 0, 1, 1, 2, 2)]
    assert whole["alpha"].to_pylist() == [-1.0, 2.0] * 3
    # Of the nine versions, those in the middle: the third of them is the one left out.
    part = layers.edit(faces, along, "0", [-1.0, None, 2.0], chosen=[0], rows=range(2, 6))
    assert part.to_pylist() == whole.slice(1, 3).to_pylist()
    assert not len(layers.edit(faces, along, "0", [None], chosen=[0]))


def test_unedited_images_keep_their_one_w(faces: pa.Table) -> None:
    along = rows.units(tiled(), "w_plus", LAYERS)
    original = layers.edit(faces, along, "original", [0.0])
    assert original["w"].to_pylist() == faces["w"].to_pylist()


def test_a_layer_without_a_part_in_the_direction_is_refused(faces: pa.Table) -> None:
    direction = normal("w_plus").reshape(LAYERS, -1)
    direction[5] = 0
    along = rows.units(direction.ravel(), "w_plus", LAYERS)
    with pytest.raises(MnemoError, match="no part in the layers 5"):
        layers.edit(faces, along, "5-6", [1.0], chosen=[5, 6])
    assert len(layers.edit(faces, along, "6", [1.0], chosen=[6])) == 3


def test_the_parts_of_a_direction_are_alike_where_all_layers_have_one() -> None:
    assert rows.alike(rows.units(tiled(), "w_plus", LAYERS))
    assert rows.alike(rows.units(normal("w"), "w", LAYERS))
    assert not rows.alike(rows.units(normal("w_plus"), "w_plus", LAYERS))
