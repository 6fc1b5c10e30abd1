"""DINOv2's features are those of timm's network with the same random weights."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_sample_image
from timm.models.vision_transformer import VisionTransformer
from torch import Tensor

from mnemo import features
from mnemo.errors import MnemoError
from mnemo.features import dinov2
from mnemo.features.registry import EXTRACTORS

Pixels = NDArray[np.uint8]
WIDTH, HEADS, DEPTH = 128, 2, 3


def interpolated(grid: NDArray[np.float64], count: int, scale: float) -> NDArray[np.float64]:
    """Interpolate (k, k, width) by Keys' cubic kernel with a = -0.75, on coordinates of a scale."""
    weights = np.zeros((count, len(grid)))
    for row in range(count):
        centre = (row + 0.5) / scale - 0.5
        for place in range(int(np.floor(centre)) - 1, int(np.floor(centre)) + 3):
            t = abs(place - centre)
            inner = 1.25 * t**3 - 2.25 * t**2 + 1
            outer = -0.75 * (t**3 - 5 * t**2 + 8 * t - 4)
            weights[row, np.clip(place, 0, len(grid) - 1)] += inner if t <= 1 else outer
    return np.einsum("ik,jl,klw->ijw", weights, weights, grid)


def theirs(size: int) -> VisionTransformer:
    """timm's ViT with DINOv2's layer scale, for images of a size."""
    return VisionTransformer(
        img_size=size,
        patch_size=14,
        embed_dim=WIDTH,
        depth=DEPTH,
        num_heads=HEADS,
        init_values=1e-5,
        num_classes=0,
    ).eval()


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    """A file's tensors: for images of 518 pixels, none at its initial value, and a mask token."""
    torch.manual_seed(0)
    network = theirs(518)
    state = {
        name: tensor + 0.2 * torch.randn_like(tensor)
        for name, tensor in network.state_dict().items()
    }
    return {**state, "mask_token": torch.zeros(1, WIDTH)}


@pytest.fixture
def path(state: dict[str, Tensor], tmp_path: Path) -> Path:
    path = tmp_path / "dinov2.pth"
    torch.save(state, path)
    return path


@pytest.fixture(scope="module")
def images() -> list[Pixels]:
    """Two photographs, and noise that is smaller than the network's input."""
    noise = np.random.default_rng(0).integers(256, size=(64, 97, 3), dtype=np.uint8)
    return [load_sample_image("china.jpg"), load_sample_image("flower.jpg")[:300, :300], noise]


def test_features_are_those_of_timm_with_positions_interpolated_as_the_publisher_does(
    state: dict[str, Tensor], path: Path, images: list[Pixels]
) -> None:
    positions = state["pos_embed"].double().numpy()[0]
    grid = interpolated(positions[1:].reshape(37, 37, WIDTH), 16, 16.1 / 37)
    placed = np.concatenate([positions[:1], grid.reshape(-1, WIDTH)])[None]
    network = theirs(224)
    network.load_state_dict(
        {**{name: state[name] for name in network.state_dict()}, "pos_embed": torch.tensor(placed)}
    )
    inputs = []
    for image in images:
        resized = np.asarray(Image.fromarray(image).resize((224, 224), Image.Resampling.BICUBIC))
        inputs.append((resized / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225])
    with torch.no_grad():
        expected = network(torch.tensor(np.array(inputs)).permute(0, 3, 1, 2).float()).numpy()
    extracted = dinov2.load(path, WIDTH).extract(images)
    assert extracted.dtype == np.float32
    np.testing.assert_allclose(extracted, expected, rtol=1e-3, atol=1e-4)


def test_positions_for_images_of_their_own_size_stay_as_they_are() -> None:
    embedding = torch.randn(1, 1 + 37**2, 8)
    assert dinov2.positions(embedding, 37) is embedding


def test_the_published_network_s_tensors_are_all_placed() -> None:
    with torch.device("meta"):
        ours = dinov2.VisionTransformer(dinov2.WIDTH, depth=24, patch=14)
        published = VisionTransformer(
            img_size=224,
            patch_size=14,
            embed_dim=1024,
            depth=24,
            num_heads=16,
            init_values=1e-5,
            num_classes=0,
        )
    shapes = {name: tensor.shape for name, tensor in published.state_dict().items()}
    assert {name: tensor.shape for name, tensor in ours.state_dict().items()} == shapes
    assert EXTRACTORS["dinov2"].dim == dinov2.WIDTH


def test_features_do_not_depend_on_the_other_images(path: Path, images: list[Pixels]) -> None:
    extractor = dinov2.load(path, WIDTH)
    alone = extractor.extract(images[1:2])
    np.testing.assert_allclose(extractor.extract(images)[1:2], alone, rtol=1e-4, atol=1e-5)
    assert extractor.extract([]).shape == (0, WIDTH)


def changed(state: dict[str, Tensor]) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Yield files of other networks, with what is said of them."""
    width = f"{WIDTH} features"
    yield width, {}
    yield width, {name: state[name] for name in state if name != "pos_embed"}
    yield width, {**state, "pos_embed": state["pos_embed"][:, :-1]}
    yield width, {**state, "pos_embed": state["pos_embed"][..., :64]}
    yield "register_tokens", {**state, "register_tokens": torch.zeros(1, 4, WIDTH)}
    yield (
        "blocks.1.ls2.gamma",
        {name: state[name] for name in state if name != "blocks.1.ls2.gamma"},
    )
    yield "infinite or undefined", {**state, "norm.bias": torch.full((WIDTH,), torch.nan)}


def test_another_network_is_refused_with_the_file_named(
    state: dict[str, Tensor], tmp_path: Path
) -> None:
    for number, (said, other) in enumerate(changed(state)):
        path = tmp_path / f"other-{number}.pth"
        torch.save(other, path)
        with pytest.raises(MnemoError, match=rf"(?s){path}.*{said}"):
            dinov2.load(path, WIDTH)


def test_a_smaller_dinov2_is_refused_where_the_published_one_is_wanted(path: Path) -> None:
    with pytest.raises(MnemoError, match=f"{path} holds another network than DINOv2 with 1024"):
        features.load("dinov2", path)
