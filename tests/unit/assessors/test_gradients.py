"""Scores with a gradient are those of 8-bit images, up to rounding."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL.Image import Resampling
from sklearn.datasets import load_sample_image
from torch import Tensor, nn

from mnemo import assessors, generators
from mnemo.assessors import (
    Differentiable,
    amnet,
    backbones,
    caffenet,
    emonet,
    happiness,
    memorability,
    tensors,
    vitmem,
)
from mnemo.assessors.backbones.registry import NETWORKS
from mnemo.assessors.network import Clipped, NetworkScorer
from mnemo.assessors.object_size import covered, softly_covered
from mnemo.errors import MnemoError
from mnemo.networks import Prepare

Pixels = NDArray[np.uint8]
Batch = Callable[[Tensor], Tensor]

MEAN = torch.rand(3, 227, 227, generator=torch.Generator().manual_seed(0)) * 255


def caffe(
    resize: Callable[[Pixels], NDArray[np.float32]], batch: Callable[..., Tensor]
) -> tuple[Prepare, Batch, float]:
    return (
        lambda image: caffenet.less_mean(resize(image), MEAN),
        partial(caffenet.tensors_less_mean, resize=batch, mean=MEAN),
        255,
    )


#: How an image is prepared in 8 bits and with a gradient, and the range of its input.
PREPARATIONS: dict[str, tuple[Prepare, Batch, float]] = {
    "resmem": (memorability.prepare, memorability.placed, 1),
    "vitmem": (vitmem.prepare, vitmem.placed, 1),
    "amnet": (amnet.prepare, amnet.tensors, 1 / 0.225),
    "emonet": (emonet.prepare, emonet.tensors, 1 / 0.225),
    "happiness": (happiness.prepare, happiness.tensors, 1),
    "caffe, bilinear": caffe(
        partial(caffenet.resized_by_pil, size=227, filter=Resampling.BILINEAR),
        partial(tensors.resized, mode="bilinear"),
    ),
    "caffe, bicubic": caffe(
        partial(caffenet.resized_by_pil, size=227, filter=Resampling.BICUBIC), tensors.resized
    ),
    "caffe, tensorflow": caffe(
        partial(caffenet.resized_by_tensorflow_1, size=227), tensors.resized_by_tensorflow_1
    ),
    **{
        f"{name}, {preset}": (
            backbones.prepare(name, preset),
            backbones.tensors(name, preset),
            1 if name == "resnet152-layer2" else 255,
        )
        for name in NETWORKS
        for preset in ("faithful", "corrected")
    },
}


@pytest.mark.parametrize("size", [(64, 64), (300, 400)], ids=["enlarged", "reduced"])
@pytest.mark.parametrize("name", PREPARATIONS)
def test_an_image_is_prepared_alike_with_a_gradient(name: str, size: tuple[int, int]) -> None:
    prepare, batch, levels = PREPARATIONS[name]
    height, width = size
    image = np.ascontiguousarray(load_sample_image("flower.jpg")[100 : 100 + height, :width])
    pixels = (torch.from_numpy(image).permute(2, 0, 1)[None] / 255).requires_grad_()
    prepared = batch(pixels)
    expected = prepare(image)
    assert prepared.shape == (1, *expected.shape)
    # Pillow rounds after each of two passes, one by rows and one by columns.
    assert (prepared[0] - expected).abs().max() < 2 * levels / 255
    assert (prepared[0] - expected).mean().abs() < 0.1 * levels / 255
    (gradient,) = torch.autograd.grad(prepared.square().sum(), pixels)
    assert (gradient != 0).float().mean() > 0.2


# Rounding the enlarged image to 8 bits alone moves ResMem's score of a face by up to a hundredth.
@pytest.mark.parametrize(
    ("name", "tolerance"), [("student", 1e-3), ("happiness", 1e-3), ("resmem", 2e-2)]
)
def test_a_faces_score_with_a_gradient_is_its_score(
    name: str, tolerance: float, weights: Callable[[str], Path]
) -> None:
    generator = generators.load(weights("dcgan-faces"))
    scorer = assessors.load(name, *map(weights, assessors.registry.ASSESSORS[name].weights))
    assert isinstance(scorer, Differentiable)
    faces = generator.render(generator.sample(range(4), 0.8))
    with torch.no_grad():
        scores = scorer.differentiable(torch.from_numpy(faces).movedim(3, 1) / 127.5 - 1)
    np.testing.assert_allclose(scores.cpu(), scorer.score(faces), atol=tolerance)


class Brightness(nn.Module):
    """Ten times the mean of an image."""

    def __init__(self) -> None:
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(10.0))

    def forward(self, images: Tensor) -> Tensor:
        return self.factor * images.mean((1, 2, 3))


def test_the_loss_can_see_beyond_where_scores_are_clipped() -> None:
    scorer = NetworkScorer(Clipped(Brightness()), memorability.prepare, "any", nn.Identity())
    images = torch.full((1, 3, 4, 4), 0.5).requires_grad_()
    assert scorer.differentiable(images).item() == 1
    unclipped = scorer.differentiable(images, clipped=False)
    assert unclipped.item() == pytest.approx(7.5)
    (gradient,) = torch.autograd.grad(unclipped, images)
    assert gradient.sum().item() == pytest.approx(5)


def test_an_assessor_that_takes_8_bits_alone_says_so() -> None:
    with pytest.raises(MnemoError, match="'any' prepares images of 8 bits alone"):
        NetworkScorer(Brightness(), memorability.prepare, "any").differentiable(torch.zeros(1))


def test_a_soft_object_grows_with_its_mask_and_its_box() -> None:
    masks = torch.zeros(1, 1, 10, 10)
    masks[..., 2:6, 2:7] = 0.9
    boxes = torch.tensor([[2.0, 2.0, 7.0, 6.0]]).requires_grad_()
    masks.requires_grad_()
    share = softly_covered(masks, boxes)
    assert share.item() == pytest.approx(0.9 * covered(masks))
    share.backward()
    assert masks.grad is not None
    assert torch.allclose(masks.grad, torch.tensor(0.01))
    # Wider by a fifth of its width is larger by a fifth.
    torch.testing.assert_close(boxes.grad, 0.18 * torch.tensor([[-1 / 5, -1 / 4, 1 / 5, 1 / 4]]))


def test_no_object_is_of_no_size() -> None:
    assert softly_covered(torch.zeros(0, 1, 4, 4), torch.zeros(0, 4)).item() == 0
