"""ViTMem's scores are those of the package vitmem, with the same random weights."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_sample_image
from tests.support.references import package
from torch import Tensor

from mnemo import assessors, devices
from mnemo.assessors import vitmem
from mnemo.assessors.network import NetworkScorer
from mnemo.errors import MnemoError

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module", name="published")
def import_published() -> Iterator[Any]:
    """The package vitmem, which builds its network with timm."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(package("vitmem", "1.0.1")))
        import vitmem as published

        yield published
        del sys.modules["vitmem"]


@pytest.fixture(scope="module")
def network(published: Any) -> torch.nn.Module:
    """The package's network, no tensor of which is at its initial value."""
    torch.manual_seed(0)
    network = published.ViTMem_model()
    for name, tensor in network.state_dict().items():
        tensor.add_(0.05 * torch.randn_like(tensor))
        # So small that what the first layer norm adds to a variance counts.
        if name in ("vit.cls_token", "vit.pos_embed") or "patch_embed" in name:
            tensor.mul_(1e-3)
    return network.eval()


@pytest.fixture(scope="module")
def path(network: torch.nn.Module, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("vitmem") / "vitmem.pth"
    torch.save(network.state_dict(), path)
    yield path
    path.unlink()


@pytest.fixture(scope="module")
def scorer(path: Path) -> NetworkScorer:
    return assessors.load("vitmem", path)  # type: ignore[return-value]


@pytest.fixture(scope="module")
def images() -> list[Pixels]:
    """Two photographs, and noise that is narrower than the network's input."""
    noise = np.random.default_rng(0).integers(256, size=(333, 97, 3), dtype=np.uint8)
    return [load_sample_image("china.jpg"), load_sample_image("flower.jpg")[:300, :300], noise]


@pytest.fixture(scope="module")
def scores(scorer: NetworkScorer, images: list[Pixels]) -> NDArray[np.float32]:
    return scorer.score(images)


def test_scores_are_those_of_the_package(
    published: Any,
    network: torch.nn.Module,
    scores: NDArray[np.float32],
    images: list[Pixels],
) -> None:
    with torch.no_grad():
        expected = [
            network(published.transform(Image.fromarray(image))[None]).item() for image in images
        ]
    assert np.ptp(expected) > 0.01
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, expected, rtol=0, atol=1e-5)


def test_a_score_does_not_depend_on_the_other_images(
    scorer: NetworkScorer, images: list[Pixels], scores: NDArray[np.float32]
) -> None:
    np.testing.assert_allclose(scorer.score(images[1:2]), scores[1:2], rtol=0, atol=1e-5)


def test_a_score_rises_along_its_gradient_as_the_gradient_says(
    scorer: NetworkScorer, images: list[Pixels]
) -> None:
    pixels = vitmem.prepare(images[0])[None].to(devices.best()).requires_grad_()
    scorer.network(pixels).backward()
    step = 1e-1 * pixels.grad / pixels.grad.norm()
    with torch.no_grad():
        rise = scorer.network(pixels + step) - scorer.network(pixels - step)
    assert rise.item() == pytest.approx(2 * (pixels.grad * step).sum().item(), rel=0.1)


def without(state: dict[str, Tensor]) -> None:
    del state["vit.blocks.3.norm1.weight"]


def with_bias(state: dict[str, Tensor]) -> None:
    state["vit.blocks.3.attn.qkv.bias"] = torch.zeros(3 * 768)


def misshapen(state: dict[str, Tensor]) -> None:
    state["vit.pos_embed"] = torch.zeros(1, 196, 768)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (without, "Missing.*encoder_layer_3.ln_1.weight"),
        (with_bias, "Unexpected.*layer_3.attn.qkv.bias"),
        (misshapen, "size mismatch.*pos_embedding"),
    ],
)
def test_a_tensor_missing_left_over_or_misshapen_is_named(
    network: torch.nn.Module,
    tmp_path: Path,
    change: Callable[[dict[str, Tensor]], None],
    named: str,
) -> None:
    state = {name: tensor.half() for name, tensor in network.state_dict().items()}
    change(state)
    broken = tmp_path / "broken.pth"
    torch.save(state, broken)
    with pytest.raises(MnemoError, match=rf"(?s){broken}.*{named}"):
        assessors.load("vitmem", broken)
    broken.unlink()
